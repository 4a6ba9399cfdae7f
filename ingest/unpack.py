"""Spooled records -> items for the sinks, and what could not be read. No database, no clock."""

import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from ingest import checks, compression, envelope, legacy, lenient, minidump, otlp, security
from ingest.accept import EVENT_TYPES
from ingest.decoders import auto, shipper
from ingest.decoders.values import DEFAULT_OPTIONS, NotUnderstood, Options
from ingest.envelope import Envelope, Item
from ingest.items import ReceivedItem, Sketch
from ingest.reasons import LOG_LEVEL, LOG_LINE, Outcome
from ingest.sdks import Seen
from ingest.spool import Record

# Types whose payload is one JSON object. They are read and checked whether or not a room takes them.
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
OTLP_TYPES = frozenset({"otlp_logs", "otlp_traces"})
# Attachments that hold no bytes: references into a store that we are not.
_PLACEHOLDERS = frozenset(
    ("application/vnd.sentry.attachment-ref+json", "application/vnd.sentry.trace-attachment")
)
_ODD = re.compile(r"[^\w.+ -]", re.ASCII)


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
    quantity: int = 1


Unpacked = ReceivedItem | Unreadable | Dropped | Seen


def unpack(
    record: Record,
    *,
    limit: int,
    wanted: frozenset[str],
    sketches: Mapping[str, Sketch] = MappingProxyType({}),
    options: Options = DEFAULT_OPTIONS,
) -> Iterator[Unpacked]:
    """Never raises for anything a sender can write. The last one is what SDK doctor notes of the record.

    limit: bytes after decompression. wanted: item types that some sink takes; of others those that are JSON are read
    and checked, the rest is not even looked at. sketches: by item type. options: for log lines posted as events.
    """
    try:
        inflated = compression.inflate(record.body, record.encoding, limit)
        if record.kind == "store":
            raw, payload = legacy.read_store(inflated, limit)
            if "@version" in payload and shipper.is_logstash(payload):
                payload = _logged(payload, options)
            reader = _Reader(record, Envelope({}, (), b""), wanted, {})
            yield from reader.parsed("store", Item({}, 0, 0), "event", payload, raw)
            yield reader.done()
            return
        if record.kind == "log_report":
            yield from _report(record, lenient.load_object(inflated), wanted)
            return
        framed = envelope.frame(inflated)
    except ValueError as error:
        # Accepting has read it once: the file changed since, or the limits did.
        yield Unreadable(record, f"{record.sequence}", str(error), "envelope")
        return
    reader = _Reader(record, framed, wanted, sketches)
    yield from reader.items()
    yield reader.done()


def _logged(payload: dict[str, Any], options: Options) -> dict[str, Any]:
    """A Logstash event posted as it is. One that says nothing stays what it is."""
    try:
        return auto.as_event(payload, options)
    except NotUnderstood:
        return payload


# Counts of a record of log lines -> what became of them.
_LINE_FATES = {
    "ignored": ("log", Outcome.FILTERED, LOG_LEVEL),
    "duplicates": ("event", Outcome.DUPLICATE, ""),
    "rejected": ("log", Outcome.INVALID, LOG_LINE),
}


def _report(record: Record, told: dict[str, Any], wanted: frozenset[str]) -> Iterator[Unpacked]:
    """What ingest.logs wrote of the lines that are no events."""
    for name, (kind, outcome, reason) in _LINE_FATES.items():
        if count := told.get(name):
            yield Dropped(record.project_id, kind, outcome, reason, int(count))
    if "log_report" in wanted:
        at = datetime.fromtimestamp(record.received_at, UTC)
        yield ReceivedItem(record.project_id, "log_report", told, "", at, client=record.sdk)


