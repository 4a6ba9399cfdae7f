"""The durable queue in front of the database: append, read, acknowledge.

One SQLite file per process in WAL mode. Requests that wait at the same moment share a commit and its fsync: the first
of them commits for all. SQLite carries it because it already knows how to survive power loss in the middle of a page.

This is the file and how it is read; ingest.own_spool appends. Every row carries a seal, since SQLite cannot tell a row
from what a failing disk makes of it.
"""

import contextlib
import logging
import sqlite3
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from zlib_ng import zlib_ng

from ingest import sqlite_pages
from ingest.spool_files import lock_file, turn

logger = logging.getLogger(__name__)

# Free pages that stay in the file, for the next records: 4 MiB. Also those that are given back in one transaction.
SPARE_PAGES = 1024
# Those that are given back in one go: 100 MB, some tenths of a second.
VACUUM_PAGES = 25_000

SCHEMA = """
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
    seal BLOB,
    file TEXT,
    body BLOB
);
"""
_COLUMNS = (
    "sequence, project_id, received_at, kind, encoding, event_id, client, size, seal, file, body"
)

SEAL_BYTES = 24

BODY_LOST = "body lost: the file that held it is gone"
BODY_DAMAGED = "body damaged: what the disk gave back is not what was written"


class SpoolFull(Exception):
    """No room. Nothing was kept."""


class SpoolDamaged(Exception):
    """The file does not hold what was written. Nothing was read from it, nothing was written to it."""


@dataclass(frozen=True, slots=True)
class Record:
    """One accepted request body, as received.

    received_at: seconds since 1970. kind: envelope, store or log_report. encoding: what compression.inflate undoes.
    event_id: 32 hex digits that the answer named, "" if none. sequence: 0 until it is spooled.
    client: what `sent_by` made. problem: why there is no body any more, "" if there is.
    """

    project_id: int
    received_at: float
    kind: str
    encoding: str
    event_id: str
    client: str
    body: bytes
    sequence: int = 0
    problem: str = ""

    @property
    def sdk(self) -> str:
        """The SDK's own name, "" if unknown."""
        return sdk_of(self.client)

    @property
    def sender(self) -> str:
        """The connection's IP address, "" unless the project keeps such."""
        return self.client.partition(_ADDRESS)[2]


# No SDK's name holds it: control characters are taken out of those. A column of its own would be one more thing that
# older spools, quarantines and damaged files do not have.
_ADDRESS = "\x1f"


def sdk_of(client: str) -> str:
    return client.partition(_ADDRESS)[0]


def sent_by(sdk: str, address: str) -> str:
    """A record's `client`."""
    return f"{sdk}{_ADDRESS}{address}" if address else sdk


# --- seals: how a row is told from what a damaged disk makes of it -------------------------------


def sums(record: Record) -> bytes:
    """The seal without the spool's id, which may change until the record is written."""
    return _head_sum(record, len(record.body)) + _sum(record.body)


def _sum(data: bytes) -> bytes:
    return zlib_ng.crc32(data).to_bytes(4, "big")


def _head_sum(record: Record, size: int) -> bytes:
    parts = (record.project_id, float(record.received_at), record.kind, record.encoding)
    return _sum(repr((*parts, record.event_id, record.client, size)).encode("utf-8", "replace"))


def seal_fits(seal: bytes, spool_id: str, record: Record, size: int) -> bool:
    """Whether this is a row of this spool, whatever became of its body. A seal: the spool's id, two checksums."""
    return seal[:20] == bytes.fromhex(spool_id) + _head_sum(record, size)


def body_fits(seal: bytes, body: bytes) -> bool:
    return seal[20:] == _sum(body)


# --- connections ---------------------------------------------------------------------------------


def connect(path: Path, *, sync: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=10, isolation_level=None, check_same_thread=False, cached_statements=32
    )
    try:
        # Every page that a commit touches is copied into the log: with small ones an append costs a third less.
        connection.execute(f"PRAGMA page_size={sqlite_pages.PAGE}")
        if connection.execute("PRAGMA auto_vacuum").fetchone()[0] != 2:
            # Written each time that it is said, and a full disk must not keep a process from starting.
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={sync}")
        connection.execute("PRAGMA wal_autocheckpoint=1024")  # pages: 4 MiB
        connection.execute("PRAGMA journal_size_limit=16777216")
    except BaseException:
        connection.close()
        raise
    return connection


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file, not the moment, is the reason. Our statements are fixed: none of them is wrong."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return "decode" in str(error)  # the driver: text that is no text
    if code in (sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ):
        return True
    damage = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)
    return code & 0xFF in damage


@contextlib.contextmanager
def telling_damage(path: Path) -> Iterator[None]:
    """Turns SQLite's errors into SpoolDamaged where they mean that."""
    try:
        yield
    except sqlite3.Error as error:
        if not is_damage(error):
            raise
        raise SpoolDamaged(f"{path.name}: {error}") from error


