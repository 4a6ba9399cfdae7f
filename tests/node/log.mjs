// What Pino writes: each case on a line, at the levels and with the errors that applications log.
import pino from "pino";

const logger = pino({ name: "orders-api" }, pino.destination({ dest: 1, sync: true }));

class PaymentError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = "PaymentError";
    this.code = "E_PAY";
  }
}

function charge() {
  throw new TypeError("x is undefined");
}

function pay() {
  try {
    charge();
  } catch (error) {
    throw new PaymentError("payment failed", { cause: error });
  }
}

logger.info({ reqId: "req-1" }, "started");
logger.warn("slow answer");
try {
  pay();
} catch (error) {
  logger.error({ err: error, reqId: "req-81" }, "cannot pay");
  logger.error(error);
}
logger.error(new AggregateError([new Error("first"), new TypeError("second")], "two failed"), "both failed");
logger.fatal({ req: { method: "GET", url: "/pay?a=1", headers: { "x-request-id": "req-82" } } }, "going down");
logger.child({ requestId: "req-83" }).error({ res: { statusCode: 502 }, responseTime: 12 }, "request errored");
logger.info({ res: { statusCode: 500 } }, "request completed");
await Promise.reject(new RangeError("async failed")).catch((error) => logger.error({ err: error }, "later"));
