"""From an installation that may be running, into a file.

The order is what makes it whole: first the spools, then the database. What is in a spool's copy and has been digested
since is in the database with its checkpoint, which restore() holds against the copy. The other way round, requests that
were digested between the two copies would be in neither. Uploads come last: a file is there before its row is.
"""

import contextlib
import os
import re
import sqlite3
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from bugsink_lite.backup import tables
from bugsink_lite.backup.archive import BackupError, Manifest, Writer
from bugsink_lite.metrics import database_bytes
from bugsink_lite.progress import Progress
from ingest.gauges import read_only
from ingest.spool_files import spool_files

COPY_PAGES = 2048  # in one go; writers wait no longer than that takes
_BUNDLE = re.compile(r"[0-9a-f]{2}/[0-9a-f]{40}")  # not one that is just being joined


def make(path: Path) -> Manifest:
    """Raises BackupError; then there is no file, or the one that was there before."""
    if path.exists():
        raise BackupError(f"{path} is there already")
    part = path.with_name(path.name + ".part")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            with Progress("backup", database_bytes()) as progress:
                manifest = _write(file, part, progress)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
        _sync(path.parent)
    except (OSError, sqlite3.Error) as error:
        raise BackupError(f"{path} cannot be written: {error}") from error
    finally:
        part.unlink(missing_ok=True)
    return manifest


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(file: object, part: Path, progress: Progress) -> Manifest:
    manifest = Manifest(
        product=settings.VERSION,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        engine=connection.vendor,
        migrations=[],
    )
    with Writer(file, manifest) as writer:  # type: ignore[arg-type]
        for path in (settings.DATA_DIR / "secret-key",):
            if path.is_file():
                writer.add(path.name, path.read_bytes())
        _add_spools(writer, part.parent)
        if connection.vendor == "sqlite":
            _add_sqlite(writer, part.parent, progress)
        else:
            _add_postgresql(writer, progress)
        _add_uploads(writer)
    return manifest


def _add_spools(writer: Writer, scratch: Path) -> None:
    quarantine = settings.SPOOL_DIR / "quarantine.sqlite3"
    for path in (*spool_files(settings.SPOOL_DIR), quarantine):
        if not path.exists():
            continue
        try:
            with read_only(path) as source, _copied(source, scratch) as copy:
                writer.add_file(f"spool/{path.name}", copy)
        except sqlite3.Error as error:
            if not path.exists():
                continue  # a salvaged one that is digested, or one that was set aside
            raise BackupError(
                f"{path} cannot be read: {error}; a running server sets aside what is damaged"
            ) from error
        for body in sorted(path.with_suffix(".bodies").glob("*")):
            # One that has gone meanwhile was digested.
            with contextlib.suppress(FileNotFoundError):
                writer.add(f"spool/{body.parent.name}/{body.name}", body.read_bytes())


def _add_uploads(writer: Writer) -> None:
    directory = settings.DATA_DIR / "uploads" / "bundles"
    for path in sorted(directory.glob("??/*")):
        name = f"{path.parent.name}/{path.name}"
        if _BUNDLE.fullmatch(name):
            # One that has gone meanwhile went with its project.
            with contextlib.suppress(FileNotFoundError):
                writer.add_file(f"uploads/bundles/{name}", path)


@contextlib.contextmanager
def _copied(source: sqlite3.Connection, scratch: Path) -> Iterator[Path]:
    """A copy by SQLite itself, at one moment, however much is written meanwhile."""
    with tempfile.TemporaryDirectory(dir=scratch, prefix=".backup-") as directory:
        path = Path(directory) / "copy"
        with contextlib.closing(sqlite3.connect(path)) as target:
            # A read transaction: the copy would begin anew with every commit of another process.
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()
            source.backup(target, pages=COPY_PAGES, sleep=0)
            source.execute("ROLLBACK")
            target.execute("PRAGMA journal_mode=DELETE")
        yield path


def _add_sqlite(writer: Writer, scratch: Path, progress: Progress) -> None:
    with (
        read_only(Path(settings.DATABASES["default"]["NAME"])) as source,
        _copied(source, scratch) as copy,
    ):
        with contextlib.closing(sqlite3.connect(copy)) as look:
            writer.manifest.migrations = look.execute(
                "SELECT app, name FROM django_migrations ORDER BY id"
            ).fetchall()
        progress.add(writer.add_file("sqlite", copy) // 2)


def _add_postgresql(writer: Writer, progress: Progress) -> None:
    connection.close()  # a transaction of its own, from the beginning
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(tables.SNAPSHOT)
        applied = MigrationRecorder(connection).applied_migrations()
        writer.manifest.migrations = list(applied)
        writer.manifest.columns = tables.columns()
        for table, columns in writer.manifest.columns.items():
            for number, piece in enumerate(tables.pieces(table, columns)):
                writer.add(f"postgresql/{table}/{number:08}", piece)
                progress.add(len(piece))
