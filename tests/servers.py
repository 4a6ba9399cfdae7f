"""The product as a process: started, looked into, stopped and killed. Fixtures `server` and `new_server`."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol
from urllib.parse import urlsplit

import psycopg
import pytest

from ingest.spool_files import spool_files
from tests.cloning import clone_project
from tests.net import free_port
from tests.wire import Dsn
from tests.with_postgres import fresh_database

ROOT = Path(__file__).parent.parent
START_SECONDS = 60  # generous: on a loaded machine migrations alone take their time
STOP_SECONDS = 60

# What a shell or the test settings may have set and a server must not inherit.
FOREIGN = frozenset(
    {
        *(
            "BASE_URL",
            "BIND",
            "BUGSINK_LITE_DATA",
            "BUGSINK_LITE_ENV_FILE",
            "DATABASE_URL",
            "DEBUG",
        ),
        *("DIGEST", "DJANGO_SETTINGS_MODULE", "PORT", "PYTHONPATH", "SECRET_KEY", "SENTRY_DSN"),
    }
)

_running: list["Server"] = []


def wait_for(
    condition: Callable[[], Any], what: str, *, seconds: float = 60, every: float = 0.05
) -> Any:
    """Wait until condition() is truthy and return it; fail with what was waited for."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(every)


def _is_alive(group: int) -> bool:
    """Whether a process of the group still runs; one that only waits to be reaped holds nothing. From Linux's /proc."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, pgrp = stat.read_text().rpartition(")")[2].split()[:3]
            if int(pgrp) == group and state not in "ZX":
                return True
    return False


class Server:
    """One installation: a data directory, a database, a port; the process comes and goes."""

    def __init__(
        self,
        directory: Path,
        database_url: str | None,
        *,
        program: tuple[str, ...] = (sys.executable, "-m", "bugsink_lite"),
        path: Path | None = ROOT,
        settings: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """database_url: None is the product's default, SQLite in the data directory.

        path: where the product is imported from; None if `program` knows.
        """
        self.directory = directory
        self.data = directory / "data"
        self.database_url = database_url
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = directory / "server.log"
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None
        self.environment = {k: v for k, v in os.environ.items() if k not in FOREIGN}
        self.environment |= {
            "BUGSINK_LITE_DATA": str(self.data),
            "BASE_URL": self.url,
            "PORT": str(self.port),
            "PYTHONUNBUFFERED": "1",
        }
        if path is not None:
            self.environment["PYTHONPATH"] = str(path)
        if database_url is not None:
            self.environment["DATABASE_URL"] = database_url
        self.environment |= dict(settings)

    # --- the process ---

    def start(self, command: str = "run", *, wait: bool = True) -> None:
        self.start_as(*self._program, command)
        if wait:
            self.wait_until_ready()

    def start_as(self, *command: str) -> None:
        """By another command line, which becomes the server."""
        assert self._process is None, "is running already"
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                command,
                env=self.environment,
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # kill() takes the whole group: arbiter and worker
            )

    def wait_until_ready(self) -> None:
        wait_for(self._answers, f"{self.url} to answer", seconds=START_SECONDS)

    def _answers(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            pytest.fail(
                f"the server ended with status {self._process.returncode}:\n{self.output()}"
            )
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("OPTIONS", "/api/1/envelope/")
            return connection.getresponse().status < 300
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    @property
    def pid(self) -> int:
        assert self._process is not None, "is not running"
        return self._process.pid

    def workers(self) -> list[int]:
        """Process ids of the arbiter's children. From Linux's /proc."""
        return [
            int(pid)
            for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        ]

    def stop(self, signum: int = signal.SIGTERM) -> int:
        """Send a signal to the process that was started, and return its exit status."""
        assert self._process is not None, "is not running"
        self._process.send_signal(signum)
        return self.wait()

    def wait(self) -> int:
        assert self._process is not None, "is not running"
        status = self._process.wait(STOP_SECONDS)
        self._process = None
        return status

    def kill(self) -> None:
        """SIGKILL for every process of the server. Returns when the last of them is gone, and its locks with it."""
        assert self._process is not None, "is not running"
        group = self._process.pid
        os.killpg(group, signal.SIGKILL)
        self._process.wait(STOP_SECONDS)
        self._process = None
        wait_for(lambda: not _is_alive(group), "the killed processes to be gone")

    def close(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.kill()

    def output(self) -> str:
        """What all its runs have printed, to standard output and standard error."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    # --- what is inside ---

    def command(
        self, *args: str, check: bool = True, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a management command of this installation."""
        done = subprocess.run(
            [*self._program, *args],
            env=self.environment,
            cwd=self.directory,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
        )
        assert not check or done.returncode == 0, f"{args}: {done.stdout}{done.stderr}"
        return done

    def stats(self) -> dict[str, int]:
        numbers: dict[str, int] = json.loads(self.command("stats", "--json").stdout)
        return numbers

    def create_project(self, name: str) -> Dsn:
        made = self._clone_project(name)
        if made is not None:
            return Dsn.parse(f"http://{made[1]}@127.0.0.1:{self.port}/{made[0]}")
        return Dsn.parse(json.loads(self.command("create-project", name, "--json").stdout)["dsn"])

    def _clone_project(self, name: str) -> tuple[int, str] | None:
        if self.environment["BASE_URL"] != self.url:
            return None
        if self.database_url is None:
            path = self.data / "db.sqlite3"
            with contextlib.closing(sqlite3.connect(path, timeout=20)) as connection, connection:
                return clone_project(connection.cursor(), name, mark="?")
        with psycopg.connect(self.database_url) as postgres:
            return clone_project(postgres.cursor(), name, mark="%s")

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Look into the database past the product."""
        if self.database_url is None:
            path = self.data / "db.sqlite3"
            with contextlib.closing(sqlite3.connect(path, timeout=20)) as connection:
                return connection.execute(statement).fetchall()
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(statement.encode()).fetchall()

    def count(self, table: str) -> int:
        number: int = self.query(f"SELECT count(*) FROM {table}")[0][0]
        return number

    def wait_for_events(self, number: int) -> None:
        """Wait until the database holds so many events."""
        wait_for(lambda: self.count("issues_event") >= number, f"{number} events")

    def wait_until_digested(self) -> None:
        """Wait until nothing that was accepted is left in the spool."""
        # Asking the product costs a process each time: first a look past it.
        wait_for(lambda: not self._has_records(), "records to leave the spool", every=0.2)
        wait_for(lambda: self.stats()["spool"] == 0, "an empty spool", every=0.5)

    def _has_records(self) -> bool:
        for path in spool_files(self.data / "spool"):
            # Damaged, or just being made, cut or set aside: the product knows more.
            with (
                contextlib.suppress(sqlite3.Error),
                contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as it,
            ):
                if it.execute("SELECT 1 FROM record LIMIT 1").fetchone():
                    return True
        return False

    @property
    def login(self) -> tuple[str, str]:
        """E-mail and password of the administrator whom the first start made."""
        email, password = (self.data / "admin-password").read_text().split()[:2]
        return email, password


class NewServer(Protocol):
    def __call__(self, *, start: bool = True, empty: bool = False, **settings: str) -> Server:
        """empty: with nothing in its directories and database, as when it is started for the first time."""
        ...


@dataclass(frozen=True, slots=True)
class Prepared:
    """Tables and static files, which take half of a first start. Installations begin with a copy."""

    data: Path
    database: str  # the name of the database to copy; "" is the file in `data`


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prepared]:
    directory = tmp_path_factory.mktemp("prepared")
    given = os.environ.get("DATABASE_URL") or None
    with fresh_database(given) if given else contextlib.nullcontext() as url:
        server = Server(directory, url)
        subprocess.run(
            [sys.executable, "-c", PREPARE],
            env=server.environment | {"DJANGO_SETTINGS_MODULE": "bugsink_lite.settings"},
            cwd=directory,
            check=True,
        )
        yield Prepared(server.data, urlsplit(url).path.removeprefix("/") if url else "")


