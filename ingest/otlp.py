"""Bodies of the OpenTelemetry protocol over HTTP: counted here, read by whoever takes them. Pure.

Logs and traces are alike: resource (field 1) -> scope (field 2) -> records (field 2). Protocol buffers are only
walked, which needs no library. Source: ingest contract, section 9.4; Protocol Buffers, "Encoding".
"""

from collections.abc import Iterator
from typing import Any

from ingest import envelope, lenient
from ingest.legacy import WrongContentType, media_type

JSON, PROTOBUF = "application/json", "application/x-protobuf"
_LEVELS = {
    "otlp_logs": ("resourceLogs", "scopeLogs", "logRecords"),
    "otlp_traces": ("resourceSpans", "scopeSpans", "spans"),
}


class OtlpError(ValueError):
    """Not what its content type says. The message is safe to show to the sender."""


def to_envelope(body: bytes, *, content_type: str, kind: str) -> tuple[str, bytes]:
    """("", the envelope to spool). body: Content-Encoding undone; not read yet. Raises WrongContentType."""
    media = media_type(content_type)
    if media not in (JSON, PROTOBUF):
        raise WrongContentType(f"OTLP is {PROTOBUF} or {JSON}, not {content_type[:60]!r}")
    return "", envelope.build({}, iter([({"type": kind, "content_type": media}, body)]))


def read(body: bytes, kind: str, media: str) -> tuple[int, dict[str, Any] | bytes]:
    """(number of records, what to hand over: the object of a JSON body, a protobuf body as it is). Raises OtlpError."""
    if media == PROTOBUF:
        return _count_protobuf(body), body
    try:
        value = lenient.load_object(body) if body.strip() else {}
    except lenient.JSONError as error:
        raise OtlpError(str(error)) from error
    outer, middle, inner = _LEVELS[kind]
    return sum(
        len(_list(scope, inner))
        for resource in _list(value, outer)
        for scope in _list(resource, middle)
    ), value


def _list(value: Any, name: str) -> list[Any]:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def _count_protobuf(body: bytes) -> int:
    count = 0
    for resource in _messages(body, 0, len(body), 1):
        for scope in _messages(body, *resource, 2):
            count += sum(1 for _ in _messages(body, *scope, 2))
    return count


def _messages(body: bytes, start: int, end: int, wanted: int) -> Iterator[tuple[int, int]]:
    """Where the length-delimited fields of a number lie in body[start:end]."""
    while start < end:
        key, start = _varint(body, start, end)
        field, wire = key >> 3, key & 7
        if wire == 0:
            _, start = _varint(body, start, end)
            continue
        if wire == 1:
            size = 8
        elif wire == 5:
            size = 4
        elif wire == 2:
            size, start = _varint(body, start, end)
        else:
            raise OtlpError(f"no protocol buffer: wire type {wire}")
        if size > end - start or field == 0:
            raise OtlpError("no protocol buffer: a field is longer than its message")
        if wire == 2 and field == wanted:
            yield start, start + size
        start += size


def _varint(body: bytes, start: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while start < end and shift < 70:
        byte = body[start]
        start += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, start
        shift += 7
    raise OtlpError("no protocol buffer: a number is cut short")
