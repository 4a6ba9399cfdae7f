"""Following files and delivering their lines, against a server of a few lines; the real one is in tests/e2e."""

import contextlib
import gzip
import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol

import pytest

from ingest.follow import Line, Positions, expand
from ingest.ship import Sender, Shipper, Target, join, target

ERROR = "[error] {}\n"


class Endpoint:
    """answers: statuses for the next requests; afterwards 200."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.batches: list[list[dict[str, Any]]] = []
        self.paths: list[str] = []
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = gzip.decompress(self.rfile.read(int(self.headers["Content-Length"])))
                status, headers = endpoint.answers.pop(0) if endpoint.answers else (200, {})
                batch = json.loads(body)
                if status == 200:
                    endpoint.batches.append(batch)
                    endpoint.paths.append(self.path)
                told = {"accepted": len(batch), "ignored": 0, "duplicates": 0, "rejected": []}
                text = json.dumps(told if status == 200 else {"detail": "no"}).encode()
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(text))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/api/7/logs/"

    @property
    def lines(self) -> list[str]:
        return [entry["message"] for batch in self.batches for entry in batch]


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    made = Endpoint()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


class Shipping:
    """One process that ships."""

    def __init__(self, endpoint: Endpoint, directory: Path, *, from_start: bool = True) -> None:
        self.said: list[str] = []
        self.stop = threading.Event()
        self.sender = Sender(Target(endpoint.url, "k"), self.stop, self.said.append)
        self.shipper = Shipper(
            [str(directory / "*.log")],
            Positions(directory / "positions.json"),
            self.sender,
            host="web-01",
            from_start=from_start,
        )

    def all(self) -> None:
        """Until nothing comes any more: rotation takes a look at the end of the old file, and one at the new."""
        quiet = 0
        while quiet < 3:
            quiet = 0 if self.shipper.round() else quiet + 1


class Ship(Protocol):
    """Made again, it is another process with the same positions."""

    def __call__(self, *, from_start: bool = True) -> Shipping: ...


@pytest.fixture
def ship(endpoint: Endpoint, tmp_path: Path) -> Iterator[Ship]:
    with contextlib.ExitStack() as stack:

        def make(*, from_start: bool = True) -> Shipping:
            stack.close()
            made = Shipping(endpoint, tmp_path, from_start=from_start)
            stack.callback(made.shipper.close)
            return made

        yield make


def append(path: Path, *texts: str) -> None:
    with open(path, "a") as file:
        file.writelines(ERROR.format(text) for text in texts)


def test_lines_come_with_their_place(endpoint: Endpoint, ship: Ship, tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    append(log, "one", "two")
    shipping = ship()
    shipping.all()
    first, second = endpoint.batches[0]
    assert first == {
        "message": "[error] one",
        "host": {"name": "web-01"},
        "log": {"file": {"path": str(log)}, "offset": 0},
    }
    assert second["log"]["offset"] == len("[error] one\n")


def test_a_restart_goes_on_where_it_was(endpoint: Endpoint, ship: Ship, tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    append(log, "one")
    ship().all()
    append(log, "two")
    ship(from_start=False).all()
    assert endpoint.lines == ["[error] one", "[error] two"]


def test_what_was_there_before_is_not_sent_unless_asked_for(
    endpoint: Endpoint, ship: Ship, tmp_path: Path
) -> None:
    append(tmp_path / "a.log", "old")
    shipping = ship(from_start=False)
    shipping.all()
    append(tmp_path / "a.log", "new")
    append(tmp_path / "b.log", "of a new file")
    shipping.all()
    assert endpoint.lines == ["[error] new", "[error] of a new file"]


def test_a_renamed_file_is_read_to_its_end(endpoint: Endpoint, ship: Ship, tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    append(log, "one")
    shipping = ship()
    shipping.all()
    with open(log, "a") as old:
        log.rename(tmp_path / "a.log.1")
        old.write("[error] two\n[error] without an end")
    append(log, "three")
    shipping.all()
    assert endpoint.lines == [
        "[error] one",
        "[error] two",
        "[error] without an end",
        "[error] three",
    ]


def test_a_file_renamed_while_nobody_looked_is_read_to_its_end(
    endpoint: Endpoint, ship: Ship, tmp_path: Path
) -> None:
    log = tmp_path / "a.log"
    append(log, "one")
    ship().all()
    append(log, "two")
    log.rename(tmp_path / "a.log.1")
    append(log, "three")
    ship().all()
    assert endpoint.lines == ["[error] one", "[error] two", "[error] three"]


def test_a_file_copied_and_cut_is_read_anew(endpoint: Endpoint, ship: Ship, tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    append(log, "one", "two")
    shipping = ship()
    shipping.all()
    os.truncate(log, 0)
    append(log, "3")
    shipping.all()
    assert endpoint.lines == ["[error] one", "[error] two", "[error] 3"]


def test_a_file_cut_while_nobody_looked_and_grown_again(
    endpoint: Endpoint, ship: Ship, tmp_path: Path
) -> None:
    log = tmp_path / "a.log"
    append(log, "one")
    ship().all()
    os.truncate(log, 0)
    append(log, "another", "and more than there was")
    ship().all()
    assert endpoint.lines[1:] == ["[error] another", "[error] and more than there was"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_may_pass_is_tried_again(
    status: int, endpoint: Endpoint, ship: Ship, tmp_path: Path
) -> None:
    endpoint.answers = [(status, {"Retry-After": "0"})] * 2
    append(tmp_path / "a.log", "one")
    shipping = ship()
    shipping.all()
    assert endpoint.lines == ["[error] one"]
    assert shipping.sender.result.tries == 3
    assert shipping.sender.result.lost == 0


def test_the_server_says_how_long_to_wait(endpoint: Endpoint, ship: Ship, tmp_path: Path) -> None:
    endpoint.answers = [(429, {"Retry-After": "3600"})]
    append(tmp_path / "a.log", "one")
    shipping = ship()
    thread = threading.Thread(target=shipping.shipper.round)
    thread.start()
    while not shipping.said:
        thread.join(0.01)
    assert "next try in 3600 s" in shipping.said[0]
    shipping.stop.set()
    thread.join()
    assert endpoint.lines == []
    # Not delivered: the next process sends it.
    ship().all()
    assert endpoint.lines == ["[error] one"]


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_what_is_refused_for_good_is_dropped_aloud(
    status: int, endpoint: Endpoint, ship: Ship, tmp_path: Path
) -> None:
    endpoint.answers = [(status, {})]
    append(tmp_path / "a.log", "one")
    shipping = ship()
    shipping.all()
    append(tmp_path / "a.log", "two")
    shipping.all()
    assert endpoint.lines == ["[error] two"]
    assert shipping.sender.result.lost == 1
    assert f"refused 1 lines with {status}" in shipping.said[0]


def test_a_batch_that_is_too_large_is_halved(
    endpoint: Endpoint, ship: Ship, tmp_path: Path
) -> None:
    endpoint.answers = [(413, {})]
    append(tmp_path / "a.log", "one", "two", "three")
    ship().all()
    assert [len(batch) for batch in endpoint.batches] == [1, 2]


def test_lines_that_belong_together_are_one_entry(
    endpoint: Endpoint, ship: Ship, tmp_path: Path
) -> None:
    (tmp_path / "a.log").write_text(
        "x [1] ERROR:  a\nx [1] DETAIL:  b\n\tmore\n[error] c\n\n[error] é\n", encoding="utf-8"
    )
    ship().all()
    assert endpoint.lines == [
        "x [1] ERROR:  a\nx [1] DETAIL:  b\n\tmore",
        "[error] c\n",
        "[error] é",
    ]


def test_many_lines_go_in_several_batches(endpoint: Endpoint, ship: Ship, tmp_path: Path) -> None:
    append(tmp_path / "a.log", *(str(number) for number in range(1203)))
    ship().all()
    assert endpoint.lines == [f"[error] {number}" for number in range(1203)]
    assert len(endpoint.batches) >= 3


def test_positions_that_cannot_be_read_are_none(tmp_path: Path) -> None:
    path = tmp_path / "positions.json"
    for text in ("", "{", "[]", '{"a": 1}', '{"a": {"x": 1}}'):
        path.write_text(text)
        assert Positions(path).known == {}


def test_a_dsn_names_the_endpoint() -> None:
    to = target("https://c0ffee00@errors.example:8443/a/b/7", "pino", level="warning", release="")
    assert to.url == "https://errors.example:8443/a/b/api/7/logs/pino/?level=warning"
    with pytest.raises(ValueError, match="DSN"):
        target("errors.example/7", "")


def test_patterns_and_paths(tmp_path: Path) -> None:
    (tmp_path / "b.log").touch()
    (tmp_path / "a.log").touch()
    absent = str(tmp_path / "c.log")
    found = expand([str(tmp_path / "*.log"), absent, str(tmp_path / "a.log")])
    assert [Path(each).name for each in found] == ["a.log", "b.log", "c.log"]


def test_joining_keeps_back_what_may_go_on() -> None:
    lines = [Line("p", 0, 2, "a"), Line("p", 2, 5, " b"), Line("p", 5, 7, "c")]
    found, taken = join(lines, is_final=False)
    assert ([line.text for line, _ in found], taken) == (["a\n b"], 5)
    assert join(lines, is_final=True)[1] == 7
