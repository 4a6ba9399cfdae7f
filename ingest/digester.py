"""The loop: spool -> sinks -> database, in batches of one transaction each, acknowledged after the commit."""

import logging
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any

from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    ProgrammingError,
    connection,
    transaction,
)

from ingest import meter, outcomes, unpack
from ingest.decoders.values import DEFAULT_OPTIONS, Options
from ingest.items import ReceivedItem, Sink, Sketch
from ingest.models import Checkpoint
from ingest.outcomes import Tally, hour_of
from ingest.own_spool import Spool
from ingest.quarantine import Quarantine
from ingest.reasons import Outcome, category
from ingest.sdks import Register, Seen
from ingest.spool import Record, SpoolDamaged, SpoolReader
from ingest.spool_files import lock_file
from ingest.spools import Spools
from ingest.unpack import Dropped, Unreadable

logger = logging.getLogger(__name__)

BACKOFF = (0.2, 0.5, 1.0, 2.0, 5.0)  # seconds
INTEGRITY_TRIES = 3


class Stale(Exception):
    """Another process has digested this batch."""


def is_away(error: Exception) -> bool:
    """Whether the database, not the batch, is in trouble: gone, locked, read-only, full, without its tables.

    Then the events wait in the spool. What the data itself may cause must not wait for ever.
    """
    if isinstance(error, DataError | IntegrityError):
        return False
    sqlstate = getattr(error.__cause__, "sqlstate", None)
    if isinstance(error, ProgrammingError):
        return sqlstate is not None  # without one the driver, not the server, refused a value
    if sqlstate is not None and sqlstate.startswith("54"):
        return False  # program limit exceeded: a value too large for an index
    return isinstance(error, DatabaseError | InterfaceError)


def _counted_as(item: ReceivedItem) -> str:
    """Reports of browsers are events with a category of their own."""
    return "raw_security" if item.headers.get("type") == "raw_security" else item.type


# (project, hour, category, quantity): what is counted of an item whatever becomes of it.
Facts = tuple[int, datetime, str, int]


def _facts(item: ReceivedItem) -> Facts:
    hour = hour_of(item.received_at)
    return item.project_id, hour, category(_counted_as(item)), item.quantity


class _Ready:
    """A batch before its database transaction. items, prepared: by the identity of their sink, side by side."""

    def __init__(self) -> None:
        self.tallies: Counter[Tally] = Counter()
        self.unreadable: list[Unreadable] = []
        self.seen: list[Seen] = []
        self.items: dict[int, list[Facts]] = defaultdict(list)
        self.prepared: dict[int, list[Any]] = defaultdict(list)

    def add(self, thing: Seen | Unreadable | Dropped, record: Record) -> None:
        """What no sink gets."""
        if isinstance(thing, Seen):
            self.seen.append(thing)
            return
        hour = hour_of(datetime.fromtimestamp(record.received_at, UTC))
        if isinstance(thing, Unreadable):
            self.unreadable.append(thing)
            outcome, reason, quantity = Outcome.INVALID, "json", 1
        else:
            outcome, reason, quantity = thing.outcome, thing.reason, thing.quantity
        self.tallies[Tally(record.project_id, hour, outcome, category(thing.type), reason)] += (
            quantity
        )

    def lose(self, record: Record) -> None:
        """A record whose body the spool has no more: an entry in quarantine says that it was there."""
        detail = record.problem
        self.unreadable.append(Unreadable(record, f"{record.sequence}", detail, "default"))
        hour = hour_of(datetime.fromtimestamp(record.received_at, UTC))
        name, reason = category("event" if record.event_id else ""), "spool damaged"
        self.tallies[Tally(record.project_id, hour, Outcome.QUARANTINED, name, reason)] += 1


