r"""bytes <-> Envelope. An unknown item type is a value, not an error. Pure.

    envelope = header-line *( newline item ) *newline
    item     = item-header-line newline payload

Source: ingest contract, section 6.
"""

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from ingest import lenient

MAX_HEADER_LINE = 64 * 1024  # bytes
MAX_ITEMS = 1000


class EnvelopeError(ValueError):
    """The bytes are not an envelope. The message is safe to show to the sender."""


class HeaderTooLarge(EnvelopeError):
    """A header line is longer than MAX_HEADER_LINE."""


@dataclass(frozen=True, slots=True)
class Item:
    """payload: body[start:end]; not copied until somebody wants it."""

    headers: Mapping[str, Any]
    start: int
    end: int

    @property
    def type(self) -> str:
        """ "" if the header names none."""
        value = self.headers.get("type")
        return value if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class Envelope:
    headers: Mapping[str, Any]
    items: tuple[Item, ...]
    body: bytes

    @property
    def event_id(self) -> str:
        """32 hex digits, small letters; "" if absent or unusable."""
        return event_id_of(self.headers.get("event_id"))

    @property
    def sent_at(self) -> datetime | None:
        return _time(self.headers.get("sent_at"))

    def payload(self, item: Item) -> bytes:
        return self.body[item.start : item.end]


def event_id_of(value: object) -> str:
    """32 hex digits or a UUID with dashes -> 32 hex digits, small letters; "" for anything else and for all zeros."""
    if not isinstance(value, str) or len(value) > 45:
        return ""
    try:
        parsed = uuid.UUID(value.strip())
    except ValueError:
        return ""
    return parsed.hex if parsed.int else ""


def frame(body: bytes) -> Envelope:
    """Find the items. Payloads are neither parsed nor copied; cost: the header lines.

    body: inflated. Raises EnvelopeError, HeaderTooLarge.
    """
    headers, position = _header(body, 0, "envelope header")
    items: list[Item] = []
    size = len(body)
    while True:
        while position < size and body[position] in b"\r\n":
            position += 1
        if position >= size:
            return Envelope(headers, tuple(items), body)
        if len(items) == MAX_ITEMS:
            raise EnvelopeError(f"more than {MAX_ITEMS} items in one envelope")
        name = f"header of item {len(items) + 1}"
        item_headers, start = _header(body, position, name)
        end, position = _payload(body, start, item_headers.get("length"), name)
        items.append(Item(item_headers, start, end))


def first_type(head: bytes) -> str | None:
    """The type of the first item; None if the first bytes of an envelope do not tell. head: those bytes."""
    lines = head.split(b"\n", 2)
    if len(lines) < 3:
        return None
    try:
        kind = orjson.loads(lines[1]).get("type")
    except (orjson.JSONDecodeError, AttributeError):
        return None
    return kind if isinstance(kind, str) else None


def _header(body: bytes, start: int, name: str) -> tuple[dict[str, Any], int]:
    """The JSON object of a line, and where the next line begins."""
    end = body.find(b"\n", start)
    if end < 0:
        end = len(body)
    if end - start > MAX_HEADER_LINE:
        raise HeaderTooLarge(f"{name}: longer than {MAX_HEADER_LINE} bytes")
    line = body[start:end]
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        # Lone surrogates, NaN and integers beyond 64 bits: odd, but JSON to their senders.
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise EnvelopeError(f"{name}: not a line of JSON") from error
    if not isinstance(value, dict):
        raise EnvelopeError(f"{name}: not a JSON object")
    return value, min(end + 1, len(body))


def _payload(body: bytes, start: int, length: object, name: str) -> tuple[int, int]:
    """Where the payload ends, and where to look for the next item."""
    size = len(body)
    if length is None:
        end = body.find(b"\n", start)
        return (size, size) if end < 0 else (end, end + 1)
    if not isinstance(length, int) or isinstance(length, bool) or length < 0:
        raise EnvelopeError(f"{name}: length is not a whole number")
    end = start + length
    if end > size:
        raise EnvelopeError(f"{name}: length is {length}, but only {size - start} bytes follow")
    if end < size and body[end] != 10 and body[end : end + 2] != b"\r\n":
        raise EnvelopeError(f"{name}: no newline after {length} bytes of payload")
    return end, end


def build(headers: Mapping[str, Any], items: Iterator[tuple[Mapping[str, Any], bytes]]) -> bytes:
    """The bytes of an envelope; lengths are always explicit."""
    parts = [lenient.dumps(headers)]
    for item_headers, payload in items:
        parts.append(lenient.dumps({**item_headers, "length": len(payload)}))
        parts.append(payload)
    return b"\n".join(parts) + b"\n"


def _time(value: object) -> datetime | None:
    """RFC 3339 with 0 to 9 fractional digits; None if it is none."""
    if not isinstance(value, str) or not 19 <= len(value) <= 40:
        return None
    text = value.strip().replace("Z", "+00:00").replace("z", "+00:00")
    head, dot, tail = text.partition(".")
    if dot:
        digits = len(tail) - len(tail.lstrip("0123456789"))
        text = f"{head}.{tail[: min(digits, 6)]:0<6}{tail[digits:]}"
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return None
    return parsed if parsed.tzinfo is not None else None
