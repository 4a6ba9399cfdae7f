"""What was accepted and cannot be digested: kept with its reason, and replayable. Bounded by size and age.

It lives beside the spool, not in the database: a database that refuses an event cannot be asked to keep it.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ingest.spool import Record, connect

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
    reason: str  # invalid, failed
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

    def add(self, record: Record, *, origin: str, reason: str, detail: str, now: float) -> None:
        """Keep a record. origin: names the item, so that a batch which is repeated after a crash adds nothing."""
        with closing(self._open()) as connection:
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
        with closing(self._open()) as connection:
            rows = connection.execute(
                f"SELECT {_ENTRY} FROM quarantined {where} ORDER BY id DESC LIMIT ?",
                (*parameters, limit),
            ).fetchall()
        return [
            Quarantined(number, at, reason, detail, Record(*record))
            for number, at, reason, detail, *record in rows
        ]

    def counts(self) -> dict[int, int]:
        """How many, by project."""
        with closing(self._open()) as connection:
            return dict(
                connection.execute("SELECT project_id, count(*) FROM quarantined GROUP BY 1")
            )

    def summaries(
        self, project_id: int, limit: int = 100
    ) -> Sequence[tuple[int, datetime, str, str, str, str, int]]:
        """Latest first, without the bytes: id, time, reason, detail, client, event id, bytes."""
        with closing(self._open()) as connection:
            rows = connection.execute(
                "SELECT id, quarantined_at, reason, detail, client, event_id, length(body) FROM quarantined "
                "WHERE project_id = ? ORDER BY id DESC LIMIT ?",
                (project_id, limit),
            ).fetchall()
        return [(row[0], datetime.fromtimestamp(row[1], UTC), *row[2:]) for row in rows]

    def take(
        self, project_id: int | None = None, number: int | None = None
    ) -> Iterator[Quarantined]:
        """Hand out each, the oldest first, and forget it when the next one is asked for: a replay that dies loses
        nothing. One at a time, since together they may be large. number: only this one.
        """
        conditions = {"project_id": project_id, "id": number}
        given = {name: value for name, value in conditions.items() if value is not None}
        where = " AND ".join(f"{name} = ?" for name in given) or "1"
        with closing(self._open()) as connection:
            found = connection.execute(
                f"SELECT id FROM quarantined WHERE {where} ORDER BY id", tuple(given.values())
            ).fetchall()
        for (key,) in found:
            with closing(self._open()) as connection:
                row = connection.execute(
                    f"SELECT {_ENTRY} FROM quarantined WHERE id = ?", (key,)
                ).fetchone()
            if row is None:
                continue  # another replay was quicker
            yield Quarantined(row[0], row[1], row[2], row[3], Record(*row[4:]))
            with closing(self._open()) as connection:
                connection.execute("DELETE FROM quarantined WHERE id = ?", (key,))
