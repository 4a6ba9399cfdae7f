"""The log endpoint: a request of log lines -> events in the spool, and an answer that says what became of each line.

Lines that are no events are counted: with the events goes one record that tells how many there were, so that the count
is as durable and as exact as they are. Source: ingest contract, section 18.4.
"""

import hashlib
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import orjson

from ingest import accept, auth, compression, lenient
from ingest.accept import Accepted, Incoming, Keys, Limits, Refused
from ingest.decoders import auto, split
from ingest.decoders.values import LEVELS, Decoded, NotUnderstood, Options, level_of
from ingest.legacy import BodyError
from ingest.limits import RateLimiter
from ingest.spool import Record, SpoolFull

logger = logging.getLogger(__name__)

MAX_BYTES = 10 << 20
MAX_NAMED = 100  # rejected lines that an answer names
MAX_RECENT = 100_000  # ids
MAX_SHOWN = 400  # characters of a line that are shown to the project's people
# What has no time of its own counts as repeated if the same request comes again within so many seconds.
REPEAT_SECONDS = 900
REPORT = "log_report"


class Spool(Protocol):
    def append(self, record: Record) -> None: ...
    def append_all(self, records: list[Record]) -> list[Exception | None]: ...
    def is_full(self) -> bool: ...
    def is_for_a_row(self, body: bytes) -> bool: ...


@dataclass(frozen=True, slots=True)
class Answered(Accepted):
    """body: JSON."""

    body: bytes = b""


class Recent:
    """The ids of events that this process has accepted last: what a repeated batch is answered by.

    Others are found when they are digested; then the answer says accepted, and nothing is stored twice all the same.
    """

    def __init__(self, size: int = MAX_RECENT) -> None:
        self._size = size
        self._ids: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def holds(self, event_id: str) -> bool:
        return event_id in self._ids

    def add(self, ids: list[str]) -> None:
        with self._lock:
            self._ids.update(dict.fromkeys(ids))
            while len(self._ids) > self._size:
                self._ids.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._ids.clear()


@dataclass(slots=True)
class Line:
    """One entry. text: as it came. problem: why it is none that can be understood."""

    text: str
    decoded: Decoded | None = None
    problem: str = ""


@dataclass(slots=True)
class Batch:
    """What a request holds. digest: of its body."""

    lines: list[Line] = field(default_factory=list)
    digest: str = ""


def settings_of(query: str, defaults: Options, format_: str = "") -> tuple[str, Options]:
    """The format and the options that a request's query names. format_: from the path; it wins."""
    given = auth.fields(query)
    chosen = (format_ or given.get("format", "")).lower() or "auto"
    level = level_of(given.get("level"))
    options = replace(
        defaults,
        level=level or defaults.level,
        environment=lenient.line(given.get("environment"), 64) or defaults.environment,
        release=lenient.line(given.get("release"), 250) or defaults.release,
        service=lenient.line(given.get("service"), 200) or defaults.service,
    )
    return auto.ALIASES.get(chosen, chosen), options


def problem_of(format_: str) -> str:
    """Why there is no such format; "" if there is."""
    if auto.ALIASES.get(format_.lower(), format_.lower() or "auto") in auto.FORMATS:
        return ""
    return f"there is no format {format_[:40]!r}; there are {', '.join(auto.FORMATS)}"


def read(body: bytes, content_type: str, format_: str, options: Options) -> Batch:
    """Raises BodyError if nothing of it can be read, compression.TooLarge if there are too many entries."""
    try:
        entries = split.split(body, content_type)
    except split.TooMany as error:
        raise compression.TooLarge(str(error)) from error
    return Batch(
        [_line(entry, format_, options) for entry in entries], hashlib.sha256(body).hexdigest()
    )


def _line(entry: Any, format_: str, options: Options) -> Line:
    if isinstance(entry, split.Broken):
        return Line("", problem=str(entry))
    text = entry if isinstance(entry, str) else lenient.dumps(entry).decode("utf-8", "replace")
    try:
        return Line(text, auto.decode(entry, format_, options))
    except NotUnderstood as error:
        return Line(text, problem=str(error))
    except Exception:
        # A fault of ours must neither block the pipeline nor cost the other lines.
        logger.exception("a log line could not be read")
        return Line(text, problem="the server could not read it")


