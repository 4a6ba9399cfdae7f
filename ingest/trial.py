"""Sends a test event the way an SDK does, and reports what the server said."""

import gzip
import sys
import urllib.error
import urllib.request
import uuid
from datetime import UTC, datetime
from typing import Any

import orjson

from ingest import envelope
from ingest.spool import Record
from projects import dsn as dsns

TEST_SDK = "bugsink-lite.test"
CLIENT = "bugsink-lite-test/1.0"
TIMEOUT = 10  # seconds


class TrialError(Exception):
    """The event was not accepted. The message says why."""


def test_event(now: datetime) -> dict[str, Any]:
    """An error as the Python SDK would send it. now: aware."""
    return {
        "event_id": uuid.uuid4().hex,
        "timestamp": now.isoformat(),
        "platform": "python",
        "level": "error",
        "environment": "test",
        "tags": {"test": "yes"},
        "sdk": {"name": TEST_SDK, "version": "1.0"},
        "contexts": {"runtime": {"name": "CPython", "version": sys.version.split()[0]}},
        "exception": {
            "values": [
                {
                    "type": "TestError",
                    "value": "This is a test: if you read it, events arrive.",
                    "mechanism": {"type": "generic", "handled": True},
                    "stacktrace": {
                        "frames": [
                            {
                                "filename": "example/shop.py",
                                "module": "example.shop",
                                "function": "place_order",
                                "lineno": 42,
                                "pre_context": ["def place_order(basket):", "    if not basket:"],
                                "context_line": '        raise TestError("This is a test")',
                                "post_context": ["    return basket.order()"],
                                "vars": {"basket": "[]"},
                                "in_app": True,
                            }
                        ]
                    },
                }
            ]
        },
    }


def test_record(project_id: int, now: datetime) -> Record:
    """A test event as it lies in the spool: for a process that can put it there itself."""
    event = test_event(now)
    body = envelope.build(
        {"event_id": event["event_id"], "sent_at": now.isoformat(), "sdk": event["sdk"]},
        iter([({"type": "event"}, orjson.dumps(event))]),
    )
    return Record(
        project_id=project_id,
        received_at=now.timestamp(),
        kind="envelope",
        encoding="",
        event_id=event["event_id"],
        client=CLIENT,
        body=body,
    )


def curl_line(dsn: str) -> str:
    """What a person types to see whether requests get through. Raises ValueError for what is no DSN."""
    target = dsns.parse(dsn)
    address = f"{target.base_url}/api/{target.project_id}/store/?sentry_key={target.public_key}"
    event = orjson.dumps({"message": "a test by curl", "level": "error"}).decode()
    return f"curl -i '{address}' \\\n  -H 'Content-Type: application/json' \\\n  -d '{event}'"


def send_test_event(dsn: str, now: datetime | None = None) -> str:
    """The id that the server named. Raises TrialError."""
    try:
        target = dsns.parse(dsn)
    except ValueError as error:
        raise TrialError(str(error)) from error
    now = now or datetime.now(UTC)
    event = test_event(now)
    body = envelope.build(
        {"event_id": event["event_id"], "sent_at": now.isoformat(), "dsn": dsn},
        iter([({"type": "event"}, orjson.dumps(event))]),
    )
    request = urllib.request.Request(
        target.envelope_url,
        data=gzip.compress(body, 6),
        headers={
            "Content-Type": "application/x-sentry-envelope",
            "Content-Encoding": "gzip",
            "X-Sentry-Auth": f"Sentry sentry_version=7, sentry_client={CLIENT}, sentry_key={target.public_key}",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            return str(orjson.loads(answer.read())["id"])
    except urllib.error.HTTPError as error:
        said = error.headers.get("X-Sentry-Error") or error.reason
        raise TrialError(f"{target.envelope_url} answered {error.code}: {said}") from error
    except (OSError, ValueError, KeyError) as error:
        raise TrialError(f"{target.envelope_url} cannot be reached: {error}") from error
