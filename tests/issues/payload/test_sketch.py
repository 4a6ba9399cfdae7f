"""The sketch of an event decides as the whole event would."""

import gzip
import json
import random
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given

from bench import payloads
from ingest import envelope, lenient
from issues.filters import Filters, reason_to_drop
from issues.grouping import group
from issues.payload import EventData, normalize
from issues.payload.sketch import sketch, tells_address
from tests.issues.payload.test_hostile import EVENTS, OFTEN, RECEIVED, SHAPED

SAMPLES = Path(__file__).parents[2] / "samples"
FILTERS = Filters(
    errors=("*timeout*",),
    releases=("1.*",),
    environments=("test",),
    browser_extensions=True,
    localhost=True,
    crawlers=True,
    health_checks=True,
)


def both(raw: bytes) -> tuple[EventData, EventData] | None:
    """(from the sketch, from the whole); None where there is no sketch."""
    found = sketch(raw)
    if found is None:
        return None
    clean = lenient.is_clean(raw)
    return (
        normalize(found, received_at=RECEIVED, clean=clean, is_sketch=True),
        normalize(lenient.load_object(raw, deep=True), received_at=RECEIVED, clean=clean),
    )


def assert_same(part: EventData, whole: EventData) -> None:
    for name in EventData.__dataclass_fields__:
        if name not in ("data", "notes"):
            assert getattr(part, name) == getattr(whole, name), name
    assert group(part.data) == group(whole.data)
    assert reason_to_drop(part, FILTERS) == reason_to_drop(whole, FILTERS)


def recorded() -> dict[str, bytes]:
    """The events of real clients by file and position."""
    found = {}
    for path in sorted(SAMPLES.rglob("*.http")):
        _, _, body = path.read_bytes().partition(b"\r\n\r\n")
        body = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
        try:
            framed = envelope.frame(body)
        except ValueError:
            continue
        for number, item in enumerate(framed.items):
            if item.type == "event":
                found[f"{path.relative_to(SAMPLES)}-{number}"] = framed.payload(item)
    return found


RECORDED = recorded()


@pytest.mark.parametrize("name", RECORDED)
def test_events_of_real_clients(name: str) -> None:
    found = both(RECORDED[name])
    assert found is not None, "no sketch: what every event of this client would cost"
    assert_same(*found)


@pytest.mark.parametrize("size", payloads.SIZES)
def test_events_of_the_benchmark(size: str) -> None:
    raw = orjson.dumps(payloads.event(random.Random(3), size, 7))
    found = both(raw)
    assert found is not None
    assert_same(*found)


@given(EVENTS)
@OFTEN
def test_anything(raw: dict[str, Any]) -> None:
    if found := both(json.dumps(raw).encode()):
        assert_same(*found)


@given(SHAPED)
@OFTEN
def test_anything_shaped_like_an_event(raw: dict[str, Any]) -> None:
    if found := both(json.dumps(raw).encode()):
        assert_same(*found)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b'{"a":NaN}',
        b'{"message":"\\ud800"}',
        b'{"exception":{"type":"E"}}',
        b'{"exception":"E"}',
        b'{"sentry.interfaces.Http":{}}',
        b'{"@version":"1","message":"m"}',
        b'{"release":"%{version}"}',
        b'{"stacktrace":{"frames":[{"function":7}]}}',
        b'{"stacktrace":{"frames":[{"function":"%s"}]}}' % (b"f" * 257),
        b'{"user":1' + b"0" * 40 + b"}",
        b'{"extra":' + b"[" * 5000 + b"]" * 5000 + b"}",
    ],
)
def test_what_is_read_whole(raw: bytes) -> None:
    assert sketch(raw) is None


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"user": {"ip_address": "203.0.113.7"}}, True),
        ({"user": {"ip_address": "{{auto}}"}}, False),
        ({"request": {"headers": {"X-Forwarded-For": "203.0.113.7"}}}, True),
        ({"request": {"headers": [["x-real-ip", "203.0.113.7"]]}}, True),
        ({"request": {"env": {"REMOTE_ADDR": "203.0.113.7"}}}, True),
        ({"http": {"env": {"HTTP_CF_CONNECTING_IP": "203.0.113.7"}}}, True),
        ({"request": {"headers": {"Accept": "*/*"}, "env": {"SERVER_NAME": "a"}}}, False),
        ({"request": "x", "user": 7}, False),
    ],
)
def test_addresses(event: dict[str, Any], expected: bool) -> None:
    found = sketch(orjson.dumps(event))
    assert found is not None
    assert tells_address(found) is expected
