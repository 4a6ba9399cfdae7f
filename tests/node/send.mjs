// A program with errors, watched by the real @sentry/node: a chained exception, a message, a handled error.
// Run as a process of its own: `node send.mjs DSN`.
import * as Sentry from '@sentry/node';

Sentry.init({
  dsn: process.argv[2],
  release: 'shop@1.2.3',
  environment: 'staging',
  includeLocalVariables: true,
  integrations: [Sentry.localVariablesIntegration({ captureAllExceptions: true })],
});

function price(item, currency) {
  const localMarker = 'local-from-node';
  return item.prices[currency].amount + localMarker.length;
}

function checkout(cart) {
  try {
    return cart.map((item) => price(item, 'EUR'));
  } catch (error) {
    throw new RangeError('node checkout failed', { cause: error });
  }
}

Sentry.setUser({ id: '42', email: 'node-user@example.com' });
Sentry.setTag('colour', 'node-green');
Sentry.addBreadcrumb({ category: 'cart', message: 'node put tea in the cart', level: 'info' });

// The inspector that collects variables starts on a thread of its own.
await new Promise((resolve) => setTimeout(resolve, 500));

try {
  checkout([{ name: 'tea', prices: {} }]);
} catch (error) {
  Sentry.captureException(error);
}
Sentry.captureMessage('node says the disk is full', 'warning');
Sentry.withScope((scope) => {
  scope.setTag('attempt', 'second');
  scope.setExtra('retryAfter', 3);
  try {
    JSON.parse('{seven');
  } catch (error) {
    Sentry.captureException(error);
  }
});

const flushed = await Sentry.close(30_000);
process.exit(flushed ? 0 : 1);
