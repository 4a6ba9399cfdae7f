// A program with troubles, watched by raven. `node raven.cjs DSN`.
const Raven = require('raven');

// Old clients refuse a DSN without a secret, whatever it is.
Raven.config(process.argv[2].replace('@', ':secret@'), { release: 'shop@1.2.3', environment: 'staging' }).install();

function price(item, currency) {
  return item.prices[currency].amount;
}

try {
  price({ name: 'tea', prices: {} }, 'EUR');
} catch (error) {
  Raven.captureException(error, { user: { id: 42 } }, () => {
    Raven.captureMessage('the disk is full', { level: 'warning' }, () => process.exit(0));
  });
}
