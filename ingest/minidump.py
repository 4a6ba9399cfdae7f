"""A native crash upload, or late attachments -> the envelope to spool. Pure. Source: ingest contract, section 9.2.

file  upload_file_minidump   MDMP..., may be gzip
text  sentry                 the event as JSON, whole or as sentry__1, sentry__2, ...
text  sentry[tags][a]        or flattened
...   every other text field becomes extra, every other file an attachment
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from ingest import compression, envelope, lenient
from ingest.legacy import BodyError

MINIDUMP = "event.minidump"
_FIELD = "upload_file_minidump"
_FLAT = re.compile(r"sentry((?:\[[^\[\]]{0,200}\])+)")
_CHUNK = re.compile(r"sentry__([0-9]{1,4})")
_MAX_DEPTH = 10


class File(Protocol):
    @property
    def field(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def content_type(self) -> str: ...
    @property
    def data(self) -> bytes: ...


class Form(Protocol):
    @property
    def fields(self) -> Sequence[tuple[str, str]]: ...
    @property
    def files(self) -> Sequence[File]: ...


def to_envelope(form: Form, *, new_id: str, event_limit: int, dump_limit: int) -> tuple[str, bytes]:
    """(event id, envelope). The event keeps its own id if it names one.

    event_limit: bytes of its JSON. dump_limit: bytes of the dump once it is inflated.
    Raises BodyError, compression.TooLarge.
    """
    dump = next((file for file in form.files if file.field == _FIELD), None)
    if dump is None or not dump.data:
        raise BodyError(f"the form has no file {_FIELD!r}")
    data = dump.data
    if data.startswith(b"\x1f\x8b"):
        try:
            data = compression.inflate(data, "gzip", dump_limit)
        except compression.CompressionError as error:
            raise BodyError(str(error)) from error
    if not data.startswith(b"MDMP"):
        raise BodyError(f"{_FIELD} is no minidump: it begins with {data[:8]!r}")
    event = crash_event(_sent_event(form.fields))
    event_id = envelope.event_id_of(event.get("event_id")) or new_id
    event["event_id"] = event_id
    text = lenient.dumps(event)
    if len(text) > event_limit:
        raise compression.TooLarge(f"event larger than {event_limit} bytes")
    return event_id, envelope.build(
        {"event_id": event_id},
        iter(
            [
                ({"type": "event"}, text),
                (_headers(dump, MINIDUMP), data),
                *((_headers(file), file.data) for file in form.files if file is not dump),
            ]
        ),
    )


def attachments_to_envelope(form: Form, event_id: str) -> tuple[str, bytes]:
    """Late attachments of an event that was sent before. Raises BodyError."""
    if not form.files:
        raise BodyError("the form has no file")

    def items() -> Iterator[tuple[Mapping[str, Any], bytes]]:
        for file in form.files:
            yield _headers(file), file.data

    return event_id, envelope.build({"event_id": event_id}, items())


def crash_event(given: Mapping[str, Any]) -> dict[str, Any]:
    """What the sender said of a crash, completed to an event."""
    event = dict(given)
    event["platform"] = "native"
    event.setdefault("level", "fatal")
    event.setdefault(
        "exception",
        {
            "values": [
                {
                    "type": "Minidump",
                    "value": "A native program crashed; the dump is attached.",
                    "mechanism": {"type": "minidump", "handled": False, "synthetic": True},
                }
            ]
        },
    )
    return event


def _sent_event(fields: Sequence[tuple[str, str]]) -> dict[str, Any]:
    chunks: dict[int, str] = {}
    flat: dict[str, Any] = {}
    extra: dict[str, str] = {}
    for name, value in fields:
        if name == "sentry":
            chunks[0] = value
        elif match := _CHUNK.fullmatch(name):
            chunks[int(match[1])] = value
        elif match := _FLAT.fullmatch(name):
            _put(flat, match[1][1:-1].split("]["), value)
        else:
            extra[name[:200]] = value
    event: dict[str, Any] = {}
    if chunks:
        text = "".join(chunks[number] for number in sorted(chunks))
        try:
            event = lenient.load_object(text.encode("utf-8", "surrogatepass"))
        except lenient.JSONError as error:
            raise BodyError(f"the field sentry: {error}") from error
    event |= flat
    if extra:
        sent = event.get("extra")
        event["extra"] = {**(sent if isinstance(sent, dict) else {}), **extra}
    return event


def _put(flat: dict[str, Any], path: Sequence[str], value: str) -> None:
    if len(path) > _MAX_DEPTH or not all(path):
        return
    for name in path[:-1]:
        inner = flat.setdefault(name, {})
        if not isinstance(inner, dict):
            return
        flat = inner
    flat[path[-1]] = value


def _headers(file: File, attachment_type: str = "event.attachment") -> dict[str, str]:
    return {
        "type": "attachment",
        "filename": lenient.storable(file.name) or file.field,
        "content_type": lenient.line(file.content_type, 100) or "application/octet-stream",
        "attachment_type": attachment_type,
    }
