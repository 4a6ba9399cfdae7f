"""Clients that open connections and hardly send: they cost a file number, never a thread."""

import contextlib
import os
import resource
import signal
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from bugsink_lite.worker import HEAD_SECONDS, PEEK_BYTES
from tests.e2e.load import event
from tests.servers import NewServer, Server, wait_for
from tests.wire import Dsn, envelope, new_event_id, send

pytestmark = [pytest.mark.once, pytest.mark.timeout(180)]

SLOW = 100
QUICK_SECONDS = 3.0  # for a request of somebody else, on a loaded machine


def head(dsn: Dsn, length: int | None = None) -> bytes:
    lines = [f"POST {dsn.envelope_path} HTTP/1.1", f"Host: {dsn.host}:{dsn.port}"]
    lines += [f"{name}: {value}" for name, value in dsn.auth.items()]
    lines.append("Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}")
    return "\r\n".join([*lines, "", ""]).encode()


@contextlib.contextmanager
def dribbling(dsn: Dsn, beginning: bytes, rest: bytes, count: int = SLOW) -> Iterator[None]:
    """So many connections that send a byte now and then."""
    with contextlib.ExitStack() as stack:
        sockets = [
            stack.enter_context(socket.create_connection((dsn.host, dsn.port), timeout=30))
            for _ in range(count)
        ]
        for each in sockets:
            each.sendall(beginning)
        stop = threading.Event()

        def dribble() -> None:
            for byte in rest:
                for each in sockets:
                    with contextlib.suppress(OSError):
                        each.sendall(bytes([byte]))
                if stop.wait(0.5):
                    return

        thread = threading.Thread(target=dribble)
        thread.start()
        stack.callback(thread.join)
        stack.callback(stop.set)
        yield


def assert_quick(dsn: Dsn, seconds: float = QUICK_SECONDS) -> None:
    for number in range(5):
        began = time.monotonic()
        assert send(dsn, event(number), new_event_id()).status == 200
        assert time.monotonic() - began < seconds


@pytest.mark.parametrize("sent", ["nothing", "half a head", "a head", "a head and half a body"])
def test_slow_senders_hold_up_nobody(sent: str, server: Server, dsn: Dsn) -> None:
    body = envelope(event(1), new_event_id())
    whole = head(dsn, len(body)) + body
    beginning = {
        "nothing": b"",
        "half a head": whole[:40],
        "a head": head(dsn, len(body)),
        "a head and half a body": head(dsn, len(body)) + body[: len(body) // 2],
    }[sent]
    with dribbling(dsn, beginning, whole[len(beginning) :]):
        assert_quick(dsn)


def test_what_is_larger_than_is_waited_for_is_cut_off_when_others_wait(
    server: Server, dsn: Dsn
) -> None:
    """The beginning is there, and the thread waits for the rest: no longer than some seconds."""
    size = PEEK_BYTES * 2
    with dribbling(dsn, head(dsn, size) + b"x" * PEEK_BYTES, b"x" * 300, count=30):
        began = time.monotonic()
        assert send(dsn, event(1), new_event_id()).status == 200
        assert time.monotonic() - began < 25  # twelve at a time, each for 5 s


def test_a_request_in_many_small_pieces_is_taken(server: Server, dsn: Dsn) -> None:
    event_id = new_event_id()
    body = envelope({**event(1), "extra": {"noise": os.urandom(60_000).hex()}}, event_id)
    whole = head(dsn, len(body)) + body
    with socket.create_connection((dsn.host, dsn.port), timeout=30) as connection:
        for start in range(0, len(whole), 4999):
            connection.sendall(whole[start : start + 4999])
            time.sleep(0.01)
        assert connection.recv(100).startswith(b"HTTP/1.1 200")


def test_a_request_that_ends_too_early_gets_its_answer(server: Server, dsn: Dsn) -> None:
    """The sender closes its side in the middle of the body, and listens."""
    with socket.create_connection((dsn.host, dsn.port), timeout=30) as connection:
        connection.sendall(head(dsn, 1000) + b"x" * 10)
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100).startswith(b"HTTP/1.1 400")


def test_a_connection_that_says_nothing_is_closed(server: Server, dsn: Dsn) -> None:
    with socket.create_connection((dsn.host, dsn.port), timeout=60) as connection:
        assert connection.recv(1) == b""


LAST_REQUEST = b"OPTIONS /api/1/envelope/ HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"


def test_who_never_closes_an_answered_connection_holds_up_nobody(server: Server, dsn: Dsn) -> None:
    with dribbling(dsn, LAST_REQUEST, b""):
        assert_quick(dsn)


def is_refused(connection: socket.socket) -> bool:
    try:
        connection.sendall(b"x")
    except OSError:
        return True
    return False


@pytest.mark.parametrize("more", [b"", b"x", b"x" * 100_000], ids=["nothing", "little", "a lot"])
def test_an_answered_connection_is_closed(more: bytes, server: Server, dsn: Dsn) -> None:
    """By the server, whatever is still sent, and not before its answer has been read."""
    with socket.create_connection((dsn.host, dsn.port), timeout=30) as connection:
        connection.sendall(LAST_REQUEST)
        assert connection.recv(1000, socket.MSG_PEEK).startswith(b"HTTP/1.1 20")
        connection.sendall(more)
        answer = b""
        while data := connection.recv(1000):
            answer += data
        assert answer.startswith(b"HTTP/1.1 20")
        wait_for(lambda: is_refused(connection), "the other side to be closed as well")


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_slow_senders_do_not_hold_up_a_stop(signum: signal.Signals, new_server: NewServer) -> None:
    server = new_server()
    dsn = server.create_project("Shop")
    with dribbling(dsn, head(dsn, 1000), b"x" * 100):
        time.sleep(1)
        began = time.monotonic()
        server.stop(signum)
        assert time.monotonic() - began < 12


@pytest.mark.parametrize(
    "beginning",
    [b"", b"OPTIONS /api/1/envelope/ HTTP/1.1\r\nHost: here\r\n\r\n"],
    ids=["new", "idle"],
)
def test_more_connections_than_descriptors(beginning: bytes, new_server: NewServer) -> None:
    """They wait in the system's queue, and those before them that say nothing make room."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, hard))
    try:
        server = new_server()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    dsn, workers = server.create_project("Shop"), server.workers()
    with dribbling(dsn, beginning, b"", count=220):
        assert_quick(dsn, seconds=HEAD_SECONDS - 1)
    assert server.workers() == workers


def test_a_process_without_descriptors_lives_on(new_server: NewServer) -> None:
    server = new_server()
    dsn = server.create_project("Shop")
    assert_quick(dsn)
    [worker] = server.workers()
    used = len(os.listdir(f"/proc/{worker}/fd"))
    resource.prlimit(worker, resource.RLIMIT_NOFILE, (used + 10, used + 10))
    with dribbling(dsn, b"", b"", count=40):
        wait_for(lambda: "cannot be accepted" in server.output(), "the limit to be met")
    assert_quick(dsn)
    assert server.workers() == [worker]
