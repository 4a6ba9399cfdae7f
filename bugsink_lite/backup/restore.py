"""From a file into an installation that does not run, and is empty unless it may be overwritten."""

import contextlib
import os
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from bugsink_lite.backup import tables
from bugsink_lite.backup.archive import BackupError, Manifest, members, verify
from bugsink_lite.progress import Progress
from ingest.spool import SpoolDamaged, telling_damage
from ingest.spool_files import lock_file, spool_files

UNTOUCHED = frozenset({tables.MIGRATIONS})  # filled when the tables were made, with the same rows
_PIECE = re.compile(r"(.+)/(\d{8})")


def check(path: Path) -> Manifest:
    """Whether it is whole, and, of SQLite, whether the database in it is. Touches nothing. Raises BackupError."""
    with Progress("verify", path.stat().st_size * 3 if path.is_file() else 1) as progress:
        manifest = verify(path, progress)
    if manifest.engine == "sqlite":
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".verify-") as directory:
            database = Path(directory) / "db"
            with open(database, "wb") as file:
                for name, data in members(path):
                    if name.startswith("sqlite/"):
                        file.write(data)
            check_sqlite(database)
    return manifest


def check_sqlite(path: Path) -> None:
    try:
        with contextlib.closing(sqlite3.connect(path)) as database:
            (found,) = database.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.Error as error:
        found = str(error)
    if found != "ok":
        raise BackupError(f"the database in it is damaged: {found}")


def restore(path: Path, *, overwrite: bool) -> Manifest:
    """Raises BackupError, before anything was changed where that can be known."""
    manifest = check(path)
    if manifest.engine != connection.vendor:
        text = f"it is a backup of {manifest.engine}, and DATABASE_URL names {connection.vendor}"
        raise BackupError(text)
    _refuse_newer(manifest)
    with _stopped():
        if not overwrite:
            _refuse_what_is_there()
        if manifest.engine == "sqlite":
            _restore_sqlite(path)
        else:
            _restore_postgresql(path, manifest)
        _restore_files(path)
    return manifest


def _refuse_newer(manifest: Manifest) -> None:
    unknown = sorted(set(manifest.migrations) - set(MigrationLoader(None).disk_migrations))
    if unknown:
        app, name = unknown[-1]
        raise BackupError(
            f"version {manifest.product} made it, and this one is older: it does not know {app}.{name}"
        )


@contextlib.contextmanager
def _stopped() -> Iterator[None]:
    """Holds the locks of digester and spools: no server starts in the middle."""
    with contextlib.ExitStack() as stack:
        directory: Path = settings.SPOOL_DIR
        spools = [file.with_suffix(".lock") for file in spool_files(directory)]
        for path in (directory / "digest.lock", *spools):
            held: IO[str] | None = lock_file(path)
            if held is None:
                raise BackupError(f"a server runs on {settings.DATA_DIR}: stop it first")
            stack.enter_context(held)
        yield


def _refuse_what_is_there() -> None:
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
        if "projects_user" in names:
            cursor.execute("SELECT count(*) FROM projects_user")
            if cursor.fetchone()[0]:
                raise BackupError("there is an installation already; --overwrite replaces it")


# --- the database ----------------------------------------------------------------------------------


def _restore_sqlite(path: Path) -> None:
    connection.close()
    target = Path(settings.DATABASES["default"]["NAME"])
    part = target.with_name(target.name + ".restored")
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        for name, data in members(path):
            if name.startswith("sqlite/"):
                file.write(data)
        file.flush()
        os.fsync(file.fileno())
    for suffix in ("-wal", "-shm"):
        target.with_name(target.name + suffix).unlink(missing_ok=True)
    part.rename(target)


def _restore_postgresql(path: Path, manifest: Manifest) -> None:
    tables.drop_all()
    _migrate_to(manifest)
    found = tables.columns()
    for table, columns in manifest.columns.items():
        if not set(columns) <= set(found.get(table, [])):
            raise BackupError(f"{table} has other columns here than in the backup")
    wanted = [table for table in manifest.columns if table not in UNTOUCHED]
    with Progress("restore", manifest.size) as progress, transaction.atomic():
        tables.empty(wanted)
        pieces = (
            (name.split("/")[1], data)
            for name, data in members(path)
            if name.startswith("postgresql/")
        )
        for table, group in groupby(pieces, key=lambda pair: pair[0]):
            if table in UNTOUCHED:
                continue
            tables.read_in(table, manifest.columns[table], _counted(group, progress))
        tables.set_sequences(wanted)


def _counted(group: Iterator[tuple[str, bytes]], progress: Progress) -> Iterator[bytes]:
    for _, data in group:
        progress.add(len(data))
        yield data


def _migrate_to(manifest: Manifest) -> None:
    """The tables as they were when the backup was made. A start brings them up to date."""
    executor = MigrationExecutor(connection)
    graph = executor.loader.graph
    applied = set(manifest.migrations)
    # The last of each app: naming one that another needs would undo the other.
    last = [
        node
        for node in applied
        if not any(
            child.key in applied and child.key[0] == node[0]
            for child in graph.node_map[node].children
        )
    ]
    executor.migrate(sorted(last))


# --- spool, key and uploads --------------------------------------------------------------------------


def _restore_files(path: Path) -> None:
    directory: Path = settings.SPOOL_DIR
    for pattern in ("*.spool*", "quarantine.sqlite3*", "*.damaged", "*.bodies"):
        for old in list(directory.glob(pattern)):
            if old.is_dir():
                shutil.rmtree(old)
            else:
                old.unlink()
    for name, data in members(path):
        if name.startswith(("spool/", "uploads/", "secret-key")):
            _write(name, data)
    for spool in directory.glob("*.spool"):
        # The server sets a damaged one aside, and asks the database what it has of it.
        with contextlib.suppress(SpoolDamaged), telling_damage(spool):
            _skip_digested(spool)


def _write(name: str, data: bytes) -> None:
    """Below the data directory, where members() has seen to it that names lead."""
    piece = _PIECE.fullmatch(name)
    target: Path = settings.DATA_DIR / (piece[1] if piece else name)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    how = os.O_APPEND if piece and int(piece[2]) else os.O_TRUNC
    with open(os.open(target, os.O_WRONLY | os.O_CREAT | how, 0o600), "wb") as file:
        file.write(data)


def _skip_digested(path: Path) -> None:
    """What the database has of a spool leaves it; and new records get numbers that it has not seen."""
    with contextlib.closing(sqlite3.connect(path)) as spool, spool:
        (spool_id,) = spool.execute("SELECT spool_id FROM meta").fetchone() or ("",)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT last_sequence FROM ingest_checkpoint WHERE spool_id = %s", [spool_id]
            )
            row = cursor.fetchone()
        if row is None:
            return
        spool.execute("DELETE FROM record WHERE sequence <= ?", row)
        if not spool.execute(
            "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'record'", row
        ).rowcount:
            spool.execute("INSERT INTO sqlite_sequence VALUES ('record', ?)", row)
