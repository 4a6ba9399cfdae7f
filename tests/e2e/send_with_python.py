"""A program with errors, watched by the real sentry-sdk: a chained exception, a message, a handled error.

Run as a process of its own: `python send_with_python.py DSN`.
"""

import sys
from typing import Any

import sentry_sdk


def price(item: dict[str, Any], currency: str) -> int:
    local_marker = "local-from-python"
    return int(item["prices"][currency]) + len(local_marker)


def checkout(cart: list[dict[str, Any]]) -> int:
    try:
        return sum(price(item, "EUR") for item in cart)
    except KeyError as error:
        raise RuntimeError("python checkout failed") from error


def main(dsn: str) -> None:
    sentry_sdk.init(dsn=dsn, release="shop@1.2.3", environment="staging", send_default_pii=True)
    sentry_sdk.set_user({"id": "42", "email": "py-user@example.com"})
    sentry_sdk.set_tag("colour", "python-red")
    sentry_sdk.add_breadcrumb(category="cart", message="python put tea in the cart", level="info")
    try:
        checkout([{"name": "tea", "prices": {"USD": 3}}])
    except RuntimeError:
        sentry_sdk.capture_exception()
    sentry_sdk.capture_message("python says the disk is full", level="warning")
    with sentry_sdk.new_scope() as scope:
        scope.set_tag("attempt", "second")
        scope.set_extra("retry_after", 3)
        try:
            int("seven")
        except ValueError as error:
            scope.capture_exception(error)
    sentry_sdk.flush(timeout=30)


if __name__ == "__main__":
    main(sys.argv[1])
