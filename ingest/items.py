"""What ingest hands over: all that other rooms see of it. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class ItemType(StrEnum):
    """The item types that some room may take; a type that is not here is counted and skipped."""

    EVENT = "event"
    TRANSACTION = "transaction"
    ATTACHMENT = "attachment"
    USER_REPORT = "user_report"
    FEEDBACK = "feedback"
    CLIENT_REPORT = "client_report"
    LOG_REPORT = "log_report"  # made by ingest: how many log lines of a request were no events
    SESSION = "session"
    SESSIONS = "sessions"
    CHECK_IN = "check_in"
    LOG = "log"
    SPAN = "span"
    OTLP_LOGS = "otlp_logs"  # a request of the OpenTelemetry protocol: JSON parsed, protocol buffers as bytes
    OTLP_TRACES = "otlp_traces"


@dataclass(frozen=True, slots=True)
class ReceivedItem:
    """One item of an accepted envelope.

    payload: the parsed JSON object of JSON types, the bytes of others, a view of them for attachments.
    event_id: 32 hex digits, small letters; the envelope's, else the payload's, else made by ingest.
    clean: the payload's bytes held neither an escaped NUL nor a surrogate escape.
    headers: the item's, as sent. quantity: how many log lines or spans the item holds; 1 for all others.
    sender: the connection's IP address, "" unless the project keeps such.
    raw: the JSON of which `payload` is only a sketch; None where it was read whole.
    """

    project_id: int
    type: str
    payload: dict[str, Any] | bytes | memoryview
    event_id: str
    received_at: datetime
    sent_at: datetime | None = None
    client: str = ""
    clean: bool = False
    headers: Mapping[str, Any] = field(default_factory=dict)
    quantity: int = 1
    raw: bytes | None = None
    sender: str = ""


# The parts of a JSON object that its sink needs to decide; None: read the object whole. Never raises.
Sketch = Callable[[bytes], dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Disposal:
    """Why an item that a sink was given is not stored, or, where it is accepted, why not all of it."""

    outcome: str  # accepted, duplicate, invalid, filtered: ingest.reasons.Outcome
    reason: str = ""


class Sink(Protocol):
    """Takes one or more item types of a batch."""

    def prepare(self, items: Sequence[ReceivedItem]) -> Sequence[Any]:
        """The slow half, outside of any database transaction: one result for each item. Called for a part of the batch
        at a time. Raises on a bad item: the caller then halves the batch until the culprit stands alone.
        """
        ...

    def store(self, prepared: Sequence[Any], now: datetime) -> Sequence[Disposal | None]:
        """Inside the caller's database transaction, once per batch. What became of each prepared item; None: stored."""
        ...
