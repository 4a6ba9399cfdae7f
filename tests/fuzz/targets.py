"""What is fuzzed, and what must hold whatever the bytes are. Each target takes bytes and raises when a promise breaks.

envelope      the frame, and what the digest unpacks of it
compression   every decoder, alone and chained
door          accepting a request at each endpoint: refused with a reason, or spooled and unpacked
event         what the digest does with an event: normalise, scrub, group, search text
"""

import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import orjson

from ingest import compression, endpoints, envelope, lenient, routes, unpack
from ingest.accept import Accepted, Incoming, Limits, Refused, accept
from ingest.items import ItemType, ReceivedItem
from ingest.spool import Record
from ingest.unpack import Dropped, Unreadable
from issues.grouping import group
from issues.payload import LEVELS, normalize
from issues.payload.types import DEFAULT_LIMITS, EventData
from issues.prepare import MAX_SEARCH_TEXT, Prepared, prepare
from issues.scrub import Scrubber
from issues.titles import MAX_TITLE
from tests.ingest.memory import KEY, PROJECT, MemoryKeys, MemorySpool

RECEIVED = datetime(2026, 5, 1, 10, 0, 5, tzinfo=UTC)
# Bytes after decompression, for events too: low, so that the fuzzer meets them.
LIMITS = Limits(request=1 << 20, envelope=1 << 20, event=1 << 18)
MAX_STORED = 8 << 20  # bytes of JSON
MAX_DEPTH = 40
SECONDS = 2.0  # for one input; a thousand times the usual
ALL_TYPES = frozenset(kind.value for kind in ItemType)

ENCODINGS = (
    "",
    "gzip",
    "deflate",
    "br",
    "zstd",
    "gzip, br",
    "zstd,gzip",
    "br, deflate, zstd",
    " GZIP ,",
    "lzma",
)
INFLATED = 1 << 16  # ceiling of the compression target: nothing may come out beyond it

_BOUNDARY = "multipart/form-data; boundary=b"
# Endpoint and content type, chosen by the first byte of the door's input.
DOORS = (
    ("envelope", ""),
    ("store", "application/json"),
    ("security", "application/csp-report"),
    ("minidump", _BOUNDARY),
    ("attachments", _BOUNDARY),
    ("cron", "application/json"),
    ("otlp_logs", "application/json"),
    ("otlp_logs", "application/x-protobuf"),
    ("otlp_traces", "application/x-protobuf"),
    ("nel", "application/reports+json"),
)
FORM = (
    b'--b\r\nContent-Disposition: form-data; name="sentry[release]"\r\n\r\n1\r\n'
    b'--b\r\nContent-Disposition: form-data; name="sentry__1"\r\n\r\n{"tags":{"a":"b"}}\r\n'
    b'--b\r\nContent-Disposition: form-data; name="upload_file_minidump"; filename="a.dmp"\r\n'
    b"Content-Type: application/octet-stream\r\n\r\nMDMP\x93\xa7\r\n--b--\r\n"
)


def _check_reason(error: Exception) -> None:
    """It is answered to the sender, and shown to the project's people."""
    assert 0 < len(str(error)) < 300


class Slow(AssertionError):
    """An input took longer than SECONDS."""


def envelope_target(data: bytes) -> None:
    head_type = envelope.first_type(data)
    try:
        framed = envelope.frame(data)
    except envelope.EnvelopeError as error:
        _check_reason(error)
        return
    assert framed.event_id == "" or uuid.UUID(framed.event_id).hex == framed.event_id
    assert framed.sent_at is None or framed.sent_at.tzinfo is not None
    assert len(framed.items) <= envelope.MAX_ITEMS
    position = 0
    for item in framed.items:
        # In order, inside the body, and none in another.
        assert position < item.start <= item.end <= len(data) or item.start == len(data)
        position = item.end
    assert head_type is None or framed.items[0].type == head_type
    _check_rebuilt(framed)
    record = Record(PROJECT, RECEIVED.timestamp(), "envelope", "", framed.event_id, "", data, 1)
    _check_unpacked(record, framed)


