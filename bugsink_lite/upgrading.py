"""What a start with a new version will do to the database, and about how long and how much disk it will take."""

import math
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from django.conf import settings
from django.db import connection
from django.db.migrations import Migration
from django.db.migrations import operations as ops
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations.base import Operation

from bugsink_lite.metrics import database_bytes

# Bytes of a table that are read and written anew in a second: a slow disk's pace, so that the guess is rather too long.
PACE = 20 << 20
EACH_SECONDS = 0.1
# What reads or writes every row of its table. Other operations change the catalogue only, whatever the table holds.
REWRITES = (
    *(ops.AddIndex, ops.AddConstraint, ops.AlterField, ops.AlterUniqueTogether),
    *(ops.AlterIndexTogether, ops.RunPython, ops.RunSQL),
)
# SQLite changes a table by making it anew.
SQLITE_REWRITES = (*REWRITES, ops.AddField, ops.RemoveField, ops.RemoveConstraint, ops.RenameField)


@dataclass(frozen=True, slots=True)
class Step:
    """bytes: of the tables that it goes through. seconds: a guess."""

    name: str
    does: list[str]
    bytes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Outlook:
    """disk: bytes that may be needed while it goes on."""

    steps: list[Step]
    seconds: int
    disk: int
    free: int

    @property
    def fits(self) -> bool:
        return self.free > self.disk

    def as_json(self) -> dict[str, object]:
        return asdict(self) | {"fits": self.fits}


def outlook() -> Outlook:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    sizes = table_sizes() if plan else {}
    everything = database_bytes()
    steps = [_step(migration, sizes, everything) for migration, _ in plan]
    # On the database's own machine this is not our disk; there it is the largest table and its indexes, twice.
    disk = 2 * max((step.bytes for step in steps), default=0)
    return Outlook(
        steps=steps,
        seconds=math.ceil(sum(step.seconds for step in steps)),
        disk=disk,
        free=shutil.disk_usage(settings.DATA_DIR).free,
    )


def _step(migration: Migration, sizes: dict[str, int], everything: int) -> Step:
    touched = sum(
        _touched(migration.app_label, operation, sizes, everything)
        for operation in _flat(migration.operations)
    )
    return Step(
        name=f"{migration.app_label}.{migration.name}",
        does=[operation.describe() for operation in migration.operations],
        bytes=touched,
        seconds=EACH_SECONDS + touched / PACE,
    )


def _flat(operations: Iterable[Operation]) -> Iterable[Operation]:
    for operation in operations:
        if isinstance(operation, ops.SeparateDatabaseAndState):
            yield from _flat(operation.database_operations)
        else:
            yield operation


def _touched(app: str, operation: Operation, sizes: dict[str, int], everything: int) -> int:
    """Bytes. Of code and of SQL nobody can tell what they touch: all of their app's tables at worst."""
    kinds = SQLITE_REWRITES if connection.vendor == "sqlite" else REWRITES
    if not isinstance(operation, kinds):
        return 0
    model = getattr(operation, "model_name", None) or getattr(operation, "name", None)
    if isinstance(operation, ops.RunPython | ops.RunSQL) or not model:
        return min(everything, sum(n for table, n in sizes.items() if table.startswith(app)))
    return sizes.get(f"{app}_{model}".lower(), 0)


def table_sizes() -> dict[str, int]:
    """Bytes of each table, indexes included. SQLite does not always say: then it is shared out by rows."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT relname, pg_total_relation_size(oid) FROM pg_class "
                "WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace"
            )
            return {name: int(size) for name, size in cursor.fetchall()}
        names = connection.introspection.table_names(cursor)
        rows = {}
        for name in names:
            cursor.execute(f"SELECT coalesce(max(rowid), 0) FROM {connection.ops.quote_name(name)}")
            rows[name] = int(cursor.fetchone()[0])
    total = sum(rows.values()) or 1
    everything = database_bytes()
    return {name: everything * count // total for name, count in rows.items()}
