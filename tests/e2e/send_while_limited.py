"""Twelve messages and a session with sentry-sdk; each message is sent before the next is made."""

import sys

import sentry_sdk


def main(dsn: str) -> None:
    sentry_sdk.init(dsn=dsn, release="shop@1.2.3")
    for number in range(12):
        sentry_sdk.capture_message(f"message {number}")
        sentry_sdk.flush(timeout=30)
    scope = sentry_sdk.get_isolation_scope()
    scope.start_session(session_mode="application")
    scope.end_session()
    sentry_sdk.flush(timeout=30)


if __name__ == "__main__":
    main(sys.argv[1])
