"""The units: what systemd thinks of them, and their command line as systemd would start it."""

import contextlib
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bugsink_lite import systemd
from tests.servers import NewServer, Server, wait_for
from tests.system import program
from tests.wire import Dsn, Sender, new_event_id, send

pytestmark = pytest.mark.once

MOST_EXPOSED = 3.0
CHOICES = systemd.Choices(systemd.own_program(), user="root")


@pytest.fixture
def analyze() -> str:
    found = program("systemd-analyze")
    if found is None:
        pytest.skip("systemd-analyze is not installed")
    return str(found)


def written(directory: Path, choices: systemd.Choices = CHOICES) -> Path:
    for name, text in systemd.units(choices).items():
        (directory / name).write_text(text)
    return directory / systemd.SERVICE


def test_the_units_are_right(analyze: str, tmp_path: Path) -> None:
    service = written(tmp_path)
    done = subprocess.run(
        [analyze, "verify", "--man=no", service, tmp_path / systemd.SOCKET],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_service_is_hardened(analyze: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [analyze, "security", "--offline=true", "--no-pager", "--json=short",
         f"--threshold={MOST_EXPOSED * 10:.0f}", written(tmp_path)],
        capture_output=True,
        text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    plain = subprocess.run(
        [analyze, "security", "--offline=true", "--no-pager", written(tmp_path)],
        capture_output=True,
        text=True,
    )
    found = re.search(r"Overall exposure level .*: (\d+\.\d)", plain.stdout)
    assert found is not None
    print(f"exposure: {found[1]}")
    assert float(found[1]) < MOST_EXPOSED


def test_every_path_is_the_one_that_was_chosen() -> None:
    choices = systemd.Choices(
        Path("/srv/venv/bin/bugsink-lite"),
        user="errors",
        data=Path("/data/errors"),
        environment=Path("/etc/errors.env"),
        listen="0.0.0.0:9000",
    )
    units = systemd.units(choices)
    service = units[systemd.SERVICE]
    assert "\nExecStart=/srv/venv/bin/bugsink-lite run\n" in service
    assert "\nUser=errors\nGroup=errors\nEnvironmentFile=-/etc/errors.env\n" in service
    assert "\nEnvironment=BUGSINK_LITE_DATA=/data/errors " in service
    assert "\nReadWritePaths=/data/errors\n" in service
    assert "/var/lib" not in service
    assert "\nListenStream=0.0.0.0:9000\n" in units[systemd.SOCKET]


@pytest.mark.parametrize(
    "choices",
    [
        pytest.param(systemd.Choices(Path("bin/bugsink-lite")), id="relative"),
        pytest.param(systemd.Choices(Path("/a b/bugsink-lite")), id="with a space"),
        pytest.param(systemd.Choices(Path("/x"), user="a\nExecStart=/bin/sh"), id="more lines"),
        pytest.param(systemd.Choices(Path("/x"), data=Path("/%h")), id="a specifier"),
    ],
)
def test_what_a_unit_cannot_say_is_refused(choices: systemd.Choices) -> None:
    with pytest.raises(ValueError, match=r"must be|cannot"):
        systemd.units(choices)


def test_the_command_prints_and_writes(new_server: NewServer, tmp_path: Path) -> None:
    server = new_server(start=False)
    printed = server.command("install-systemd", "--user", "errors").stdout
    assert f"ExecStart={sys.prefix}/bin/bugsink-lite run" in printed
    assert "User=errors" in printed
    environment = tmp_path / "settings"
    arguments = ("--write", "--directory", str(tmp_path), "--env-file", str(environment))
    said = server.command("install-systemd", *arguments).stdout
    assert str(environment) in said
    assert environment.stat().st_mode & 0o777 == 0o600
    environment.write_text("BASE_URL=https://kept.example.com\n")
    server.command("install-systemd", *arguments)
    assert "kept" in environment.read_text(), "settings are never overwritten"
    assert (tmp_path / systemd.SERVICE).exists()


def test_the_example_of_settings_can_be_read(new_server: NewServer, tmp_path: Path) -> None:
    example = tmp_path / "env"
    example.write_text(systemd.environment_example())
    server = new_server(start=False, BUGSINK_LITE_ENV_FILE=str(example))
    del server.environment["BASE_URL"]
    code = "from django.conf import settings as s; print(s.BASE_URL, s.ADMIN_EMAIL)"
    shown = server.command("shell", "--no-imports", "-c", code).stdout
    assert shown == "https://errors.example.com you@example.com\n"


# --- started as systemd does -------------------------------------------------------------------


class Manager:
    """A service manager's end of the notify socket."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self.path))
        self._socket.settimeout(0.2)
        self.told: list[str] = []

    def has_heard(self, line: str) -> bool:
        try:
            while True:
                self.told += self._socket.recv(4096).decode().splitlines()
        except TimeoutError:
            return line in self.told

    def forget(self) -> None:
        self.has_heard("")
        self.told.clear()

    def close(self) -> None:
        self._socket.close()


# What prctl(2) can do of the sandbox: no memory that is written and then run, where the kernel knows that (6.3), and no
# new privileges.
SANDBOXED = """
import ctypes, os, sys
prctl = ctypes.CDLL(None).prctl
prctl(65, 1, 0, 0, 0)
assert prctl(38, 1, 0, 0, 0) == 0
os.umask(0o077)
os.execv(sys.argv[1], sys.argv[1:])
"""


def as_systemd(server: Server, manager: Manager, *, watchdog: float) -> None:
    """The unit's own command line and environment, in the place of the test server's."""
    service = systemd.units(CHOICES)[systemd.SERVICE]
    (command,) = re.findall(r"^ExecStart=(.*)$", service, re.MULTILINE)
    words = shlex.split(command)
    assert words == [str(systemd.own_program()), "run"]
    server.environment |= {
        "NOTIFY_SOCKET": str(manager.path),
        "WATCHDOG_USEC": str(int(watchdog * 1e6)),
        "JOURNAL_STREAM": "8:1",
    }
    server.start_as(sys.executable, "-c", SANDBOXED, *words)


def test_the_units_command_is_ready_is_watched_and_stops(new_server: NewServer) -> None:
    server = new_server(start=False)
    dsn = server.create_project("Unit")
    manager = Manager(server.directory)
    try:
        as_systemd(server, manager, watchdog=4)
        wait_for(lambda: manager.has_heard("READY=1"), "READY=1", every=0)
        assert send(dsn, {"message": "x"}, new_event_id()).status == 200, "ready: it answers"
        wait_for(lambda: manager.has_heard("WATCHDOG=1"), "WATCHDOG=1", every=0)
        assert server.login[1] not in server.output(), "the journal is not for passwords"

        # A hung worker, or one whose digester is stuck, does not beat: the watchdog starves.
        (worker,) = server.workers()
        os.kill(worker, signal.SIGSTOP)
        time.sleep(2.5)
        manager.forget()
        time.sleep(1.5)
        assert not manager.has_heard("WATCHDOG=1")
        os.kill(worker, signal.SIGCONT)
        wait_for(lambda: manager.has_heard("WATCHDOG=1"), "WATCHDOG=1 again", every=0)

        assert server.stop() == 0
        assert manager.has_heard("STOPPING=1")
    finally:
        manager.close()


SOCKET_ACTIVATION = """
import os, socket, sys
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", int(sys.argv[1])))
listener.listen(128)
os.dup2(listener.fileno(), 3)
for again in range(2):
    pid = os.fork()
    if pid == 0:
        os.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
        os.set_inheritable(3, True)
        os.dup2(2, 1)
        os.execv(sys.executable, [sys.executable, "-m", "bugsink_lite", "run"])
    print(pid, flush=True)
    status = os.waitpid(pid, 0)[1]
    if status:
        sys.exit(1)
"""


def send_patiently(dsn: Dsn) -> int:
    with contextlib.closing(Sender(dsn, timeout=90)) as sender:
        return sender.send({"message": "x"}, new_event_id()).status


@pytest.mark.long
def test_with_a_socket_unit_a_restart_refuses_nobody(new_server: NewServer) -> None:
    server = new_server(start=False)
    dsn = server.create_project("Socket")
    with open(server.log, "ab") as log:
        manager = subprocess.Popen(
            [sys.executable, "-c", SOCKET_ACTIVATION, str(server.port)],
            env=server.environment,
            cwd=server.directory,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    try:
        assert manager.stdout is not None
        first = int(manager.stdout.readline())
        # The port listens already: the request waits for the server.
        assert send_patiently(dsn) == 200
        os.kill(first, signal.SIGTERM)
        # While it stops, and before the next one serves: nothing is refused.
        second = int(manager.stdout.readline())
        assert send_patiently(dsn) == 200
        server.wait_for_events(2)
        os.kill(second, signal.SIGTERM)
        assert manager.wait(60) == 0
    finally:
        if manager.poll() is None:
            os.killpg(manager.pid, signal.SIGKILL)
            manager.wait()
        assert manager.stdout is not None
        manager.stdout.close()


@pytest.mark.long
def test_a_process_that_hangs_is_replaced(new_server: NewServer) -> None:
    """By the arbiter, after its 60 seconds; systemd would begin anew if that did not help."""
    server = new_server()
    dsn = server.create_project("Hung")
    assert send(dsn, {"message": "before"}, new_event_id()).status == 200
    (hung,) = server.workers()
    os.kill(hung, signal.SIGSTOP)
    wait_for(lambda: server.workers() and hung not in server.workers(), "another", seconds=150)
    assert send_patiently(dsn) == 200
    server.wait_for_events(2)
    assert "WORKER TIMEOUT" in server.output()