def _check_rebuilt(framed: envelope.Envelope) -> None:
    """What is written to quarantine is the same envelope."""
    body = envelope.build(
        framed.headers, iter([(i.headers, framed.payload(i)) for i in framed.items])
    )
    again = envelope.frame(body)
    assert [again.payload(i) for i in again.items] == [framed.payload(i) for i in framed.items]
    assert [i.type for i in again.items] == [i.type for i in framed.items]
    assert (again.event_id, again.sent_at) == (framed.event_id, framed.sent_at)


def _check_unpacked(record: Record, framed: envelope.Envelope | None) -> None:
    things = list(unpack.unpack(record, limit=LIMITS.envelope, wanted=ALL_TYPES))
    for thing in things:
        if isinstance(thing, Dropped):
            # These go into columns.
            assert (thing.type + thing.reason).isascii()
            assert len(thing.type) <= 64
            assert len(thing.reason) <= 64
            assert thing.quantity > 0
        elif isinstance(thing, Unreadable):
            # In quarantine it stays readable up to the same place: a replay after a fix finds it.
            again = list(unpack.unpack(thing.record, limit=LIMITS.envelope, wanted=ALL_TYPES))
            assert any(
                isinstance(other, Unreadable) and other.detail == thing.detail for other in again
            )
        elif isinstance(thing, ReceivedItem):
            assert thing.quantity >= 0
            assert not thing.event_id or uuid.UUID(thing.event_id).hex == thing.event_id
    if framed is not None:
        # One outcome for each item, or more where one names several; a lone crash dump also makes an event.
        assert len(things) - 1 >= len(framed.items)


def compression_target(data: bytes) -> None:
    encoding, body = ENCODINGS[data[0] % len(ENCODINGS)] if data else "", data[1:]
    head = compression.head(body, encoding, 100)
    assert len(head) <= 100
    try:
        out = compression.inflate(body, encoding, INFLATED)
    except (
        compression.CompressionError,
        compression.UnknownEncoding,
        compression.TooLarge,
    ) as error:
        _check_reason(error)
        return
    assert len(out) <= INFLATED
    assert out.startswith(head)


def door_target(data: bytes) -> None:
    kind, content_type = DOORS[data[0] % len(DOORS)] if data else DOORS[0]
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": content_type,
        "QUERY_STRING": f"sentry_key={KEY}",
    }
    route = routes.Route(kind, str(PROJECT), slug="nightly", event_id="1" * 32)
    incoming = Incoming(
        kind=kind,
        project_id=PROJECT,
        query=environ["QUERY_STRING"],
        headers=environ,
        read=lambda: data[1:],
        received_at=RECEIVED.timestamp(),
        convert=endpoints.converter(route, environ, LIMITS),
    )
    spool = MemorySpool()
    result = accept(incoming, keys=MemoryKeys(), spool=spool, limits=LIMITS)
    if isinstance(result, Refused):
        assert result.status in (400, 403, 413, 415)
        assert 0 < len(result.detail) < 600
        assert not spool.records
        return
    assert isinstance(result, Accepted)
    status, _, _ = endpoints.success(route, environ, result.event_id)
    assert status.startswith("20")
    (record,) = spool.records
    _check_unpacked(record, None)


@cache
def _scrubber() -> Scrubber:
    return Scrubber()