PREPARE = """
import django
django.setup()
from bugsink_lite import first_run
assert first_run.migrate() and first_run.collect_static()
"""


@contextlib.contextmanager
def _installations(base: Path, prepared: Prepared) -> Iterator[NewServer]:
    with contextlib.ExitStack() as stack:

        def new(*, start: bool = True, empty: bool = False, **settings: str) -> Server:
            directory = base / f"server-{len(list(base.iterdir()))}"
            directory.mkdir(parents=True)
            url = settings.pop("DATABASE_URL", os.environ.get("DATABASE_URL") or None)
            if url is not None and url == os.environ.get("DATABASE_URL"):
                template = "" if empty else prepared.database
                url = stack.enter_context(fresh_database(url, template))
            server = Server(directory, url, settings=settings)
            if not empty:
                shutil.copytree(prepared.data, server.data)
            _running.append(server)
            stack.callback(_running.remove, server)
            stack.callback(server.close)
            if start:
                server.start()
            return server

        yield new


@pytest.fixture
def new_server(tmp_path: Path, prepared: Prepared) -> Iterator[NewServer]:
    """Makes installations, without projects and on the run's database, and starts them."""
    with _installations(tmp_path, prepared) as new:
        yield new


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, prepared: Prepared) -> Iterator[Server]:
    """A running server that the module's tests share: each uses a project of its own."""
    with _installations(tmp_path_factory.mktemp("shared"), prepared) as new:
        yield new()


@pytest.fixture
def dsn(server: Server, request: pytest.FixtureRequest) -> Dsn:
    """The DSN of a new project on the shared server."""
    return server.create_project(request.node.name[:50])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        for server in _running:
            report.sections.append((f"server {server.url}", server.output()[-8000:]))
    return report


def settings_of(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for a process of the product that is no server."""
    kept = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    return kept | {"PYTHONPATH": str(ROOT)} | dict(environment)
