from types import SimpleNamespace
from typing import Any

import pytest

from bugsink_lite import background
from bugsink_lite.worker import PEEK_BYTES, Worker, missing

HEAD = b"POST /api/1/envelope/ HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"P", 1, id="a head that goes on"),
        pytest.param(HEAD, 1, id="a head without its end"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", 0, id="no body"),
        pytest.param(HEAD + b"Content-Length: 5\r\n\r\n", 5, id="no byte of the body"),
        pytest.param(HEAD + b"content-LENGTH:5\r\n\r\nabc", 2, id="a part of the body"),
        pytest.param(HEAD + b"Content-Length: 5\r\n\r\nabcde", 0, id="all"),
        pytest.param(HEAD + b"Content-Length: 5\r\n\r\nabcdeGET /", 0, id="more than all"),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", 0, id="no length"),
        pytest.param(HEAD + b"X: content-length: 9\r\n\r\n", 0, id="not its name"),
        pytest.param(HEAD + b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n", 0, id="asks"),
        pytest.param(b"x" * PEEK_BYTES, 0, id="a head without an end"),
    ],
)
def test_a_thread_gets_what_is_complete(data: bytes, expected: int) -> None:
    assert missing(data, 20 << 20) == expected


def test_large_bodies_are_not_waited_for_to_their_end() -> None:
    data = HEAD + b"Content-Length: 9000000\r\n\r\n"
    assert missing(data, 20 << 20) == PEEK_BYTES - len(data)
    assert missing(data, 1 << 20) == 0, "refused by its length alone"


@pytest.mark.parametrize("is_alive", [True, False])
def test_a_worker_beats_while_its_threads_live(
    is_alive: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a beat the arbiter replaces it, and the watchdog is not fed."""
    beats = []
    worker: Any = Worker.__new__(Worker)
    worker.tmp = SimpleNamespace(notify=lambda: beats.append(1))
    running = SimpleNamespace(is_alive=lambda now: is_alive)
    monkeypatch.setattr(background, "_running", running)
    worker.notify()
    assert bool(beats) is is_alive
