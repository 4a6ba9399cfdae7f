"""The one kind of statement that the ORM cannot say: insert, and add to the row that is there.

`INSERT ... ON CONFLICT ... DO UPDATE SET count = table.count + excluded.count` reads the same in SQLite and PostgreSQL.
`bulk_create(update_conflicts=True)` can only overwrite.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection, models

# SQLite takes 32,766 parameters in a statement; PostgreSQL's protocol 65,535.
MAX_PARAMETERS = 30_000


def add_up(
    model: type[models.Model],
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    unique: Sequence[str],
    add: Sequence[str],
    latest: Sequence[str] = (),
) -> None:
    """Insert rows; where one with the same unique columns exists, add `add` to it and raise `latest` to the later.

    columns: database column names, in the order of each row's values. Rows with equal unique columns must be summed by
    the caller. Sort them: processes that update the same rows in the same order cannot deadlock.
    """
    if not rows:
        return
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    sets = [f"{quote(c)} = {table}.{quote(c)} + excluded.{quote(c)}" for c in add]
    sets += [
        f"{quote(c)} = CASE WHEN excluded.{quote(c)} > {table}.{quote(c)} "
        f"THEN excluded.{quote(c)} ELSE {table}.{quote(c)} END"
        for c in latest
    ]
    action = f"DO UPDATE SET {', '.join(sets)}" if sets else "DO NOTHING"
    fields = [model._meta.get_field(name) for name in columns]
    one = f"({', '.join(['%s'] * len(columns))})"
    chunk = max(1, MAX_PARAMETERS // len(columns))
    with connection.cursor() as cursor:
        for start in range(0, len(rows), chunk):
            part = rows[start : start + chunk]
            values = [
                field.get_db_prep_save(value, connection)  # type: ignore[union-attr]
                for row in part
                for field, value in zip(fields, row, strict=True)
            ]
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(map(quote, columns))}) VALUES "
                f"{', '.join([one] * len(part))} "
                f"ON CONFLICT ({', '.join(map(quote, unique))}) {action}",
                values,
            )