class SpoolReader:
    """Reads and acknowledges the records of one spool file, of this process or another. Not thread-safe.

    All methods raise SpoolDamaged.
    """

    def __init__(
        self, path: Path, *, sync: str = "full", lock: IO[str] | None = None, ours: bool = False
    ) -> None:
        """lock: the file's, if the caller holds it. ours: whether this process appends, so that nobody else can."""
        self.path = path
        with contextlib.ExitStack() as stack:
            if lock is None and not ours:
                stack.enter_context(turn(path.parent))
                lock = lock_file(path.with_suffix(".lock"))
                if lock is not None:
                    stack.enter_context(lock)
            # Without the lock somebody writes to the log at this very moment.
            if lock is not None:
                self._check_log()
            with telling_damage(path):
                self._connection = self._open(sync)
        self._may_have_holes = True

    def _check_log(self) -> None:
        """What SQLite does not mind, though records are lost with it."""
        log = sqlite_pages.log_of(self.path)
        if self.path.exists():
            if not self.path.stat().st_size:
                raise SpoolDamaged(f"{self.path.name}: the file is empty")
        elif log.exists() and log.stat().st_size:
            # Taken for the leftover of a deleted file, and deleted.
            raise SpoolDamaged(f"{self.path.name}: there is a log and no file")
        if not sqlite_pages.log_is_whole(log):
            # Read up to the first damaged page only.
            raise SpoolDamaged(f"{self.path.name}: the log is damaged")

    def _open(self, sync: str) -> sqlite3.Connection:
        connection = connect(self.path, sync=sync)
        try:
            connection.executescript(SCHEMA)
            columns = connection.execute("PRAGMA table_info(record)").fetchall()
            if "seal" not in [column[1] for column in columns]:
                connection.execute("ALTER TABLE record ADD COLUMN seal BLOB")
            self.spool_id = self._read_id(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _read_id(self, connection: sqlite3.Connection) -> str:
        row = connection.execute("SELECT spool_id FROM meta").fetchone()
        if row is None:
            connection.execute(
                "INSERT INTO meta SELECT ? WHERE NOT EXISTS (SELECT 1 FROM meta)",
                (uuid.uuid4().hex,),
            )
            row = connection.execute("SELECT spool_id FROM meta").fetchone()
        try:
            return uuid.UUID(row[0]).hex
        except (ValueError, AttributeError, TypeError) as error:
            raise SpoolDamaged(f"{self.path.name}: its id is {row[0]!r}") from error

    @property
    def bodies(self) -> Path:
        """Where bodies lie that are too large for a row."""
        return self.path.with_suffix(".bodies")

    def read_batch(self, after: int, *, records: int, size: int) -> list[Record]:
        """The next records by sequence, at most so many and about so many bytes, at least one if there is one."""
        batch: list[Record] = []
        total = 0
        with telling_damage(self.path):
            rows = self._connection.execute(
                f"SELECT {_COLUMNS} FROM record WHERE sequence > ? ORDER BY sequence LIMIT ?",
                (after, records),
            )
            for row in rows:
                if not isinstance(row[7], int):
                    raise SpoolDamaged(f"{self.path.name}: record {row[0]} is not what was written")
                total += row[7]
                if batch and total > size:
                    break
                batch.append(self._record(*row))
            rows.close()
        return batch

    def _record(
        self,
        sequence: int,
        project: int,
        received: float,
        kind: str,
        encoding: str,
        event_id: str,
        client: str,
        length: int,
        seal: bytes | None,
        file: str | None,
        body: bytes | None,
    ) -> Record:
        problem = ""
        if file is not None:
            try:
                body = (self.bodies / file).read_bytes()
            except OSError as error:
                logger.error("spool %s: body of record %s: %s", self.path, sequence, error)
                problem = BODY_LOST
        elif body is None:
            problem = BODY_DAMAGED
        record = Record(
            project, received, kind, encoding, event_id, client, body or b"", sequence, problem
        )
        # Rows that an older version wrote have no seal.
        if seal is not None and not seal_fits(seal, self.spool_id, record, length):
            raise SpoolDamaged(f"{self.path.name}: record {sequence} is not what was written")
        if not problem and seal is not None and not body_fits(seal, record.body):
            logger.error("spool %s: body of record %s is damaged", self.path, sequence)
            fields = (project, received, kind, encoding, event_id, client)
            return Record(*fields, b"", sequence, BODY_DAMAGED)
        return record

    def acknowledge(self, sequence: int) -> None:
        """Forget the records up to this one: they are in the database."""
        with telling_damage(self.path):
            if self._forget(self._connection, sequence):
                self._may_have_holes = True

    def _forget(self, connection: sqlite3.Connection, sequence: int) -> int:
        files = connection.execute(
            "SELECT file FROM record WHERE sequence <= ? AND file IS NOT NULL", (sequence,)
        ).fetchall()
        forgotten = connection.execute("DELETE FROM record WHERE sequence <= ?", (sequence,))
        for (file,) in files:
            (self.bodies / file).unlink(missing_ok=True)
        return forgotten.rowcount

    def backlog(self) -> tuple[int, int]:
        """Records and bytes that wait."""
        with telling_damage(self.path):
            row = self._connection.execute("SELECT count(*), coalesce(sum(size), 0) FROM record")
            count, size = row.fetchone()
        return int(count), int(size)

    def oldest(self) -> float | None:
        """When the record was received that has waited longest: seconds since 1970. None if nothing waits."""
        with telling_damage(self.path):
            row = self._connection.execute(
                "SELECT received_at FROM record ORDER BY sequence LIMIT 1"
            )
            found = row.fetchone()
        return None if found is None else float(found[0])

    def tidy(self) -> None:
        """Give back the disk that a past backlog took. Called when there is nothing to digest."""
        if self._may_have_holes:
            with telling_damage(self.path):
                self._may_have_holes = shrink(self._connection)

    def close(self) -> None:
        self._connection.close()


def shrink(connection: sqlite3.Connection) -> bool:
    """Give free pages back to the disk. Returns whether there are more."""
    free = connection.execute("PRAGMA freelist_count").fetchone()[0]
    if free <= SPARE_PAGES:
        return False
    for _ in range(0, min(free, VACUUM_PAGES), SPARE_PAGES):
        # The file is cut when the log is written back, and the log begins anew: on a full disk it has no room to grow.
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        # As a script: it gives a row without columns for each page, and execute() stops at the first of those.
        connection.executescript(f"PRAGMA incremental_vacuum({SPARE_PAGES})")
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    return bool(free > VACUUM_PAGES)