def accept_lines(
    incoming: Incoming,
    *,
    content_type: str,
    format_: str,
    defaults: Options,
    keys: Keys,
    spool: Spool,
    limits: Limits,
    recent: Recent,
    rates: RateLimiter | None = None,
) -> Answered | Refused:
    """What the answer says is accepted is on disk. Raises as accept.accept does."""
    chosen, options = settings_of(incoming.query, defaults, format_)
    batch = Batch()

    def convert(body: bytes) -> tuple[str, bytes]:
        nonlocal batch
        if problem := problem_of(chosen):
            raise BodyError(problem)
        batch = read(body, content_type, chosen, options)
        return "", b""

    found = accept.examine(
        replace(incoming, convert=convert), keys=keys, spool=spool, limits=limits, rates=rates
    )
    if isinstance(found, Refused):
        return found
    sorted_out = _Sorting(found, batch, options, limits, spool.is_for_a_row, recent)
    records = [*sorted_out.events, sorted_out.report()]
    for error in spool.append_all(records):
        if isinstance(error, SpoolFull):
            return accept.full(found.sdk)
        if error is not None:
            raise error
    recent.add([record.event_id for record in sorted_out.events])
    return Answered("", sorted_out.answer())


class _Sorting:
    """What becomes of each line."""

    def __init__(
        self,
        base: Record,
        batch: Batch,
        options: Options,
        limits: Limits,
        fits: Callable[[bytes], bool],
        recent: Recent,
    ) -> None:
        self._base = base
        self._batch = batch
        self.events: list[Record] = []
        self.ignored = self.duplicates = 0
        self.rejected: list[tuple[int, str, str]] = []  # index, reason, text
        self.formats: dict[str, int] = {}
        seen: set[str] = set()
        for index, line in enumerate(batch.lines):
            decoded = line.decoded
            if decoded is None:
                self.rejected.append((index, line.problem, line.text))
                continue
            self.formats[decoded.format] = self.formats.get(decoded.format, 0) + 1
            if not decoded.is_event(options.level):
                self.ignored += 1
                continue
            event_id = self._id(index, line, decoded)
            if event_id in seen or recent.holds(event_id):
                self.duplicates += 1
                continue
            seen.add(event_id)
            body = lenient.dumps({**decoded.event, "event_id": event_id})
            if len(body) > limits.event or not fits(body):
                reason = f"an event of more than {limits.event} bytes"
                self.rejected.append((index, reason, line.text))
                continue
            self.events.append(replace(base, kind="store", event_id=event_id, body=body))

    def _id(self, index: int, line: Line, decoded: Decoded) -> str:
        """The same for the same line, however often its batch comes."""
        source = decoded.source
        if not source:
            # Nothing in the line tells it from one that says the same tomorrow.
            turn = int(self._base.received_at // REPEAT_SECONDS)
            source = f"{self._batch.digest} {index} {turn}"
        parts = (str(self._base.project_id), source, line.text)
        found = hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:32]
        return found if found.strip("0") else "1" * 32

    def report(self) -> Record:
        """The record from which all that was no event is counted."""
        lines = self._batch.lines
        told = {
            "accepted": len(self.events),
            "ignored": self.ignored,
            "duplicates": self.duplicates,
            "rejected": len(self.rejected),
            "formats": self.formats,
            "last": lines[-1].text[:MAX_SHOWN] if lines else "",
        }
        if self.rejected:
            _, reason, text = self.rejected[-1]
            told |= {"failed": text[:MAX_SHOWN], "reason": reason[:200]}
        return replace(self._base, kind=REPORT, event_id="", body=lenient.dumps(told))

    def answer(self) -> bytes:
        return orjson.dumps(
            {
                "accepted": len(self.events),
                "ignored": self.ignored,
                "duplicates": self.duplicates,
                "rejected": list(self._named()),
            }
        )

    def _named(self) -> Iterator[dict[str, Any]]:
        for index, reason, _ in self.rejected[:MAX_NAMED]:
            yield {"index": index, "reason": lenient.storable(reason)}


def check_level(level: str) -> str:
    """A threshold as somebody wrote it. Raises ValueError."""
    found = level_of(level)
    if not found:
        raise ValueError(f"{level!r} is none of {', '.join(LEVELS)}")
    return found
