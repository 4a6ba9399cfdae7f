"""What is left of a damaged spool file: set aside, read row by row, spooled again under the old numbers.

A row that was written in the new file keeps its spool's id and its sequence, so that the digest's checkpoint knows what
it has stored already. A row whose body is lost becomes a record with a problem, which the digest puts in quarantine.

    0.spool.damaged-20260501T100000Z[-wal, -shm]    the damaged file, kept for people to look at
    0.spool.damaged-20260501T100000Z.json           the report
    salvaged-0-20260501T100000Z.spool               what could be read; goes when it is digested
"""

import contextlib
import json
import logging
import os
import shutil
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from ingest.spool import (
    SCHEMA,
    SEAL_BYTES,
    Record,
    body_fits,
    connect,
    seal_fits,
)
from ingest.spool_files import lock_file, mark_of, unmark
from ingest.sqlite_pages import Pages, Row, Value

logger = logging.getLogger(__name__)

# Damaged files that are kept.
KEPT_FILES = 5
KEPT_SECONDS = 30 * 86_400
_SALVAGED = "salvaged-"
_SUFFIXES = ("-wal", "-shm", "")


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a damaged file. name: the file's new one. found_at: seconds since 1970. Records: saved whole,
    without their body, and not at all; all None as long as nobody has looked.
    """

    name: str
    found_at: float
    reason: str
    saved: int | None = None
    bodiless: int | None = None
    missing: int | None = None

    @property
    def lost(self) -> int:
        return (self.bodiless or 0) + (self.missing or 0)


def reports(directory: Path) -> list[Report]:
    """Of all damaged files that are kept, the oldest first."""
    found = []
    for path in directory.glob("*.spool.damaged-*.json"):
        with contextlib.suppress(OSError, ValueError, TypeError):
            found.append(Report(**json.loads(path.read_bytes())))
    return sorted(found, key=lambda report: report.found_at)


def _write(directory: Path, report: Report) -> None:
    path = directory / f"{report.name}.json"
    part = path.with_suffix(".part")
    part.write_text(json.dumps(asdict(report)))
    part.replace(path)


# --- setting aside -------------------------------------------------------------------------------


def set_aside(path: Path) -> bool:
    """Rename a marked file and all that belongs to it. False while a living process still has it.

    May be cut short anywhere: the mark, whose date names the new files, goes last.
    """
    lock = lock_file(path.with_suffix(".lock"))
    if lock is None:
        return False
    with lock:
        mark = mark_of(path)
        try:
            found_at, reason = mark.stat().st_mtime, mark.read_text()
        except FileNotFoundError:
            return True
        stamp = datetime.fromtimestamp(found_at, UTC).strftime("%Y%m%dT%H%M%S%fZ")
        report = Report(f"{path.name}.damaged-{stamp}", found_at, reason)
        _write(path.parent, report)
        bodies = path.with_suffix(".bodies")
        if bodies.exists():
            bodies.rename(_target(path.parent, report).with_suffix(".bodies"))
        for suffix in _SUFFIXES:
            with contextlib.suppress(FileNotFoundError):
                os.rename(f"{path}{suffix}", path.parent / f"{report.name}{suffix}")
        unmark(path)
    logger.error("spool %s is damaged and set aside as %s: %s", path, report.name, reason)
    return True


def prune(directory: Path, now: float) -> None:
    """Forget damaged files that are old or many, but none that nobody has looked at."""
    kept = [report for report in reports(directory) if report.saved is not None]
    for place, report in enumerate(reversed(kept)):
        if place >= KEPT_FILES or now - report.found_at > KEPT_SECONDS:
            for suffix in (*_SUFFIXES, ".json"):
                (directory / f"{report.name}{suffix}").unlink(missing_ok=True)
            shutil.rmtree(directory / f"{report.name}.bodies", ignore_errors=True)


# --- salvage -------------------------------------------------------------------------------------


def _target(directory: Path, report: Report) -> Path:
    number, _, stamp = report.name.partition(".spool.damaged-")
    return directory / f"{_SALVAGED}{number}-{stamp}.spool"


def is_salvaged(path: Path) -> bool:
    return path.name.startswith(_SALVAGED)


def discard(path: Path) -> None:
    """Remove a salvaged spool that is digested. Bodies whose row was lost stay, with the damaged file."""
    name, _, stamp = path.stem.removeprefix(_SALVAGED).rpartition("-")
    bodies = path.with_suffix(".bodies")
    if bodies.exists():
        with contextlib.suppress(OSError):
            bodies.rmdir()
        if bodies.exists():
            bodies.rename(path.with_name(f"{name}.spool.damaged-{stamp}.bodies"))
    for suffix in _SUFFIXES:
        path.with_name(f"{path.name}{suffix}").unlink(missing_ok=True)
    path.with_suffix(".lock").unlink(missing_ok=True)


def salvage(directory: Path, report: Report, floor: Callable[[str], int]) -> Report:
    """Read a file that was set aside; what is in it is digested like any other spool.

    floor: a spool's id -> the last sequence that is in the database. May be cut short and done again. Raises OSError,
    sqlite3.Error when there is no room.
    """
    began = time.monotonic()
    target = _target(directory, report)
    part = target.with_suffix(".part")
    for suffix in _SUFFIXES:
        part.with_name(f"{part.name}{suffix}").unlink(missing_ok=True)
    with contextlib.closing(Pages(directory / report.name)) as pages:
        connection = connect(part, sync="full")
        try:
            report = _Salvage(connection, floor).run(pages, report, target.with_suffix(".bodies"))
        finally:
            connection.close()
    if report.saved or report.bodiless:
        part.replace(target)
    else:
        part.unlink()
    _write(directory, report)
    logger.error(
        "spool %s: %s records saved, %s without their body, %s missing, in %.1f s",
        *(report.name, report.saved, report.bodiless, report.missing),
        time.monotonic() - began,
    )
    return report


class _Salvage:
    """One file's rows into a fresh spool, in one transaction."""

    def __init__(self, connection: sqlite3.Connection, floor: Callable[[str], int]) -> None:
        self._connection = connection
        self._ask_floor = floor
        self._spool_id = ""
        self._floor = 0
        self._last = 0
        self._saved: set[int] = set()
        self._bodiless: dict[int, tuple[Value, ...]] = {}

    def run(self, pages: Pages, report: Report, bodies: Path) -> Report:
        self._connection.executescript(SCHEMA)
        self._connection.execute("BEGIN IMMEDIATE")
        for row in pages.rows():
            self._row(row)
        self._know(self._spool_id or uuid.uuid4().hex)
        gone = 0
        for sequence in self._bodiless.keys() - self._saved:
            self._insert(sequence, (*self._bodiless[sequence][:8], None, None))
        self._connection.execute("DELETE FROM record WHERE sequence <= ?", (self._floor,))
        self._connection.execute("INSERT INTO meta VALUES (?)", (self._spool_id,))
        for (file,) in self._connection.execute("SELECT file FROM record WHERE file IS NOT NULL"):
            gone += not (bodies / file).exists()
        (count,) = self._connection.execute("SELECT count(*) FROM record").fetchone()
        self._connection.execute("COMMIT")
        bodiless = gone + sum(
            sequence > self._floor for sequence in self._bodiless.keys() - self._saved
        )
        missing = max(0, self._last - self._floor - count)
        return replace(report, saved=count - bodiless, bodiless=bodiless, missing=missing)

    def _know(self, spool_id: str) -> None:
        if spool_id != self._spool_id or not self._floor:
            self._spool_id = spool_id
            self._floor = self._ask_floor(spool_id)

    def _row(self, row: Row) -> None:
        values = row.values
        if len(values) == 1 and row.is_whole:
            self._name(values[0])
        elif len(values) == 2 and values[0] == "record" and isinstance(values[1], int):
            self._last = max(self._last, values[1])
        elif len(values) >= 8 and 0 < row.rowid < 1 << 62:
            self._record(row.rowid, values, row.is_whole)

    def _name(self, value: Value) -> None:
        with contextlib.suppress(ValueError, AttributeError, TypeError):
            if not self._spool_id and isinstance(value, str):
                self._spool_id = uuid.UUID(value).hex

    def _record(self, sequence: int, values: tuple[Value, ...], is_whole: bool) -> None:
        if sequence in self._saved:
            return
        record, size = _fields(values)
        if record is None:
            return
        seal = values[8] if len(values) > 8 else None
        if isinstance(seal, bytes) and len(seal) == SEAL_BYTES:
            spool_id = seal[:16].hex()
            if not seal_fits(seal, spool_id, record, size):
                return
            if not self._saved:
                self._know(spool_id)
            if spool_id != self._spool_id or sequence <= self._floor:
                return
            self._last = max(self._last, sequence)
            file, body = (*values[9:], None, None)[:2]
            fits = isinstance(file, str) or (isinstance(body, bytes) and body_fits(seal, body))
        else:
            # Written by a version that had no seals: the size has to do.
            seal = None
            file, body = (*values[8:], None, None)[:2]
            fits = isinstance(file, str) or (isinstance(body, bytes) and len(body) == size)
        if fits and is_whole:
            self._insert(sequence, (*values[1:8], seal, file, body))
            self._saved.add(sequence)
        else:
            self._bodiless.setdefault(sequence, (*values[1:8], seal))

    def _insert(self, sequence: int, values: tuple[Value, ...]) -> None:
        self._connection.execute(
            "INSERT OR IGNORE INTO record (sequence, project_id, received_at, kind, encoding, event_id, client, size, "
            "seal, file, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (sequence, *values),
        )


def _fields(values: tuple[Value, ...]) -> tuple[Record | None, int]:
    """What stands before the body, if it can be a record's."""
    _, project, received, kind, encoding, event_id, client, size = values[:8]
    if (
        isinstance(project, int)
        and isinstance(received, int | float)
        and isinstance(kind, str)
        and isinstance(encoding, str)
        and isinstance(event_id, str)
        and isinstance(client, str)
        and isinstance(size, int)
        and project > 0
        and size >= 0
    ):
        return Record(project, float(received), kind, encoding, event_id, client, b""), size
    return None, 0


def unread(directory: Path) -> Iterator[Report]:
    """Those that were set aside and not yet read."""
    return (report for report in reports(directory) if report.saved is None)
