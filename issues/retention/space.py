"""How much of a disk the database takes, and giving back what it does not need.

SQLite says both exactly. PostgreSQL keeps the pages of what was deleted for what comes next, and says only how large
its files are: what in them is in use is reckoned from the rows. See docs/decisions/0020.
"""

import time
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Count, Sum
from django.db.models.functions import Length

from issues.models import AttachmentData, Event, EventPayload

# Of PostgreSQL, with indexes; measured, rounded up so that no space is counted as free that is not.
EVENT_BYTES = 560
BLOB_BYTES = 260  # of a row beside its data
BLOB_SHARE = 1.07  # what data takes in pages, for each of its bytes

# Of a SQLite file so much may stay unused, for what comes next. The rest is given back to the disk.
SPARE_SHARE = 20  # one in so many pages
STEP_PAGES = 256  # 1 MiB: the write lock is held for some milliseconds


@dataclass(frozen=True, slots=True)
class Space:
    """Bytes. allocated: on disk. used: of it, by what is stored."""

    allocated: int
    used: int


def measure() -> Space:
    """On PostgreSQL it reads the table of payloads, without the payloads: 0.2 s for a million."""
    if connection.vendor == "sqlite":
        size, pages, free = _sqlite()
        return Space(pages * size, (pages - free) * size)
    allocated = database_bytes()
    return Space(allocated, max(0, allocated - _unused_in_postgresql()))


def database_bytes() -> int:
    """Quick on both databases."""
    if connection.vendor == "sqlite":
        size, pages, _ = _sqlite()
        return pages * size
    return int(_one("SELECT pg_database_size(current_database())"))


def _sqlite() -> tuple[int, int, int]:
    """Bytes of a page, pages, unused pages."""
    names = ("page_size", "page_count", "freelist_count")
    size, pages, free = (int(_one(f"PRAGMA {name}")) for name in names)
    return size, pages, free


def of_events() -> int:
    """About what would be unused without any event. Tags, users and counts stay when events leave."""
    return sum(_needed().values())


def _needed() -> dict[str, int]:
    """Table -> bytes, reckoned from the rows."""
    needed = {Event._meta.db_table: Event.objects.count() * EVENT_BYTES}
    for model in (EventPayload, AttachmentData):
        found = model._default_manager.aggregate(rows=Count("pk"), sum=Sum(Length("data")))
        blobs = int((found["sum"] or 0) * BLOB_SHARE)
        needed[model._meta.db_table] = blobs + found["rows"] * BLOB_BYTES
    return needed


def _unused_in_postgresql() -> int:
    """Pages of deleted rows that the next ones will use."""
    return sum(max(0, table_bytes(table) - bytes_) for table, bytes_ in _needed().items())


def table_bytes(table: str) -> int:
    """Of PostgreSQL: with its indexes and what lies apart."""
    return int(_one("SELECT pg_total_relation_size(%s::regclass)", [table]))


def give_back(seconds: float) -> bool:
    """SQLite: cut unused pages off the file, for about so long. Whether there is more to do."""
    if connection.vendor != "sqlite" or not is_incremental():
        return False
    until = time.monotonic() + seconds
    connection.ensure_connection()
    while True:
        _, pages, free = _sqlite()
        if free <= pages // SPARE_SHARE + STEP_PAGES:
            return False
        # As a script: it gives a row without columns for each page, and execute() stops at the first of those.
        connection.connection.executescript(f"PRAGMA incremental_vacuum({STEP_PAGES})")
        if time.monotonic() >= until:
            return True


def is_incremental() -> bool:
    """Whether a SQLite file can be cut. One made before this was set can be after `vacuum`."""
    return connection.vendor == "sqlite" and int(_one("PRAGMA auto_vacuum")) == 2


def vacuum() -> None:
    """Write the SQLite file anew. Needs as much room again, and nobody writes meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA auto_vacuum=INCREMENTAL")
        cursor.execute("VACUUM")


def _one(statement: str, parameters: list[Any] | None = None) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchone()[0]
