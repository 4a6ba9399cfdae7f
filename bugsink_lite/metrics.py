"""/metrics: what the processes counted, and how things stand at this moment."""

import contextlib
import shutil
import sqlite3
import time
from collections.abc import Iterator

from django.conf import settings
from django.db import close_old_connections, connection

from bugsink_lite.exposition import CONTENT_TYPE, counter, gauge, histogram
from ingest import gauges, meter, pipeline

__all__ = ["CONTENT_TYPE", "text"]


def text(now: float) -> str:
    """now: seconds since 1970. Without the database all but its size is told."""
    return "".join((*_counted(), *_standing(now), *_database()))


def _counted() -> Iterator[str]:
    yield gauge("info", "Version of the product.", [({"version": settings.VERSION}, 1)])
    yield counter(
        "ingest_requests_total",
        "Requests to the ingest endpoints, by the status of the answer.",
        [({"status": status}, count) for status, count in meter.statuses().items()],
    )
    about = "Seconds from the arrival of an ingest request to its answer."
    yield histogram("ingest_seconds", about, meter.INGEST_BOUNDS, *meter.ingest_seconds())
    yield counter(
        "items_total",
        "Items of accepted requests, by what became of them.",
        [({"outcome": outcome}, count) for outcome, count in meter.outcomes().items()],
    )
    yield counter(
        "digest_records_total", "Spooled requests that were digested.", [({}, meter.records())]
    )
    about = "Seconds that a batch took to digest."
    yield histogram("digest_batch_seconds", about, meter.DIGEST_BOUNDS, *meter.digest_seconds())


def _standing(now: float) -> Iterator[str]:
    waiting = gauges.waiting(settings.SPOOL_DIR)
    age = max(0.0, now - waiting.oldest_at) if waiting.oldest_at is not None else 0.0
    yield gauge("spool_records", "Requests that wait to be digested.", [({}, waiting.records)])
    yield gauge("spool_bytes", "Disk that they take.", [({}, waiting.bytes)])
    yield gauge(
        "spool_max_bytes",
        "What each process may spool before it answers with 429.",
        [({}, settings.SPOOL_MAX_BYTES)],
    )
    yield gauge("spool_oldest_seconds", "How long the oldest of them has waited.", [({}, age)])
    # It cannot be opened on a full disk, which is when the others are looked at.
    with contextlib.suppress(sqlite3.Error, OSError):
        kept = sum(pipeline.quarantine().counts().values())
        yield gauge("quarantine_records", "Requests that could not be digested.", [({}, kept)])
    disk = shutil.disk_usage(settings.DATA_DIR)
    yield gauge("disk_free_bytes", "Free on the data directory's disk.", [({}, disk.free)])
    yield gauge("disk_bytes", "Size of the data directory's disk.", [({}, disk.total)])


def _database() -> Iterator[str]:
    drop_stale_connection()
    began = time.monotonic()
    try:
        size = database_bytes()
    except Exception:
        connection.close()
        yield gauge("database_up", "Whether the database answers.", [({}, 0)])
        return
    took = time.monotonic() - began
    yield gauge("database_up", "Whether the database answers.", [({}, 1)])
    yield gauge("database_seconds", "How long it took to ask for its size.", [({}, took)])
    yield gauge("database_bytes", "Size of the database, indexes included.", [({}, size)])


def drop_stale_connection() -> None:
    """One that died since this thread's last request says nothing about the database."""
    if not connection.in_atomic_block:
        close_old_connections()


def database_bytes() -> int:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA page_count")
            pages = cursor.fetchone()[0]
            cursor.execute("PRAGMA page_size")
            return int(pages * cursor.fetchone()[0])
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])
