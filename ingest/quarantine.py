"""What was accepted and cannot be digested: kept with its reason, and replayable. Bounded by size and age.

It lives beside the spool, not in the database: a database that refuses an event cannot be asked to keep it.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from ingest.spool import Record, SpoolDamaged, connect, sdk_of, telling_damage
from ingest.spool_files import lock_file
from ingest.sqlite_pages import Pages

logger = logging.getLogger(__name__)

_Result = TypeVar("_Result")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS quarantined (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    origin TEXT NOT NULL UNIQUE,
    project_id INTEGER NOT NULL,
    quarantined_at REAL NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    received_at REAL NOT NULL,
    kind TEXT NOT NULL,
    encoding TEXT NOT NULL,
    event_id TEXT NOT NULL,
    client TEXT NOT NULL,
    body BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS quarantined_of_project ON quarantined (project_id, id);
"""
_ENTRY = "id, quarantined_at, reason, detail, project_id, received_at, kind, encoding, event_id, client, body"


@dataclass(frozen=True, slots=True)
class Quarantined:
    id: int
    quarantined_at: float  # seconds since 1970
    reason: str  # invalid, quarantined
    detail: str
    record: Record


class Quarantine:
    """One file for all processes of a machine; opened for each use, since it is rarely used."""

    def __init__(self, path: Path, *, max_bytes: int, max_seconds: float) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._max_seconds = max_seconds

    def _open(self) -> sqlite3.Connection:
        connection = connect(self._path, sync="full")
        connection.executescript(_SCHEMA)
        return connection

    def _with(self, use: Callable[[sqlite3.Connection], _Result]) -> _Result:
        """Anew after damage: what cannot be read must not keep the digest from going on."""
        try:
            with telling_damage(self._path), closing(self._open()) as connection:
                return use(connection)
        except SpoolDamaged as error:
            reason = str(error)
        lock = lock_file(self._path.with_suffix(".lock"))
        if lock is None:
            raise sqlite3.OperationalError("the quarantine is being repaired by another process")
        with lock:
            try:
                # Another process may have been quicker.
                with telling_damage(self._path), closing(self._open()) as connection:
                    return use(connection)
            except SpoolDamaged:
                self._set_aside(reason)
            with closing(self._open()) as connection:
                return use(connection)

    def _set_aside(self, reason: str) -> None:
        """Begin a new file with all entries that can be read. The last damaged one is kept."""
        damaged = self._path.with_name(f"{self._path.name}.damaged")
        for suffix in ("-wal", "-shm", ""):
            with suppress(FileNotFoundError):
                Path(f"{self._path}{suffix}").replace(f"{damaged}{suffix}")
        saved = 0
        with closing(Pages(damaged)) as pages, closing(self._open()) as connection:
            for row in pages.rows():
                if len(row.values) == 12 and row.is_whole and isinstance(row.values[-1], bytes):
                    with suppress(sqlite3.IntegrityError):
                        places = ", ".join("?" * 12)
                        connection.execute(
                            f"INSERT INTO quarantined VALUES ({places})",
                            (row.rowid, *row.values[1:]),
                        )
                        saved += 1
        logger.error("the quarantine was damaged, %s entries are saved: %s", saved, reason)

    def add(self, record: Record, *, origin: str, reason: str, detail: str, now: float) -> None:
        """Keep a record. origin: names the item, so that a batch which is repeated after a crash adds nothing."""

        def keep(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT OR IGNORE INTO quarantined (origin, project_id, quarantined_at, reason, detail, received_at, "
                "kind, encoding, event_id, client, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    origin,
                    record.project_id,
                    now,
                    reason,
                    detail[:500],
                    record.received_at,
                    record.kind,
                    record.encoding,
                    record.event_id,
                    record.client,
                    record.body,
                ),
            )
            self._evict(connection, now)

        self._with(keep)

    def _evict(self, connection: sqlite3.Connection, now: float) -> None:
        connection.execute(
            "DELETE FROM quarantined WHERE quarantined_at < ?", (now - self._max_seconds,)
        )
        size = connection.execute(
            "SELECT coalesce(sum(length(body)), 0) FROM quarantined"
        ).fetchone()[0]
        while size > self._max_bytes:
            oldest = connection.execute(
                "SELECT id, length(body) FROM quarantined ORDER BY id LIMIT 1"
            ).fetchone()
            connection.execute("DELETE FROM quarantined WHERE id = ?", (oldest[0],))
            size -= oldest[1]

    def list(self, project_id: int | None = None, limit: int = 100) -> list[Quarantined]:
        """Latest first."""
        where, parameters = (
            ("", []) if project_id is None else ("WHERE project_id = ?", [project_id])
        )
        rows = self._select(
            f"SELECT {_ENTRY} FROM quarantined {where} ORDER BY id DESC LIMIT ?",
            *parameters,
            limit,
        )
        return [
            Quarantined(number, at, reason, detail, Record(*record))
            for number, at, reason, detail, *record in rows
        ]

    def counts(self) -> dict[int, int]:
        """How many, by project."""
        return dict(self._select("SELECT project_id, count(*) FROM quarantined GROUP BY 1"))

    def forget(self, project_id: int) -> None:
        """Everything of a project that is deleted."""
        self._select("DELETE FROM quarantined WHERE project_id = ?", project_id)

    def _select(self, statement: str, *parameters: Any) -> Sequence[Any]:
        return self._with(lambda connection: connection.execute(statement, parameters).fetchall())

    def summaries(
        self, project_id: int, limit: int = 100
    ) -> Sequence[tuple[int, datetime, str, str, str, str, int]]:
        """Latest first, without the bytes: id, time, reason, detail, client, event id, bytes."""
        rows = self._select(
            "SELECT id, quarantined_at, reason, detail, client, event_id, length(body) FROM quarantined "
            "WHERE project_id = ? ORDER BY id DESC LIMIT ?",
            project_id,
            limit,
        )
        return [
            (number, datetime.fromtimestamp(at, UTC), reason, detail, sdk_of(client), *rest)
            for number, at, reason, detail, client, *rest in rows
        ]

    def take(
        self, project_id: int | None = None, number: int | None = None
    ) -> Iterator[Quarantined]:
        """Hand out each, the oldest first, and forget it when the next one is asked for: a replay that dies loses
        nothing. One at a time, since together they may be large. number: only this one. Entries whose bytes were lost
        stay: there is nothing to replay.
        """
        conditions = {"project_id": project_id, "id": number}
        given = {name: value for name, value in conditions.items() if value is not None}
        where = " AND ".join(("length(body) > 0", *(f"{name} = ?" for name in given)))
        found = self._select(
            f"SELECT id FROM quarantined WHERE {where} ORDER BY id", *given.values()
        )
        for (key,) in found:
            rows = self._select(f"SELECT {_ENTRY} FROM quarantined WHERE id = ?", key)
            if not rows:
                continue  # another replay was quicker
            number, at, reason, detail, *record = rows[0]
            yield Quarantined(number, at, reason, detail, Record(*record))
            self._select("DELETE FROM quarantined WHERE id = ?", key)
