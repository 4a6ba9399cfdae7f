"""The spool that this process appends to: a request is answered once its record is here.

When the file turns out to be damaged it is marked, and the process goes on in another one at once; what is left of it
is read by ingest.salvage, later.
"""

import contextlib
import logging
import os
import shutil
import sqlite3
import threading
import time
import uuid
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from ingest.spool import (
    Record,
    SpoolDamaged,
    SpoolFull,
    SpoolReader,
    connect,
    shrink,
    sums,
    telling_damage,
)
from ingest.spool_files import claim, is_marked, lock_file, mark_damaged

logger = logging.getLogger(__name__)

# Records that share a commit. More would let the first of them wait for the last one's pages.
MAX_GROUP = 64
# Free disk below which nothing is accepted any more: the database needs room to digest what is there.
MIN_FREE_BYTES = 64 << 20
LOOK_SECONDS = 1.0


class _Waiting:
    """file: the body's, where it is too large for a row; of: the id of the spool beside which that lies."""

    __slots__ = ("done", "error", "file", "of", "record", "sums")

    def __init__(self, record: Record) -> None:
        self.record = record
        self.file: str | None = None
        self.of = ""
        self.sums = sums(record)
        self.done = False
        self.error: Exception | None = None


class OwnReader(SpoolReader):
    """How the digester reads the spool that its own process appends to: rows leave with the appender's commits."""

    def __init__(self, spool: "Spool") -> None:
        self._spool = spool
        super().__init__(spool.path, ours=True)

    def acknowledge(self, sequence: int) -> None:
        self._spool.acknowledge(sequence, self.spool_id)


