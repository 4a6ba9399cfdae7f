"""The databases that the benchmark runs on: SQLite in the data directory, and a PostgreSQL of its own."""

import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

import psycopg

from tests.with_postgres import postgres_url


class Store(Protocol):
    def fresh(self) -> str:
        """The URL of an empty database."""
        ...

    def count(self, table: str, data: Path) -> int: ...

    def size(self, data: Path) -> int:
        """Bytes on disk, logs of the database aside."""
        ...


class SQLite:
    def fresh(self) -> str:
        return ""

    def count(self, table: str, data: Path) -> int:
        with closing(sqlite3.connect(data / "db.sqlite3", timeout=20)) as connection:
            return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])

    def size(self, data: Path) -> int:
        with closing(sqlite3.connect(data / "db.sqlite3", timeout=20)) as connection:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            return int(pages * connection.execute("PRAGMA page_size").fetchone()[0])


class PostgreSQL:
    def __init__(self, url: str) -> None:
        self._server = url
        self._url = ""

    def fresh(self) -> str:
        name = f"bench_{uuid.uuid4().hex[:8]}"
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        base, slash, rest = self._server.rpartition("/")
        _, mark, options = rest.partition("?")
        self._url = f"{base}{slash}{name}{mark}{options}"
        return self._url

    def count(self, table: str, data: Path) -> int:
        return self._number(f"SELECT count(*) FROM {table}")

    def size(self, data: Path) -> int:
        self._number("CHECKPOINT", answer=False)
        return self._number("SELECT pg_database_size(current_database())")

    def _number(self, statement: str, *, answer: bool = True) -> int:
        with psycopg.connect(self._url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            row = cursor.fetchone() if answer else None
            return int(row[0]) if row else 0


@contextmanager
def provide(name: str) -> Iterator[Store]:
    if name == "sqlite":
        yield SQLite()
    elif name == "postgresql":
        with postgres_url() as url:
            yield PostgreSQL(url)
    else:
        raise SystemExit(f"{name}: there is sqlite and postgresql")
