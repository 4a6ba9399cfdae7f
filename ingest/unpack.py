"""Spooled records -> items for the sinks, and what could not be read. No database, no clock."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from ingest import compression, envelope, legacy, lenient
from ingest.accept import EVENT_TYPES
from ingest.items import ReceivedItem
from ingest.reasons import Outcome
from ingest.spool import Record

# Types whose payload is one JSON object. Others stay bytes.
JSON_TYPES = frozenset(
    {
        "event",
        "transaction",
        "feedback",
        "user_report",
        "client_report",
        "session",
        "sessions",
        "check_in",
        "log",
        "span",
    }
)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An item, or a whole record, that goes to quarantine. record: what to keep of it, ready for a replay."""

    record: Record
    origin: str  # unique per item: sequence and position
    detail: str
    type: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """An item that is counted and not kept."""

    project_id: int
    type: str
    outcome: Outcome
    reason: str


Unpacked = ReceivedItem | Unreadable | Dropped


def unpack(record: Record, *, limit: int, wanted: frozenset[str]) -> Iterator[Unpacked]:
    """Never raises for anything a sender can write.

    limit: bytes after decompression. wanted: item types that some sink takes; payloads of others are not read.
    """
    received_at = datetime.fromtimestamp(record.received_at, UTC)
    try:
        inflated = compression.inflate(record.body, record.encoding, limit)
        if record.kind == "store":
            raw, payload = legacy.read_store(inflated, limit)
            yield _item(record, received_at, "event", payload, raw, None, {})
            return
        framed = envelope.frame(inflated)
    except ValueError as error:
        # Accepting has read it once: the file changed since, or the limits did.
        yield Unreadable(record, f"{record.sequence}", str(error), "envelope")
        return
    seen_event = False
    for position, item in enumerate(framed.items):
        kind = item.type
        if kind in EVENT_TYPES:
            if seen_event:
                yield Dropped(record.project_id, kind, Outcome.INVALID, "second event in envelope")
                continue
            seen_event = True
        if kind not in wanted:
            yield Dropped(record.project_id, kind, Outcome.UNSUPPORTED, kind[:64] or "no type")
            continue
        raw = framed.payload(item)
        if kind not in JSON_TYPES:
            yield _item(record, received_at, kind, raw, raw, framed.sent_at, item.headers)
            continue
        try:
            payload = lenient.load_object(raw)
        except lenient.JSONError as error:
            kept = envelope.build(
                framed.headers,
                iter([(i.headers, framed.payload(i)) for i in _with_attachments(framed, item)]),
            )
            alone = replace(record, kind="envelope", encoding="", body=kept)
            yield Unreadable(alone, f"{record.sequence}.{position}", str(error), kind)
            continue
        yield _item(record, received_at, kind, payload, raw, framed.sent_at, item.headers)


def _with_attachments(framed: envelope.Envelope, item: envelope.Item) -> list[envelope.Item]:
    """An event takes its attachments along."""
    if item.type not in EVENT_TYPES:
        return [item]
    return [item, *(other for other in framed.items if other.type == "attachment")]


def _item(
    record: Record,
    received_at: datetime,
    kind: str,
    payload: dict[str, Any] | bytes,
    raw: bytes,
    sent_at: datetime | None,
    headers: Any,
) -> ReceivedItem:
    if kind == "event" and isinstance(payload, dict):
        # The payload's own word counts: Python sends feedback as an event (ingest contract, section 7).
        said = payload.get("type")
        if said in ("transaction", "feedback"):
            kind = said
    return ReceivedItem(
        project_id=record.project_id,
        type=kind,
        payload=payload,
        event_id=record.event_id,
        received_at=received_at,
        sent_at=sent_at,
        client=record.client,
        clean=lenient.is_clean(raw),
        headers=headers,
    )