class Spool(SpoolReader):
    """This process's own spool: the one it appends to. Thread-safe, but for what it inherits.

    path and spool_id change when the file turns out to be damaged.
    """

    def __init__(
        self,
        path: Path,
        *,
        max_bytes: int,
        file_bytes: int,
        sync: str = "full",
        lock: IO[str] | None = None,
    ) -> None:
        """lock: the file's, from claim(). Taken over: it is let go with the file."""
        self._max_bytes = max_bytes
        self._file_bytes = file_bytes
        self._sync = sync
        self._queue: deque[_Waiting] = deque()
        self._commit_lock = threading.Lock()
        self._looked_at = 0.0
        self._has_room = True
        self._room = 0  # bytes, when it was last measured
        self._unmeasured = 0  # bytes taken since; in the log and in the file they count twice
        self.arrived = threading.Event()  # set after every commit; the digester clears it
        self._begin(path, lock or lock_file(path.with_suffix(".lock")))

    def _begin(self, path: Path, lock: IO[str] | None) -> None:
        """Either all of it or nothing."""
        reader = SpoolReader(path, sync=self._sync, lock=lock, ours=True)
        try:
            # Its own connection: a reader must not see the writer's open transaction.
            writer = connect(path, sync=self._sync)
            size = reader.backlog()[1]
            _sweep(reader.bodies, writer)
        except BaseException:
            reader.close()
            raise
        self.path, self.spool_id = path, reader.spool_id
        self._connection, self._writer, self._lock = reader._connection, writer, lock
        self._bytes = size
        # Of which spool, up to where: what is acknowledged of an earlier file says nothing about this one.
        self._acknowledged = (self.spool_id, 0)
        self._forgotten = 0
        self._may_have_holes = True

    @classmethod
    def claimed(cls, directory: Path, *, max_bytes: int, file_bytes: int, sync: str) -> "Spool":
        """On the first file of the directory that is free, and not damaged."""
        while True:
            path, lock = claim(directory)
            try:
                return cls(path, max_bytes=max_bytes, file_bytes=file_bytes, sync=sync, lock=lock)
            except SpoolDamaged as error:
                mark_damaged(path, str(error))
                lock.close()

    def append(self, record: Record) -> None:
        """Return once the record is on disk. Raises SpoolFull, or OSError/sqlite3.Error when the disk fails."""
        if self.is_full():
            raise SpoolFull
        waiting = _Waiting(record)
        if len(record.body) > self._file_bytes:
            self._lay_body(waiting)
        self._append([waiting])
        if waiting.error is not None:
            if waiting.file is not None:
                (self.bodies / waiting.file).unlink(missing_ok=True)
            raise waiting.error

    def append_all(self, records: Sequence[Record]) -> list[Exception | None]:
        """Return once all are on disk, or not: one entry for each. No body is longer than a row may be."""
        waiting = [_Waiting(record) for record in records]
        self._append(waiting)
        return [each.error for each in waiting]

    def is_for_a_row(self, body: bytes) -> bool:
        return len(body) <= self._file_bytes

    def _append(self, waiting: Sequence[_Waiting]) -> None:
        self._queue.extend(waiting)
        with self._commit_lock:
            # The last may stand behind MAX_GROUP others, which the next round takes.
            while not waiting[-1].done:
                self._commit_group()

    def acknowledge(self, sequence: int, spool_id: str | None = None) -> None:
        """The rows go with the next commit, or at once when nothing is coming in. spool_id: of what was read."""
        if spool_id is not None and spool_id != self.spool_id:
            return
        self._acknowledged = (spool_id or self.spool_id, sequence)
        if not self._queue:
            with self._commit_lock:
                self._commit_group()

    def tidy(self) -> None:
        if is_marked(self.path):
            self.renew("marked as damaged by its reader")
        if self._may_have_holes and self._bytes == 0:
            with self._commit_lock:
                self._tidy()

    def _tidy(self) -> None:
        try:
            with telling_damage(self.path):
                self._may_have_holes = shrink(self._writer)
        except SpoolDamaged as error:
            self._renew(str(error))
        except sqlite3.Error as error:
            # Housekeeping: a disk without any room leaves none for it either.
            logger.warning("spool %s: free pages stay: %s", self.path, error)

    def is_full(self) -> bool:
        now = time.monotonic()
        if now - self._looked_at > LOOK_SECONDS:
            self._looked_at = now
            self._look()
        elif 2 * self._unmeasured > self._room:
            self._measure()
        return self._bytes >= self._max_bytes or not self._has_room

    def renew(self, reason: str) -> None:
        """Go on in another file."""
        with self._commit_lock:
            self._renew(reason)

    def close(self) -> None:
        with self._commit_lock:
            self._writer.close()
            super().close()
            if self._lock is not None:
                self._lock.close()

    def _look(self) -> None:
        """What others may have changed: the room on the disk, the rows, the file's good name."""
        if is_marked(self.path):
            self.renew("marked as damaged by its reader")
        self._measure()
        if self._bytes < self._max_bytes and self._has_room:
            return
        # A process that digests for us takes rows away without a word, and cannot cut the file as well.
        with self._commit_lock:
            try:
                with telling_damage(self.path):
                    count = "SELECT coalesce(sum(size), 0) FROM record"
                    self._bytes = self._writer.execute(count).fetchone()[0]
            except SpoolDamaged as error:
                self._renew(str(error))
                return
            if not self._has_room:
                self._tidy()

    def _measure(self) -> None:
        usage = shutil.disk_usage(self.path.parent)
        # An eighth of a disk that is small altogether.
        self._room = usage.free - min(MIN_FREE_BYTES, usage.total // 8)
        self._has_room = self._room > 0
        self._unmeasured = 0

    def _commit_group(self) -> None:
        """One transaction for all that wait. Called with the commit lock held."""
        group: list[_Waiting] = []
        while self._queue and len(group) < MAX_GROUP:
            group.append(self._queue.popleft())
        of, acknowledged = self._acknowledged
        if of != self.spool_id:
            acknowledged = 0
        if not group and acknowledged <= self._forgotten:
            return
        try:
            try:
                with telling_damage(self.path):
                    self._write(group, acknowledged)
            except SpoolDamaged as error:
                self._renew(str(error))
                self._write(group, 0)
        except Exception as error:
            for waiting in group:
                waiting.error = error
                waiting.done = True
            if not group:
                # The rows go with a later commit: nobody reads them again.
                logger.warning("spool %s: acknowledged rows stay: %s", self.path, error)
            return
        for waiting in group:
            waiting.done = True
        if group:
            self.arrived.set()

    def _write(self, group: list[_Waiting], acknowledged: int) -> None:
        for waiting in group:
            if waiting.file is not None and waiting.of != self.spool_id:
                self._lay_body(waiting)  # the spool was renewed since
        freed = 0
        prefix = bytes.fromhex(self.spool_id)
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            self._writer.executemany(
                "INSERT INTO record (project_id, received_at, kind, encoding, event_id, client, size, seal, file, "
                "body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        w.record.project_id,
                        w.record.received_at,
                        w.record.kind,
                        w.record.encoding,
                        w.record.event_id,
                        w.record.client,
                        len(w.record.body),
                        prefix + w.sums,
                        w.file,
                        None if w.file else w.record.body,
                    )
                    for w in group
                ],
            )
            if acknowledged > self._forgotten:
                row = self._writer.execute(
                    "SELECT coalesce(sum(size), 0) FROM record WHERE sequence <= ?", (acknowledged,)
                )
                freed = row.fetchone()[0]
                self._forget(self._writer, acknowledged)
            self._writer.execute("COMMIT")
        except BaseException:
            # SQLite itself may have rolled back: it does when the disk is full.
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            raise
        if acknowledged > self._forgotten:
            self._forgotten = acknowledged
            self._may_have_holes = True
        taken = sum(len(w.record.body) for w in group)
        self._unmeasured += taken
        self._bytes += taken - freed

    def _renew(self, reason: str) -> None:
        """Called with the commit lock held. Nobody may have the new file's name but the new file: SQLite deletes logs
        by their name, so a file that others may still have open keeps its own.
        """
        logger.error("spool %s is damaged, going on in another file: %s", self.path, reason)
        mark_damaged(self.path, reason)
        held, writer, reader = self._lock, self._writer, self._connection
        while True:
            path, lock = claim(self.path.parent)
            try:
                self._begin(path, lock)
                break
            except SpoolDamaged as error:
                mark_damaged(path, str(error))
                lock.close()
        for connection in (writer, reader):
            with contextlib.suppress(sqlite3.Error):
                connection.close()
        if held is not None:
            held.close()
        self.arrived.set()

    def _lay_body(self, waiting: _Waiting) -> None:
        """Write it beside the spool of this moment; that may be another one already when the row is written."""
        while True:
            waiting.of = self.spool_id
            try:
                waiting.file = self._write_body(waiting.record.body)
                return
            except FileNotFoundError:
                if waiting.of == self.spool_id:
                    raise

    def _write_body(self, body: bytes) -> str:
        bodies = self.bodies
        bodies.mkdir(mode=0o700, exist_ok=True)
        name = uuid.uuid4().hex
        path = bodies / name
        try:
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            directory = os.open(bodies, os.O_RDONLY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)
        except OSError:
            path.unlink(missing_ok=True)
            raise
        return name


def _sweep(bodies: Path, writer: sqlite3.Connection) -> None:
    """Bodies whose request died before its row was written."""
    if not bodies.is_dir():
        return
    wanted = {name for (name,) in writer.execute("SELECT file FROM record WHERE file IS NOT NULL")}
    for path in bodies.iterdir():
        if path.name not in wanted:
            path.unlink(missing_ok=True)