class Digester:
    """Digests all spools of a data directory, while it holds the directory's lock.

    own: this process's spool, None in a process that only digests. sinks, sketches: by item type.
    """

    def __init__(
        self,
        directory: Path,
        *,
        own: Spool | None,
        sinks: Mapping[str, Sink],
        quarantine: Quarantine,
        batch_records: int,
        batch_bytes: int,
        max_inflated: int,
        wait_seconds: float,
        sketches: Mapping[str, Sketch] = MappingProxyType({}),
        log_options: Options = DEFAULT_OPTIONS,
    ) -> None:
        self._directory = directory
        self._own = own
        self._sinks = sinks
        self._wanted = frozenset(sinks)
        self._sketches = sketches
        self._log_options = log_options
        self._quarantine = quarantine
        self._batch_records = batch_records
        self._batch_bytes = batch_bytes
        self._max_inflated = max_inflated
        self._wait_seconds = wait_seconds
        self._stopping = threading.Event()
        self._lock: IO[str] | None = None
        self._spools = Spools(directory, own=own)
        self._checkpoints: dict[str, int] = {}
        self._register = Register()
        self.last_digest_at: float | None = None  # seconds since 1970
        self.turned_at = time.monotonic()  # when the loop, or a batch in it, began last

    # --- the loop -----------------------------------------------------------------------------

    def run(self) -> None:
        """Until stop(). Never raises: whatever happens, the next record deserves its try."""
        failures = 0
        while not self._stopping.is_set():
            self.turned_at = time.monotonic()
            try:
                digested = self.round()
                failures = 0
            except Exception as error:
                if not is_away(error):
                    logger.exception("a digest round failed")
                elif failures % 12 == 0:
                    logger.warning("the database is away, events stay in the spool: %s", error)
                digested = 0
                self._checkpoints.clear()
                connection.close()
                self._stopping.wait(BACKOFF[min(failures, len(BACKOFF) - 1)])
                failures += 1
            if not digested:
                try:
                    self._pause()
                except Exception:
                    logger.exception("spools cannot be tidied yet")
                    self._stopping.wait(1.0)
        self.close()
        connection.close()  # this thread's own

    def stop(self) -> None:
        """The batch under way is finished; what remains stays in the spool."""
        self._stopping.set()
        if self._own is not None:
            self._own.arrived.set()

    def close(self) -> None:
        self._spools.close()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _pause(self) -> None:
        self._spools.tidy()
        if self._own is None:
            self._stopping.wait(self._wait_seconds)
            return
        self._own.arrived.wait(self._wait_seconds)
        self._own.arrived.clear()
        # The rest of a burst is a few milliseconds behind its first record: one transaction for both.
        self._stopping.wait(0.01)

    def round(self) -> int:
        """One batch of every spool. Returns how many records left their spool."""
        if self._lock is None:
            self._lock = lock_file(self._directory / "digest.lock")
            if self._lock is None:
                return 0
        digested = 0
        for reader in self._spools.readers(self._last_stored):
            try:
                checkpoint = self._checkpoint(reader)
                batch = reader.read_batch(
                    checkpoint, records=self._batch_records, size=self._batch_bytes
                )
                if batch:
                    self.turned_at = time.monotonic()
                    self._digest(reader, batch)
                    digested += len(batch)
                    self.last_digest_at = time.time()
                    meter.digested(len(batch), time.monotonic() - self.turned_at)
                # Also without a batch: a crash between commit and acknowledgement leaves rows behind.
                reader.acknowledge(self._checkpoint(reader))
            except Stale:
                self._checkpoints.clear()
            except SpoolDamaged as error:
                self._spools.damaged(reader, error)
        return digested

    def _checkpoint(self, reader: SpoolReader) -> int:
        return self._last_stored(reader.spool_id)

    def _last_stored(self, spool_id: str) -> int:
        if spool_id not in self._checkpoints:
            row = Checkpoint.objects.filter(spool_id=spool_id).first()
            self._checkpoints[spool_id] = row.last_sequence if row else 0
        return self._checkpoints[spool_id]

    # --- one batch ----------------------------------------------------------------------------

    def _digest(self, reader: SpoolReader, batch: Sequence[Record]) -> None:
        """All of the batch; on failure halves it until the culprit stands alone.

        Raises what is_away() knows, and Stale.
        """
        for attempt in range(1, INTEGRITY_TRIES + 1):
            try:
                self._store(reader, batch)
                return
            except Stale:
                raise
            except IntegrityError as error:
                # Another process made the same issue or release at the same moment: its row is there now.
                if attempt < INTEGRITY_TRIES:
                    continue
                failure: Exception = error
            except Exception as error:
                if is_away(error):
                    raise
                failure = error
            break
        if len(batch) > 1:
            middle = len(batch) // 2
            self._digest(reader, batch[:middle])
            self._digest(reader, batch[middle:])
            return
        logger.error("record %s cannot be digested", batch[0].sequence, exc_info=failure)
        detail = f"{type(failure).__name__}: {failure}"
        culprit = Unreadable(batch[0], f"{batch[0].sequence}", detail, "event")
        self._store_nothing(reader, batch, culprit)

    def _store(self, reader: SpoolReader, batch: Sequence[Record]) -> None:
        now = datetime.now(UTC)
        ready = self._prepare(batch)
        self._keep(reader, ready.unreadable, Outcome.INVALID, now)
        tallies = ready.tallies
        with transaction.atomic():
            self._move_checkpoint(reader, batch, now)
            # In the order of registration: attachments and feedback look for the events of their own batch.
            for sink in dict.fromkeys(self._sinks.values()):
                items = ready.items[id(sink)]
                if not items:
                    continue
                fates = sink.store(ready.prepared[id(sink)], now)
                for (project_id, hour, counted_as, quantity), fate in zip(
                    items, fates, strict=True
                ):
                    outcome = Outcome(fate.outcome) if fate else Outcome.ACCEPTED
                    reason = fate.reason if fate else ""
                    tallies[Tally(project_id, hour, outcome, counted_as, reason)] += quantity
            outcomes.count(tallies)
            self._register.record(ready.seen)
        meter.items((tally.outcome.value, quantity) for tally, quantity in tallies.items())
        self._checkpoints[reader.spool_id] = batch[-1].sequence

    def _prepare(self, batch: Sequence[Record]) -> "_Ready":
        """Record by record: a parsed event is a thousand objects that are still in the processor's cache, and what is
        prepared of them is small. A batch that was parsed first and prepared then took a quarter more time.
        """
        ready = _Ready()
        for record in batch:
            if record.problem:
                ready.lose(record)
                continue
            self._prepare_record(record, ready)
        return ready

    def _prepare_record(self, record: Record, ready: "_Ready") -> None:
        # Its own function: what it inflated, which may be large, is gone before the next record is looked at.
        items: dict[str, list[ReceivedItem]] = defaultdict(list)
        for thing in unpack.unpack(
            record,
            limit=self._max_inflated,
            wanted=self._wanted,
            sketches=self._sketches,
            options=self._log_options,
        ):
            if isinstance(thing, ReceivedItem):
                items[thing.type].append(thing)
            else:
                ready.add(thing, record)
        for kind, group in items.items():
            sink = self._sinks[kind]
            ready.prepared[id(sink)].extend(sink.prepare(group))
            ready.items[id(sink)].extend(_facts(item) for item in group)

    def _store_nothing(
        self, reader: SpoolReader, batch: Sequence[Record], culprit: Unreadable
    ) -> None:
        """Step over a record that cannot be digested."""
        now = datetime.now(UTC)
        self._keep(reader, [culprit], Outcome.QUARANTINED, now)
        record = culprit.record
        hour = hour_of(datetime.fromtimestamp(record.received_at, UTC))
        with transaction.atomic():
            self._move_checkpoint(reader, batch, now)
            tally = Tally(record.project_id, hour, Outcome.QUARANTINED, "error", "failed")
            outcomes.count({tally: 1})
        meter.items([(tally.outcome.value, 1)])
        self._checkpoints[reader.spool_id] = batch[-1].sequence

    def _keep(
        self, reader: SpoolReader, unreadable: Sequence[Unreadable], outcome: Outcome, now: datetime
    ) -> None:
        # Before the commit: once the checkpoint has moved nobody looks at the record again.
        for thing in unreadable:
            self._quarantine.add(
                thing.record,
                origin=f"{reader.spool_id}.{thing.origin}",
                reason=outcome.value,
                detail=thing.detail,
                now=now.timestamp(),
            )

    def _move_checkpoint(self, reader: SpoolReader, batch: Sequence[Record], now: datetime) -> None:
        """Raises Stale when another process has moved it since it was read."""
        expected = self._checkpoint(reader)
        last = batch[-1].sequence
        if expected == 0:
            _, made = Checkpoint.objects.get_or_create(
                spool_id=reader.spool_id, defaults={"last_sequence": last, "updated_at": now}
            )
            if made:
                return
        moved = Checkpoint.objects.filter(spool_id=reader.spool_id, last_sequence=expected).update(
            last_sequence=last, updated_at=now
        )
        if not moved:
            raise Stale
