"""An event's payload as it is kept, before compression. Pure.

As sent, under a line that says how it came; it is normalised whenever somebody opens it:

    {"event_id":"0b3c...","received_at":"2026-05-01T10:00:00.250000+00:00","sent_at":null}
    {"exception":{"values":[...

Normalised, where something had to be taken out, or only a patient reader could read it: one line.

    {"event_id":"0b3c...","exception":{"values":[...
"""

from datetime import datetime
from typing import Any

import orjson

from ingest import lenient
from issues.payload import EventData, normalize
from issues.payload.types import DEFAULT_LIMITS, Limits

# A larger one is trimmed before it is kept.
MAX_AS_SENT = 1 << 20  # bytes


def as_sent(raw: bytes, *, event_id: str, received_at: datetime, sent_at: datetime | None) -> bytes:
    """raw: JSON in which nothing has to be hidden."""
    head = {"event_id": event_id, "received_at": received_at, "sent_at": sent_at}
    return orjson.dumps(head) + b"\n" + raw


def normalized(event: EventData) -> bytes:
    return orjson.dumps(_shown(event), option=orjson.OPT_NON_STR_KEYS)


def read(content: bytes, limits: Limits = DEFAULT_LIMITS) -> dict[str, Any]:
    """The canonical payload, tags and notes included. Raises ValueError for bytes that are neither form.

    limits: for an event as sent.
    """
    head, line, raw = content.partition(b"\n")
    value = orjson.loads(head)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    if not line:
        return value
    event = normalize(
        # It was only stepped through, which goes deeper than the limit of those that are read whole.
        lenient.load_object(raw, deep=True),
        received_at=datetime.fromisoformat(value["received_at"]),
        sent_at=datetime.fromisoformat(value["sent_at"]) if value["sent_at"] else None,
        event_id=value["event_id"],
        # An address that must not be kept is not here.
        store_ip=True,
        limits=limits,
    )
    return _shown(event)


def _shown(event: EventData) -> dict[str, Any]:
    shown: dict[str, Any] = {**event.data, "tags": dict(event.tags)}
    if event.notes:
        shown["errors"] = list(event.notes)
    return shown
