"""The durable queue in front of the database: append, read, acknowledge.

One SQLite file per process in WAL mode. Requests that wait at the same moment share a commit and its fsync: the first
of them commits for all. SQLite carries it because it already knows how to survive power loss in the middle of a page.
"""

import contextlib
import fcntl
import logging
import os
import shutil
import sqlite3
import threading
import time
import uuid
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

logger = logging.getLogger(__name__)

# Records that share a commit. More would let the first of them wait for the last one's pages.
MAX_GROUP = 64
# Free disk below which nothing is accepted any more: the database needs room to digest what is there.
MIN_FREE_BYTES = 64 << 20

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (spool_id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS record (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id INTEGER NOT NULL,
    received_at REAL NOT NULL,
    kind TEXT NOT NULL,
    encoding TEXT NOT NULL,
    event_id TEXT NOT NULL,
    client TEXT NOT NULL,
    size INTEGER NOT NULL,
    file TEXT,
    body BLOB
);
"""
_COLUMNS = "sequence, project_id, received_at, kind, encoding, event_id, client, size, file, body"


class SpoolFull(Exception):
    """No room. Nothing was kept."""


@dataclass(frozen=True, slots=True)
class Record:
    """One accepted request body, as received.

    received_at: seconds since 1970. kind: envelope or store. encoding: what compression.inflate undoes.
    event_id: 32 hex digits that the answer named, "" if none. sequence: 0 until it is spooled.
    """

    project_id: int
    received_at: float
    kind: str
    encoding: str
    event_id: str
    client: str
    body: bytes
    sequence: int = 0


class _Waiting:
    __slots__ = ("done", "error", "file", "record")

    def __init__(self, record: Record, file: str | None) -> None:
        self.record = record
        self.file = file
        self.done = False
        self.error: Exception | None = None


def connect(path: Path, *, sync: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=10, isolation_level=None, check_same_thread=False, cached_statements=32
    )
    # Every page that a commit touches is copied into the log: with small ones an append costs a third less.
    connection.execute("PRAGMA page_size=4096")
    connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA synchronous={sync}")
    connection.execute("PRAGMA wal_autocheckpoint=1024")  # pages: 4 MiB
    connection.execute("PRAGMA journal_size_limit=16777216")
    return connection


class SpoolReader:
    """Reads and acknowledges the records of one spool file, of this process or another."""

    def __init__(self, path: Path, *, sync: str = "full") -> None:
        self.path = path
        self._connection = connect(path, sync=sync)
        self._connection.executescript(_SCHEMA)
        row = self._connection.execute("SELECT spool_id FROM meta").fetchone()
        if row is None:
            self._connection.execute(
                "INSERT INTO meta SELECT ? WHERE NOT EXISTS (SELECT 1 FROM meta)",
                (uuid.uuid4().hex,),
            )
            row = self._connection.execute("SELECT spool_id FROM meta").fetchone()
        self.spool_id: str = row[0]

    @property
    def bodies(self) -> Path:
        """Where bodies lie that are too large for a row."""
        return self.path.with_suffix(".bodies")

    def read_batch(self, after: int, *, records: int, size: int) -> list[Record]:
        """The next records by sequence, at most so many and about so many bytes, at least one if there is one."""
        batch: list[Record] = []
        total = 0
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM record WHERE sequence > ? ORDER BY sequence LIMIT ?",
            (after, records),
        )
        for (
            sequence,
            project,
            received,
            kind,
            encoding,
            event_id,
            client,
            length,
            file,
            body,
        ) in rows:
            total += length
            if batch and total > size:
                break
            if file is not None:
                try:
                    body = (self.bodies / file).read_bytes()
                except OSError as error:
                    logger.error("spool %s: body of record %s: %s", self.path, sequence, error)
                    body = b""
            batch.append(
                Record(project, received, kind, encoding, event_id, client, body, sequence)
            )
        rows.close()
        return batch

    def acknowledge(self, sequence: int) -> None:
        """Forget the records up to this one: they are in the database."""
        self._forget(self._connection, sequence)

    def _forget(self, connection: sqlite3.Connection, sequence: int) -> None:
        files = connection.execute(
            "SELECT file FROM record WHERE sequence <= ? AND file IS NOT NULL", (sequence,)
        ).fetchall()
        connection.execute("DELETE FROM record WHERE sequence <= ?", (sequence,))
        for (file,) in files:
            (self.bodies / file).unlink(missing_ok=True)

    def backlog(self) -> tuple[int, int]:
        """Records and bytes that wait."""
        row = self._connection.execute("SELECT count(*), coalesce(sum(size), 0) FROM record")
        count, size = row.fetchone()
        return int(count), int(size)

    def close(self) -> None:
        self._connection.close()


class Spool(SpoolReader):
    """This process's own spool: the one it appends to. Thread-safe."""

    def __init__(self, path: Path, *, max_bytes: int, file_bytes: int, sync: str = "full") -> None:
        super().__init__(path, sync=sync)
        self._max_bytes = max_bytes
        self._file_bytes = file_bytes
        self._queue: deque[_Waiting] = deque()
        self._commit_lock = threading.Lock()
        self._acknowledged = 0
        self._forgotten = 0
        self._vacuumed_to = 0
        self._bytes = self.backlog()[1]
        self._free_checked_at = 0.0
        self._has_room = True
        self.arrived = threading.Event()  # set after every commit; the digester clears it
        # Its own connection: a reader must not see the writer's open transaction.
        self._writer = connect(path, sync=sync)

    def append(self, record: Record) -> None:
        """Return once the record is on disk. Raises SpoolFull, or OSError/sqlite3.Error when the disk fails."""
        if self.is_full():
            raise SpoolFull
        file = None
        if len(record.body) > self._file_bytes:
            file = self._write_body(record.body)
        waiting = _Waiting(record, file)
        self._queue.append(waiting)
        with self._commit_lock:
            if not waiting.done:
                # This one may stand behind MAX_GROUP others, which the next round takes.
                while not waiting.done:
                    self._commit_group()
        if waiting.error is not None:
            raise waiting.error

    def acknowledge(self, sequence: int) -> None:
        """The rows go with the next commit, or at once when nothing is coming in."""
        self._acknowledged = max(self._acknowledged, sequence)
        if not self._queue:
            with self._commit_lock:
                self._commit_group()

    def tidy(self) -> None:
        """Give back the disk that a past backlog took. Called when there is nothing to digest."""
        if self._bytes == 0 and self._vacuumed_to < self._forgotten:
            with self._commit_lock:
                self._writer.execute("PRAGMA incremental_vacuum").fetchall()
            self._vacuumed_to = self._forgotten

    def is_full(self) -> bool:
        if self._bytes >= self._max_bytes:
            return True
        now = time.monotonic()
        if now - self._free_checked_at > 1:
            self._free_checked_at = now
            self._has_room = shutil.disk_usage(self.path.parent).free > MIN_FREE_BYTES
        return not self._has_room

    def close(self) -> None:
        with self._commit_lock:
            self._writer.close()
        super().close()

    def _commit_group(self) -> None:
        """One transaction for all that wait. Called with the commit lock held."""
        group: list[_Waiting] = []
        while self._queue and len(group) < MAX_GROUP:
            group.append(self._queue.popleft())
        acknowledged = self._acknowledged
        if not group and acknowledged <= self._forgotten:
            return
        freed = 0
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                self._writer.executemany(
                    "INSERT INTO record (project_id, received_at, kind, encoding, event_id, client, size, file, body) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    [
                        (
                            w.record.project_id,
                            w.record.received_at,
                            w.record.kind,
                            w.record.encoding,
                            w.record.event_id,
                            w.record.client,
                            len(w.record.body),
                            w.file,
                            None if w.file else w.record.body,
                        )
                        for w in group
                    ],
                )
                if acknowledged > self._forgotten:
                    row = self._writer.execute(
                        "SELECT coalesce(sum(size), 0) FROM record WHERE sequence <= ?",
                        (acknowledged,),
                    )
                    freed = row.fetchone()[0]
                    self._forget(self._writer, acknowledged)
            except BaseException:
                self._writer.execute("ROLLBACK")
                raise
            self._writer.execute("COMMIT")
        except Exception as error:
            for waiting in group:
                waiting.error = error
                waiting.done = True
            if not group:
                raise
            return
        self._forgotten = max(self._forgotten, acknowledged)
        self._bytes += sum(len(w.record.body) for w in group) - freed
        for waiting in group:
            waiting.done = True
        if group:
            self.arrived.set()

    def _write_body(self, body: bytes) -> str:
        self.bodies.mkdir(mode=0o700, exist_ok=True)
        name = uuid.uuid4().hex
        path = self.bodies / name
        try:
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            directory = os.open(self.bodies, os.O_RDONLY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)
        except OSError:
            path.unlink(missing_ok=True)
            raise
        return name


def claim(directory: Path) -> tuple[Path, IO[str]]:
    """The first spool file that no living process appends to, and the lock that says so.

    Files are reused after a restart, so that there are never more than processes at one time.
    """
    for number in range(10_000):
        path = directory / f"{number}.spool"
        lock = lock_file(path.with_suffix(".lock"))
        if lock is not None:
            return path, lock
    raise OSError(f"no free spool file in {directory}")


def lock_file(path: Path) -> IO[str] | None:
    """An exclusive lock that ends with the process; None if another holds it."""
    file = open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+")  # noqa: SIM115  # kept open
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


def spool_files(directory: Path) -> Iterator[Path]:
    """All spools of this machine, those of dead processes too."""
    with contextlib.suppress(FileNotFoundError):
        yield from sorted(directory.glob("*.spool"))
