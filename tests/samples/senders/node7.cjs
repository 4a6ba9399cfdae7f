// A program with troubles, watched by @sentry/node 7. `node node7.cjs DSN`.
const Sentry = require('@sentry/node');

Sentry.init({ dsn: process.argv[2], release: 'shop@1.2.3', environment: 'staging', tracesSampleRate: 1 });

function price(item, currency) {
  return item.prices[currency].amount;
}

async function main() {
  Sentry.setUser({ id: '42' });
  try {
    price({ name: 'tea', prices: {} }, 'EUR');
  } catch (error) {
    Sentry.captureException(error);
  }
  await Sentry.flush(5000);
  Sentry.captureMessage('the disk is full', 'warning');
  await Sentry.flush(5000);
  const transaction = Sentry.startTransaction({ op: 'task', name: 'nightly' });
  transaction.startChild({ op: 'db', description: 'SELECT 1' }).finish();
  transaction.finish();
  await Sentry.flush(5000);
  Sentry.captureCheckIn({ monitorSlug: 'nightly', status: 'error' });
  await Sentry.flush(5000);
  Sentry.captureException('a string that was thrown');
  await Sentry.close(5000);
  process.exit(0);
}

main();
