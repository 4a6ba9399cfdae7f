"""How full the spools of a data directory are, looked at from outside: read-only, and without reading the records."""

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest.spool_files import spool_files


@dataclass(frozen=True, slots=True)
class Waiting:
    """records: that wait to be digested. bytes: of disk that they take. oldest_at: seconds since 1970."""

    records: int = 0
    bytes: int = 0
    oldest_at: float | None = None

    def __add__(self, other: "Waiting") -> "Waiting":
        ages = [each.oldest_at for each in (self, other) if each.oldest_at is not None]
        return Waiting(
            self.records + other.records, self.bytes + other.bytes, min(ages, default=None)
        )


def waiting(directory: Path) -> Waiting:
    """Of all processes of this machine. A file that cannot be read at the moment counts as empty."""
    total = Waiting()
    for path in spool_files(directory):
        with contextlib.suppress(sqlite3.Error), read_only(path) as connection:
            total += _waiting(connection, path.with_suffix(".bodies"))
    return total


@contextlib.contextmanager
def read_only(path: Path) -> Iterator[sqlite3.Connection]:
    uri = f"{path.absolute().as_uri()}?mode=ro"
    with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=1)) as connection:
        yield connection


def _waiting(connection: sqlite3.Connection, bodies: Path) -> Waiting:
    # Numbers are given in order and leave in order: the first and the last say how many there are.
    first = connection.execute(
        "SELECT sequence, received_at FROM record ORDER BY sequence LIMIT 1"
    ).fetchone()
    if first is None:
        return Waiting()
    last = connection.execute("SELECT max(sequence) FROM record").fetchone()[0]
    pages, free, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_count", "freelist_count", "page_size")
    )
    files = 0
    with contextlib.suppress(OSError):
        for path in bodies.iterdir():
            with contextlib.suppress(OSError):
                files += path.stat().st_size
    return Waiting(last - first[0] + 1, (pages - free) * size + files, first[1])
