"""Databases of earlier releases, as text: how they are read, and how that of this release is written.

    python -m tests.deploy.earlier                  writes tests/data/VERSION.sqlite.sql
    python -m tests.with_postgres python -m tests.deploy.earlier    ... and VERSION.postgresql.sql

Written once, when a version is released, and never again.
"""

import contextlib
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

import bugsink_lite
from tests.servers import ROOT, Server
from tests.system import program
from tests.wire import Dsn, new_event_id, send
from tests.with_postgres import fresh_database

DATA = ROOT / "tests" / "data"
PROJECT = "Of an earlier release"
KINDS = ("KeyError", "TypeError", "TimeoutError", "ValueError")
EACH = 3


def event(kind: str, number: int = 0) -> dict[str, object]:
    """Of one kind: one issue, in any release."""
    frames = [
        {"filename": f"shop/{name}.py", "function": name, "lineno": 10, "in_app": True}
        for name in ("serve", "checkout", kind.lower())
    ]
    return {
        "platform": "python",
        "level": "error",
        "release": f"shop@1.{number}.0",
        "environment": "production",
        "user": {"id": str(number)},
        "tags": {"region": "eu"},
        "exception": {
            "values": [
                {"type": kind, "value": f"{kind} happened", "stacktrace": {"frames": frames}}
            ]
        },
    }


def load(path: Path, server: Server) -> None:
    """Into the server's empty database."""
    text = path.read_text()
    if server.database_url is None:
        server.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(server.data / "db.sqlite3")) as database:
            database.executescript(text)
        return
    with psycopg.connect(server.database_url, autocommit=True) as database:
        database.execute(text.encode())


def write() -> Path:
    """Fill an installation as its users would, and write down its database."""
    url = os.environ.get("DATABASE_URL")
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if url:
            url = stack.enter_context(fresh_database(url))
        server = Server(directory, url)
        stack.callback(server.close)
        server.start()
        fill(server.create_project(PROJECT))
        server.wait_for_events(len(KINDS) * EACH)
        server.wait_until_digested()
        server.command("shell", "--no-imports", "-c", TRIAGE)
        server.stop()
        kind = "postgresql" if url else "sqlite"
        path = DATA / f"{bugsink_lite.__version__}.{kind}.sql"
        path.write_text(_postgresql(url) if url else _sqlite(server.data / "db.sqlite3"))
        return path


def fill(dsn: Dsn) -> None:
    for number in range(EACH):
        for kind in KINDS:
            assert send(dsn, event(kind, number), new_event_id()).status == 200


TRIAGE = """
from issues import comments, triage
from issues.models import Issue
from projects.models import User
from django.utils import timezone
by = User.objects.get()
first, second = Issue.objects.order_by("pk")[:2]
comments.comment(first, "Seen by somebody.", by=by, now=timezone.now())
triage.resolve([second], by=by, now=timezone.now())
"""


def _sqlite(path: Path) -> str:
    with contextlib.closing(sqlite3.connect(path)) as database:
        return "\n".join(database.iterdump()) + "\n"


def _postgresql(url: str) -> str:
    parts = urlsplit(url)
    dump = program("pg_dump")
    assert dump is not None
    text = subprocess.run(
        [dump, "--no-owner", "--no-privileges", "--rows-per-insert=50", "--no-comments", url],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert parts.password is None or parts.password not in text
    # Commands of psql, and what a newer server says of itself, are not for others.
    text = re.sub(r"^(?:\\.*|--.*|SET transaction_timeout.*)\n", "", text, flags=re.MULTILINE)
    return re.sub(r"\n{2,}", "\n", text)


if __name__ == "__main__":
    print(write())
    sys.exit(0)
