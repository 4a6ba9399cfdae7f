"""The few statements that the ORM cannot say, or says too slowly for the digest. The same text for both databases.

`INSERT ... ON CONFLICT ... DO UPDATE SET count = table.count + excluded.count` adds to the row that is there, where
`bulk_create(update_conflicts=True)` can only overwrite. Plain rows instead of model instances and expressions: for 200
events of 45 KB storing costs a third of what `bulk_create` and `bulk_update` did.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection, models

# SQLite takes 32,766 parameters in a statement; PostgreSQL's protocol 65,535.
MAX_PARAMETERS = 30_000

Row = Sequence[Any]


def insert(model: type[models.Model], columns: Sequence[str], rows: Sequence[Row]) -> list[int]:
    """Insert rows and return their primary keys in the same order.

    columns: database column names, in the order of each row's values.
    """
    made: list[int] = []
    key = connection.ops.quote_name(_key(model))
    with _cursor() as cursor:
        for text, values in _inserts(model, columns, rows):
            cursor.execute(f"{text} RETURNING {key}", values)
            made.extend(pk for (pk,) in cursor.fetchall())
    return made


def add_up(
    model: type[models.Model],
    columns: Sequence[str],
    rows: Sequence[Row],
    *,
    unique: Sequence[str],
    add: Sequence[str],
    earliest: Sequence[str] = (),
    latest: Sequence[str] = (),
) -> None:
    """Insert rows; where one with the same unique columns exists, add `add` to it, lower `earliest` to the earlier and
    raise `latest` to the later; null is replaced.

    Rows with equal unique columns must be summed by the caller. Sort them: processes that update the same rows in the
    same order cannot deadlock.
    """
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    sets = [f"{quote(c)} = {table}.{quote(c)} + excluded.{quote(c)}" for c in add]
    sets += [
        f"{quote(c)} = CASE WHEN {table}.{quote(c)} IS NULL OR excluded.{quote(c)} {sign} {table}.{quote(c)} "
        f"THEN excluded.{quote(c)} ELSE {table}.{quote(c)} END"
        for sign, raised in (("<", earliest), (">", latest))
        for c in raised
    ]
    action = f"DO UPDATE SET {', '.join(sets)}" if sets else "DO NOTHING"
    conflict = f"ON CONFLICT ({', '.join(map(quote, unique))}) {action}"
    with _cursor() as cursor:
        for text, values in _inserts(model, columns, rows):
            cursor.execute(f"{text} {conflict}", values)


def update(model: type[models.Model], columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Overwrite columns of rows. rows: the values in the order of `columns`, then the primary key."""
    if not rows:
        return
    quote = connection.ops.quote_name
    sets = ", ".join(f"{quote(column)} = %s" for column in columns)
    prepare = _preparers(model, [*columns, _key(model)])
    with _cursor() as cursor:
        cursor.executemany(
            f"UPDATE {quote(model._meta.db_table)} SET {sets} WHERE {quote(_key(model))} = %s",
            [_prepared(prepare, row) for row in rows],
        )


@contextmanager
def _cursor() -> Iterator[Any]:
    """On PostgreSQL one that sends parameters beside the statement, payloads as the bytes they are. Django's writes
    them into the text: a payload of 11 KB becomes 22 KB of hexadecimal digits that the server has to read back.
    """
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            yield cursor
        return
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as direct:
        yield direct


def _inserts(
    model: type[models.Model], columns: Sequence[str], rows: Sequence[Row]
) -> Iterator[tuple[str, list[Any]]]:
    """`INSERT ... VALUES ...` and its parameters, in chunks that both databases take."""
    quote = connection.ops.quote_name
    head = f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(map(quote, columns))}) VALUES "
    one = f"({', '.join(['%s'] * len(columns))})"
    prepare = _preparers(model, columns)
    chunk = max(1, MAX_PARAMETERS // len(columns))
    for start in range(0, len(rows), chunk):
        part = rows[start : start + chunk]
        yield (
            head + ", ".join([one] * len(part)),
            [value for row in part for value in _prepared(prepare, row)],
        )


def _key(model: type[models.Model]) -> str:
    return str(model._meta.pk.column)


Prepare = Callable[[Any], Any] | None


def _preparers(model: type[models.Model], columns: Sequence[str]) -> list[Prepare]:
    """How each column's values become parameters; None where they are ones already."""
    fields = {str(field.column): field for field in model._meta.concrete_fields}
    return [_preparer(fields[column]) for column in columns]


def _preparer(field: "models.Field[Any, Any]") -> Prepare:
    if isinstance(field, models.DateTimeField | models.UUIDField):
        known: dict[Any, Any] = {}

        def prepare(value: Any) -> Any:
            # One batch repeats its times and ids again and again.
            found = known.get(value)
            if found is None and value is not None:
                found = known[value] = field.get_db_prep_save(value, connection)
            return found

        return prepare
    return None


def _prepared(prepare: Sequence[Prepare], row: Row) -> list[Any]:
    return [value if p is None else p(value) for p, value in zip(prepare, row, strict=True)]