def event_target(data: bytes) -> None:
    try:
        raw = lenient.load_object(data)
    except lenient.JSONError as error:
        _check_reason(error)
        return
    clean = lenient.is_clean(data)
    item = ReceivedItem(PROJECT, "event", raw, "1" * 32, RECEIVED, clean=clean)
    before = repr(raw)
    first = prepare(item, scrubber=_scrubber())
    assert repr(raw) == before
    assert isinstance(first, Prepared)
    grouping = first.grouping
    assert 0 < len(grouping.title) <= MAX_TITLE
    assert not grouping.failed, grouping.error
    assert len(first.search_text) <= MAX_SEARCH_TEXT
    assert all(len(digest) == 32 and int(digest, 16) >= 0 for digest in grouping.hashes)
    orjson.dumps([first.search_text, grouping.title, grouping.culprit, dict(grouping.why)])
    # Step by step the same comes out.
    event = normalize(raw, received_at=RECEIVED, event_id="1" * 32, clean=clean)
    check_limits(event.data)
    scrubbed = _scrubber().scrub(event)
    check_storable(scrubbed)
    assert group(scrubbed.data).hashes == grouping.hashes
    # What is stored can be read once more, and nothing that matters changes. Without scrubbing: what
    # replaces a secret may be longer than it, and is then cut.
    check_storable(event)
    again = normalize(_stored(event), received_at=RECEIVED, event_id="1" * 32)
    assert _telling(again) == _telling(event)


def _stored(event: EventData) -> dict[str, Any]:
    return {**event.data, "tags": dict(event.tags)}


def _telling(event: EventData) -> Mapping[str, Any]:
    grouping = group(event.data)
    return {
        "title": grouping.title,
        "hashes": grouping.hashes,
        "tags": dict(event.tags),
        "level": event.level,
        "timestamp": event.data["timestamp"],
        "release": event.release,
        "environment": event.environment,
        "user": event.user_key,
        "trace": event.trace_id,
        "message": event.message,
    }


def check_storable(event: EventData) -> None:
    """JSON that every database takes."""
    data = _stored(event)
    written = orjson.dumps(data)
    # Equal after a round trip: no NaN, no tuple, no lone surrogate.
    assert orjson.loads(written) == data
    assert b"\\u0000" not in written.replace(b"\\\\", b"")
    # Nothing that one event leaves behind is larger than all of its limits together.
    assert len(written) <= MAX_STORED
    depth = _depth(data)
    assert depth <= MAX_DEPTH, f"nested {depth} deep"
    assert all(
        0 < len(name) <= DEFAULT_LIMITS.key_length and 0 < len(text) <= DEFAULT_LIMITS.tag_length
        for name, text in event.tags.items()
    )


def check_limits(data: Mapping[str, Any]) -> None:
    """Those of the ingest contract, section 14."""
    limits = DEFAULT_LIMITS
    assert data["level"] in LEVELS
    assert len(data.get("logentry", {}).get("formatted", "")) <= limits.message
    exceptions = data.get("exception", {}).get("values", [])
    assert len(exceptions) <= limits.exceptions_first + limits.exceptions_last
    holders = [*exceptions, *data.get("threads", {}).get("values", [])]
    for holder in holders:
        assert len(holder.get("type") or "") <= limits.exception_type
        assert len(holder.get("value") or "") <= limits.message
        frames = (holder.get("stacktrace") or {}).get("frames", [])
        assert len(frames) <= limits.frames_first + limits.frames_last
        for frame in frames:
            assert len(frame.get("context_line", "")) <= limits.source_line
            assert len(frame.get("vars", {})) <= limits.vars_entries
    assert len(data.get("breadcrumbs", {}).get("values", [])) <= limits.breadcrumbs
    assert len(data.get("contexts", {})) <= limits.contexts + 5  # those that we derive ourselves
    assert len(data.get("modules", {})) <= limits.modules
    assert len(data.get("fingerprint", [])) <= limits.fingerprints
    assert len(data.get("errors", [])) <= limits.notes


def _depth(root: Any) -> int:
    depth, level = 0, [root]
    while level:
        depth += 1
        level = [
            child
            for value in level
            for child in (
                value.values()
                if isinstance(value, dict)
                else value
                if isinstance(value, list)
                else ()
            )
            if isinstance(child, dict | list)
        ]
    return depth


def timed(target: Callable[[bytes], None], data: bytes) -> None:
    start = time.process_time()
    target(data)
    if (took := time.process_time() - start) > SECONDS:
        raise Slow(f"{len(data)} bytes took {took:.1f} s")


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "envelope": envelope_target,
    "compression": compression_target,
    "door": door_target,
    "event": event_target,
}