class _Reader:
    """The items of one record."""

    def __init__(
        self,
        record: Record,
        framed: Envelope,
        wanted: frozenset[str],
        sketches: Mapping[str, Sketch],
    ) -> None:
        self.record = record
        self.framed = framed
        self.wanted = wanted
        self.sketches = sketches
        self.received_at = datetime.fromtimestamp(record.received_at, UTC)
        self.sent_at = framed.sent_at
        self.event_id = record.event_id
        self.lost_event = False
        self.seen = Seen(record.project_id, self.received_at)
        self.seen.call(framed.headers.get("sdk"))
        if self.sent_at is not None:
            self.seen.drift = self.received_at - self.sent_at

    def done(self) -> Seen:
        self.seen.fall_back(self.record.sdk)
        return self.seen

    def items(self) -> Iterator[Unpacked]:
        seen_event = False
        attachments: list[Item] = []
        for position, item in enumerate(self.framed.items):
            kind = item.type
            if kind == "attachment":
                attachments.append(item)
                continue
            if kind in EVENT_TYPES:
                if seen_event:
                    yield self.dropped(kind, Outcome.INVALID, "second event in envelope")
                    continue
                seen_event = True
            yield from self.item(str(position), item)
        # After the event, wherever they stood: what becomes of them depends on it.
        if attachments and not seen_event:
            yield from self.crash(attachments)
        for item in attachments:
            yield self.attachment(item)

    def item(self, position: str, item: Item) -> Iterator[Unpacked]:
        kind = item.type
        size = item.end - item.start
        if size > checks.MAX_BYTES.get(kind, size):
            yield self.dropped(kind, Outcome.TOO_LARGE, f"{kind} too large")
        elif kind in JSON_TYPES or kind in OTLP_TYPES or kind == "raw_security":
            raw = self.framed.payload(item)
            try:
                if kind in OTLP_TYPES:
                    media = item.headers.get("content_type")
                    quantity, body = otlp.read(raw, kind, media if isinstance(media, str) else "")
                    yield self.received(kind, body, raw, item, quantity)
                else:
                    payload = self.sketch(kind, raw)
                    is_sketch = payload is not None
                    if payload is None:
                        payload = lenient.load_object(raw)
                    yield from self.parsed(position, item, kind, payload, raw, is_sketch)
            except (lenient.JSONError, otlp.OtlpError) as error:
                yield self.unreadable(position, item, kind, str(error))
        elif kind in self.wanted:
            raw = self.framed.payload(item)
            yield self.received(kind, raw, raw, item)
        else:
            count = item.headers.get("item_count")
            quantity = count if isinstance(count, int) and 0 < count <= 10_000 else 1
            yield self.dropped(kind, Outcome.UNSUPPORTED, kind, quantity)

    def sketch(self, kind: str, raw: bytes) -> dict[str, Any] | None:
        read = self.sketches.get(kind)
        found = read(raw) if read is not None else None
        # What calls itself an event and is none is read by other rules.
        return None if found is None or found.get("type") in ("transaction", "feedback") else found

    def parsed(
        self,
        position: str,
        item: Item,
        kind: str,
        payload: dict[str, Any],
        raw: bytes,
        is_sketch: bool = False,
    ) -> Iterator[Unpacked]:
        """A JSON item. kind: the item's; an event's own word counts more."""
        if kind == "raw_security":
            yield self.report(item, payload)
            return
        if kind == "event":
            # Python sends feedback as an event (ingest contract, section 7).
            said = payload.get("type")
            if said in ("transaction", "feedback"):
                kind = str(said)
            else:
                self.seen.meet(payload)
        checked = checks.check(kind, payload, len(raw))
        if checked.problem:
            yield self.unreadable(position, item, kind, checked.problem)
            return
        if checked.too_large:
            yield self.dropped(kind, Outcome.TOO_LARGE, f"{kind} too large", checked.too_large)
            if not checked.quantity:
                return
        yield self.received(kind, payload, raw, item, checked.quantity, is_sketch)

    def report(self, item: Item, payload: dict[str, Any]) -> Unpacked:
        found = security.read(payload)
        if found is None:
            kind = payload.get("type")
            name = kind if isinstance(kind, str) else "no known report"
            return self.dropped("raw_security", Outcome.UNSUPPORTED, name)
        if security.is_noise(found[1]):
            return self.dropped("raw_security", Outcome.FILTERED, "browser-extension")
        event_id = envelope.event_id_of(item.headers.get("event_id")) or uuid.uuid4().hex
        event = security.to_event(*found, item.headers, event_id)
        self.seen.meet(event)
        received = self.received("event", event, self.framed.payload(item), item)
        if not isinstance(received, ReceivedItem):
            return received
        # The sender's escapes may also stand in what is taken from headers.
        return replace(received, event_id=event_id, clean=False)

    def crash(self, attachments: list[Item]) -> Iterator[Unpacked]:
        """A dump that came without an event is one."""
        kinds = [item.headers.get("attachment_type") for item in attachments]
        if minidump.MINIDUMP not in kinds:
            return
        self.event_id = self.event_id or uuid.uuid4().hex
        event = minidump.crash_event({})
        self.seen.meet(event)
        yield self.received("event", event, b"", Item({}, 0, 0))

    def attachment(self, item: Item) -> Unpacked:
        if self.lost_event:
            # Its bytes lie in quarantine beside the event, and come back with it.
            return self.dropped("attachment", Outcome.QUARANTINED, "its event is in quarantine")
        content_type = item.headers.get("content_type")
        if isinstance(content_type, str) and content_type in _PLACEHOLDERS:
            return self.dropped("attachment", Outcome.UNSUPPORTED, "reference without bytes")
        if "attachment" not in self.wanted:
            return self.dropped("attachment", Outcome.UNSUPPORTED, "attachment")
        # A view, not a copy: it may be a hundred megabytes.
        raw = memoryview(self.framed.body)[item.start : item.end]
        return self.received("attachment", raw, b"", item)

    def received(
        self,
        kind: str,
        payload: dict[str, Any] | bytes | memoryview,
        raw: bytes,
        item: Item,
        quantity: int = 1,
        is_sketch: bool = False,
    ) -> ReceivedItem | Dropped:
        if kind not in self.wanted:
            return self.dropped(kind, Outcome.UNSUPPORTED, kind, quantity)
        return ReceivedItem(
            project_id=self.record.project_id,
            type=kind,
            payload=payload,
            event_id=self.event_id,
            received_at=self.received_at,
            sent_at=self.sent_at,
            client=self.record.sdk,
            sender=self.record.sender,
            clean=lenient.is_clean(raw),
            headers=item.headers,
            quantity=quantity,
            raw=raw if is_sketch else None,
        )

    def dropped(self, kind: str, outcome: Outcome, reason: str, quantity: int = 1) -> Dropped:
        # Types are the sender's words: what no database takes must not reach it by way of a count.
        name, text = _ODD.sub("?", kind[:64]), _ODD.sub("?", reason[:64])
        return Dropped(self.record.project_id, name, outcome, text or "no type", quantity)

    def unreadable(self, position: str, item: Item, kind: str, detail: str) -> Unreadable:
        if kind in EVENT_TYPES:
            self.lost_event = True
        record = self.record
        if position == "store":
            return Unreadable(record, f"{record.sequence}", detail, kind)
        kept = [item]
        if kind in EVENT_TYPES:
            # An event takes its attachments along.
            kept += [other for other in self.framed.items if other.type == "attachment"]
        body = envelope.build(
            self.framed.headers, iter([(i.headers, self.framed.payload(i)) for i in kept])
        )
        alone = replace(record, kind="envelope", encoding="", body=body)
        return Unreadable(alone, f"{record.sequence}.{position}", detail, kind)
