"""A program with troubles, watched by sentry-sdk 1 or 2. Run as a process of its own: `python sdk.py DSN`."""

import sys

import sentry_sdk
from sentry_sdk.crons import capture_checkin


def drop(event, hint):
    return None if event.get("logger") == "dropped" else event


options = {}
if sentry_sdk.VERSION.startswith("2"):
    options = {"enable_logs": True}
sentry_sdk.init(
    sys.argv[1],
    release="shop@1.2.3",
    environment="staging",
    traces_sample_rate=1.0,
    send_default_pii=True,
    before_send=drop,
    **options,
)


def price(item, currency):
    return item["prices"][currency]


def checkout(cart):
    try:
        return sum(price(item, "EUR") for item in cart)
    except KeyError as error:
        raise RuntimeError("checkout failed") from error


sentry_sdk.set_user({"id": "42", "email": "user@example.com"})
sentry_sdk.set_tag("colour", "red")
sentry_sdk.add_breadcrumb(category="cart", message="put tea in the cart", level="info")

try:
    checkout([{"name": "tea", "prices": {}}])
except RuntimeError:
    sentry_sdk.capture_exception()
sentry_sdk.flush()
sentry_sdk.capture_message("the disk is full", level="warning")
sentry_sdk.flush()
with sentry_sdk.push_scope() as scope:
    scope.add_attachment(bytes=b"last words\n", filename="log.txt")
    scope.fingerprint = ["{{ default }}", "tenant-3"]
    try:
        int("seven")
    except ValueError:
        sentry_sdk.capture_exception()
sentry_sdk.flush()
with (
    sentry_sdk.start_transaction(op="task", name="nightly"),
    sentry_sdk.start_span(op="db", description="SELECT 1"),
):
    pass
sentry_sdk.flush()
capture_checkin(monitor_slug="nightly", status="ok", duration=3)
sentry_sdk.flush()
if options:
    sentry_sdk.logger.warning("stock of {name} is low", name="tea")
    sentry_sdk.flush()
    sentry_sdk.capture_event(
        {
            "type": "feedback",
            "level": "info",
            "contexts": {"feedback": {"message": "too slow", "contact_email": "a@example.com"}},
        }
    )
    sentry_sdk.flush()
sentry_sdk.capture_event({"message": "never seen", "logger": "dropped"})
sentry_sdk.Hub.current.start_session()
sentry_sdk.Hub.current.end_session()
sentry_sdk.Hub.current.client.close(timeout=5)
