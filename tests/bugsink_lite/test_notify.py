"""sd_notify(3) by hand, and when the watchdog is fed."""

import os
import socket
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bugsink_lite import arbiter, background
from bugsink_lite.arbiter import Arbiter
from bugsink_lite.notify import Notifier, has_sockets


@pytest.fixture
def manager(tmp_path: Path) -> Any:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.setblocking(False)
        yield listener


def told(manager: socket.socket) -> list[str]:
    found = []
    while True:
        try:
            found.append(manager.recv(4096).decode())
        except BlockingIOError:
            return found


def test_tells_what_it_is_told_to_and_takes_the_address_away(
    manager: socket.socket, tmp_path: Path
) -> None:
    environment = {
        "NOTIFY_SOCKET": str(tmp_path / "notify"),
        "WATCHDOG_USEC": "90000000",
        "WATCHDOG_PID": str(os.getpid()),
        "HOME": "/",
    }
    notifier = Notifier.taken(environment)
    notifier.tell(READY=1, STATUS="Serving")
    assert told(manager) == ["READY=1\nSTATUS=Serving"]
    assert notifier.watchdog == 90
    assert environment == {"HOME": "/"}


def test_an_abstract_address_begins_with_an_at() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        name = f"bugsink-lite-{os.getpid()}-{time.monotonic_ns()}"
        listener.bind(f"\0{name}")
        Notifier(f"@{name}").tell(STOPPING=1)
        assert listener.recv(100) == b"STOPPING=1"


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({}, id="nobody listens"),
        pytest.param({"WATCHDOG_USEC": "1000000"}, id="no address"),
        pytest.param(
            {"NOTIFY_SOCKET": "/nowhere/x", "WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"},
            id="another process is watched",
        ),
        pytest.param({"NOTIFY_SOCKET": "/nowhere/x", "WATCHDOG_USEC": "soon"}, id="no number"),
    ],
)
def test_without_a_watchdog_nothing_is_fed_and_nothing_fails(environment: dict[str, str]) -> None:
    notifier = Notifier.taken(dict(environment))
    assert notifier.watchdog is None
    notifier.tell(READY=1)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, False),
        ({"LISTEN_FDS": "1", "LISTEN_PID": "1"}, False),
        ({"LISTEN_FDS": "0", "LISTEN_PID": str(os.getpid())}, False),
        ({"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}, True),
    ],
)
def test_sockets_are_ours_if_our_number_is_on_them(
    environment: dict[str, str], expected: bool
) -> None:
    assert has_sockets(environment) is expected


# --- the watchdog ----------------------------------------------------------------------------


class Beat:
    """A worker as the arbiter sees it: a file whose time is its last beat. age: seconds; None: it has not begun."""

    def __init__(self, age: float | None) -> None:
        self.tmp = SimpleNamespace(last_update=self.last_update)
        self.age = age
        self.aborted = False

    def last_update(self) -> float:
        return time.time() if self.age is None else time.monotonic() - self.age


def an_arbiter(manager: socket.socket, *ages: float | None) -> Any:
    made = Arbiter.__new__(Arbiter)
    made._notifier = Notifier(str(manager.getsockname()), watchdog=60)
    made._is_ready, made._fed_at = False, 0.0
    made.timeout = 0  # no worker is killed here
    made._num_workers = len(ages)
    made.WORKERS = {number: Beat(age) for number, age in enumerate(ages)}
    return made


def test_ready_is_when_every_worker_serves(manager: socket.socket) -> None:
    one = an_arbiter(manager, 0.1, None)
    one.murder_workers()
    assert told(manager) == []
    one.WORKERS[1].age = 0.0
    one.murder_workers()
    one.murder_workers()
    ready, fed = told(manager)
    assert ready.startswith("READY=1\n")
    assert fed == "WATCHDOG=1"


@pytest.mark.parametrize("age", [30.5, 600.0])
def test_a_worker_that_does_not_beat_starves_the_watchdog(
    manager: socket.socket, age: float
) -> None:
    one = an_arbiter(manager, 0.1, 0.1)
    one.murder_workers()
    told(manager)
    one._fed_at = 0.0
    one.WORKERS[1].age = age
    one.murder_workers()
    assert told(manager) == []
    one.WORKERS[1].age = None  # replaced, and on its way
    one.murder_workers()
    assert told(manager) == ["WATCHDOG=1"]


def test_without_any_worker_nothing_is_fed(manager: socket.socket) -> None:
    one = an_arbiter(manager, 0.1)
    one.murder_workers()
    told(manager)
    one._fed_at = 0.0
    one.WORKERS.clear()
    one.murder_workers()
    assert told(manager) == []


def test_a_file_that_is_gone_has_no_beat() -> None:
    def gone() -> float:
        raise ValueError("I/O operation on closed file")

    assert arbiter.beat_age(SimpleNamespace(tmp=SimpleNamespace(last_update=gone))) is None


# --- what a worker's beat stands for ---------------------------------------------------------


class Thread:
    def __init__(self, alive: bool) -> None:
        self._alive = alive

    def is_alive(self) -> bool:
        return self._alive


@pytest.mark.parametrize(
    ("alive", "turned", "expected"),
    [
        pytest.param((True, True), 0.0, True, id="all is well"),
        pytest.param((True, True), background.HUNG_SECONDS - 1, True, id="a long batch"),
        pytest.param((True, False), 0.0, False, id="a thread has died"),
        pytest.param((True, True), background.HUNG_SECONDS + 1, False, id="the digester hangs"),
    ],
)
def test_a_process_is_alive_while_its_threads_are(
    alive: tuple[bool, ...], turned: float, expected: bool
) -> None:
    one: Any = background.Background(own_spool=False)
    one._threads = [Thread(each) for each in alive]
    one._digester.turned_at = 1000.0
    assert one.is_alive(1000.0 + turned) is expected
    one._stopping.set()
    assert one.is_alive(1000.0 + turned), "a stop takes its time"
