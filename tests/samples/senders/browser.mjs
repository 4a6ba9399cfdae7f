// A page with troubles, watched by the current @sentry/browser.
import * as Sentry from '@sentry/browser';

Sentry.init({
  dsn: DSN,
  release: 'web@1.2.3',
  environment: 'staging',
  tracesSampleRate: 1,
  sendDefaultPii: true,
  enableLogs: true,
  integrations: [Sentry.browserTracingIntegration()],
});

function price(item, currency) {
  return item.prices[currency].amount;
}

async function main() {
  Sentry.setTag('colour', 'blue');
  try {
    price({ name: 'tea', prices: {} }, 'EUR');
  } catch (error) {
    Sentry.captureException(error);
  }
  await Sentry.flush(2000);
  Sentry.captureMessage('the cart is full', 'warning');
  await Sentry.flush(2000);
  Sentry.getCurrentScope().addAttachment({ filename: 'state.json', data: '{"cart":[]}' });
  Sentry.captureException(new Error('with an attachment'));
  Sentry.getCurrentScope().clearAttachments();
  await Sentry.flush(2000);
  Sentry.captureFeedback({ message: 'too slow', name: 'Ann', email: 'ann@example.com' });
  await Sentry.flush(2000);
  setTimeout(() => price({ prices: {} }, 'USD'), 0);
  Promise.reject(new RangeError('nobody caught this'));
}

main();
