"""PostgreSQL's tables, out and in, over the product's own connection.

Our own COPY instead of pg_dump: it needs no client programs of the server's version on this machine, goes through a
connection pooler, and what comes out can be read into the same tables of any later server. All tables come from one
snapshot.
"""

from collections.abc import Iterable, Iterator

from django.db import connection
from psycopg import sql

from bugsink_lite.backup.archive import PIECE_BYTES

SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
MIGRATIONS = "django_migrations"


def columns() -> dict[str, list[str]]:
    """Table -> its columns in their order, without those that the database reckons itself."""
    names = _ours()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = current_schema() AND is_generated = 'NEVER' "
            "ORDER BY table_name, ordinal_position"
        )
        found: dict[str, list[str]] = {name: [] for name in names}
        for table, column in cursor.fetchall():
            if table in found:
                found[table].append(column)
    return found


def _ours() -> list[str]:
    """Another application's tables may lie beside them."""
    found = connection.introspection.django_table_names(only_existing=True, include_views=False)
    with connection.cursor() as cursor:
        there = connection.introspection.table_names(cursor)
    return sorted({*found, MIGRATIONS}.intersection(there))


def _list(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))


def pieces(table: str, of: Iterable[str]) -> Iterator[bytes]:
    """The table as text, in pieces of some megabytes. Inside the caller's transaction."""
    statement = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(
        _list(of), sql.Identifier(table)
    )
    waiting, size = [], 0
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for block in copy:
            waiting.append(bytes(block))
            size += len(block)
            if size >= PIECE_BYTES:
                yield b"".join(waiting)
                waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)


def read_in(table: str, into: Iterable[str], data: Iterable[bytes]) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), _list(into))
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for piece in data:
            copy.write(piece)


def empty(names: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("TRUNCATE {}").format(_list(names)))


def drop_all() -> None:
    if names := _ours():
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("DROP TABLE {} CASCADE").format(_list(names)))


def set_sequences(names: Iterable[str]) -> None:
    """The next number of each table is behind the highest that was read in."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, pg_get_serial_sequence(format('%I.%I', table_schema, "
            "table_name), column_name) FROM information_schema.columns "
            "WHERE table_schema = current_schema()"
        )
        wanted = set(names)
        for table, column, sequence in cursor.fetchall():
            if sequence is None or table not in wanted:
                continue
            highest = sql.SQL("SELECT setval({}, coalesce(max({}), 0) + 1, false) FROM {}")
            cursor.execute(
                highest.format(sql.Literal(sequence), sql.Identifier(column), sql.Identifier(table))
            )
