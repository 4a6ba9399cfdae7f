// A program with troubles, watched by the current @sentry/node. `node node.mjs DSN`.
import * as Sentry from '@sentry/node';

const KEPT = new Set([
  ...['InboundFilters', 'EventFilters', 'FunctionToString', 'LinkedErrors', 'RequestData', 'Console', 'Modules'],
  ...['OnUncaughtException', 'OnUnhandledRejection', 'ContextLines', 'LocalVariables', 'LocalVariablesAsync'],
  ...['Context', 'ProcessSession', 'ChildProcess', 'Http', 'NodeFetch'],
]);

Sentry.init({
  dsn: process.argv[2],
  release: 'shop@1.2.3',
  environment: 'staging',
  tracesSampleRate: 1,
  enableLogs: true,
  // Not those for libraries that are not here: their names would be half of each sample.
  integrations: (known) => known.filter(({ name }) => KEPT.has(name)),
});

function price(item, currency) {
  return item.prices[currency].amount;
}

function checkout(cart) {
  try {
    return cart.map((item) => price(item, 'EUR'));
  } catch (error) {
    throw new RangeError('checkout failed', { cause: error });
  }
}

Sentry.setUser({ id: '42', email: 'user@example.com' });
Sentry.setTag('colour', 'green');
try {
  checkout([{ name: 'tea', prices: {} }]);
} catch (error) {
  Sentry.captureException(error);
}
await Sentry.flush(5000);
Sentry.captureMessage('the disk is full', 'warning');
await Sentry.flush(5000);
Sentry.withScope((scope) => {
  scope.addAttachment({ filename: 'log.txt', data: 'last words\n', contentType: 'text/plain' });
  Sentry.captureException(new AggregateError([new Error('one'), new Error('two')], 'both failed'));
});
await Sentry.flush(5000);
Sentry.startSpan({ name: 'nightly', op: 'task' }, () => Sentry.startSpan({ name: 'SELECT 1', op: 'db' }, () => 1));
await Sentry.flush(5000);
Sentry.captureCheckIn({ monitorSlug: 'nightly', status: 'in_progress' }, { schedule: { type: 'crontab', value: '0 2 * * *' } });
await Sentry.flush(5000);
Sentry.captureFeedback({ message: 'too slow', name: 'Ann', email: 'ann@example.com', url: 'https://shop.example/' });
await Sentry.flush(5000);
Sentry.logger.warn('stock is low', { name: 'tea' });
await Sentry.flush(5000);
Sentry.startSession();
Sentry.endSession();
await Sentry.close(5000);
process.exit(0);
