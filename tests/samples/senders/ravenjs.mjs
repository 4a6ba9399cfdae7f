// A page with troubles, watched by raven-js.
import Raven from 'raven-js';

Raven.config(DSN, { release: 'web@1.2.3', environment: 'staging' }).install();

function price(item, currency) {
  return item.prices[currency].amount;
}

try {
  price({ name: 'tea', prices: {} }, 'EUR');
} catch (error) {
  Raven.captureException(error);
}
Raven.captureMessage('the cart is full', { level: 'warning' });
setTimeout(() => price({ prices: {} }, 'USD'), 100);
