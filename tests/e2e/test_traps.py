"""Web server traps (ingest contract, section 16), on raw sockets where a client library would hide them."""

import gzip
import json
import os
import socket
from collections.abc import Mapping

import pytest

from tests.servers import Server, wait_for
from tests.wire import Answer, Dsn, envelope, new_event_id, request

pytestmark = pytest.mark.once

MESSAGE = {"message": "disk full", "level": "error"}
EXPOSED = {"x-sentry-error", "x-sentry-rate-limits", "retry-after"}


@pytest.fixture(scope="module")
def dsn(server: Server) -> Dsn:
    """One project for all: each test sends events with ids of its own."""
    return server.create_project("Traps")


class Wire:
    """A socket on which every byte of the request is ours."""

    def __init__(self, server: Server) -> None:
        self._socket = socket.create_connection(("127.0.0.1", server.port), timeout=20)
        self._file = self._socket.makefile("rb")

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._socket.close()

    def write(self, data: bytes) -> None:
        self._socket.sendall(data)

    def read(self) -> Answer:
        """The next answer, an interim one (100) included."""
        status = int(self._file.readline().split()[1])
        headers: dict[str, str] = {}
        while line := self._file.readline().strip():
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        return Answer(status, headers, self._file.read(int(headers.get("content-length", 0))))


def head(method: str, path: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def chunked(body: bytes, size: int) -> bytes:
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    framed = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return framed + b"0\r\n\r\n"


def plain_headers(dsn: Dsn, host: str | None = None) -> dict[str, str]:
    return {"Host": host or f"{dsn.host}:{dsn.port}"} | dsn.auth


def assert_cors(answer: Answer) -> None:
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    exposed = answer.headers["access-control-expose-headers"].lower().split(",")
    assert {name.strip() for name in exposed} >= EXPOSED


def assert_stored(server: Server, dsn: Dsn, event_id: str, answer: Answer) -> None:
    assert (answer.status, answer.json()) == (200, {"id": event_id})
    statement = f"SELECT project_id FROM issues_event WHERE event_id = '{event_id}'"
    assert wait_for(lambda: server.query(statement), "the event") == [(dsn.project_id,)]


@pytest.mark.parametrize("size", [7, 100_000], ids=["many chunks", "one chunk"])
@pytest.mark.parametrize("encoding", ["", "gzip"], ids=["plain", "gzip"])
def test_a_chunked_body_without_a_length_is_read_whole(
    size: int, encoding: str, server: Server, dsn: Dsn
) -> None:
    event_id = new_event_id()
    body = envelope(MESSAGE, event_id)
    if encoding:
        body = gzip.compress(body)
    headers = plain_headers(dsn) | {"Transfer-Encoding": "chunked"}
    if encoding:
        headers["Content-Encoding"] = encoding
    with Wire(server) as wire:
        wire.write(head("POST", dsn.envelope_path, headers))
        wire.write(chunked(body, size))
        assert_stored(server, dsn, event_id, wire.read())


def test_a_connection_is_kept_after_a_chunked_body(server: Server, dsn: Dsn) -> None:
    headers = plain_headers(dsn) | {"Transfer-Encoding": "chunked"}
    with Wire(server) as wire:
        for _ in range(3):
            event_id = new_event_id()
            wire.write(head("POST", dsn.envelope_path, headers))
            wire.write(chunked(envelope(MESSAGE, event_id), 50))
            answer = wire.read()
            assert (answer.status, answer.json()) == (200, {"id": event_id})


def test_a_connection_is_kept_after_a_refusal_that_read_no_body(server: Server, dsn: Dsn) -> None:
    """What is left of a refused body must not be taken for the next request."""
    event_id = new_event_id()
    body = envelope(MESSAGE, event_id)
    stranger = {"Host": "x", "X-Sentry-Auth": "Sentry sentry_key=" + "0" * 32}
    with Wire(server) as wire:
        wire.write(
            head("POST", dsn.envelope_path, stranger | {"Content-Length": str(len(body))}) + body
        )
        refused = wire.read()
        assert refused.status == 403
        if refused.headers.get("connection", "").lower() != "close":
            headers = plain_headers(dsn) | {"Content-Length": str(len(body))}
            wire.write(head("POST", dsn.envelope_path, headers) + body)
            assert wire.read().status == 200


@pytest.mark.parametrize("framing", [{"Content-Length": "0"}, {"Transfer-Encoding": "chunked"}])
def test_an_empty_body_is_refused_loudly(framing: dict[str, str], server: Server, dsn: Dsn) -> None:
    with Wire(server) as wire:
        wire.write(head("POST", dsn.envelope_path, plain_headers(dsn) | framing))
        if "Transfer-Encoding" in framing:
            wire.write(b"0\r\n\r\n")
        answer = wire.read()
    assert answer.status == 400
    assert answer.headers["x-sentry-error"]
    assert_cors(answer)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/api/{}/envelope", id="no trailing slash"),
        pytest.param("//api/{}/envelope/", id="doubled slash first"),
        pytest.param("/api/{}//envelope/", id="doubled slash inside"),
        pytest.param("//api//{}//envelope", id="all of them"),
    ],
)
def test_no_redirect_answers_an_ingest_request(path: str, server: Server, dsn: Dsn) -> None:
    event_id = new_event_id()
    body = envelope(MESSAGE, event_id)
    headers = plain_headers(dsn) | {"Content-Length": str(len(body))}
    with Wire(server) as wire:
        wire.write(head("POST", path.format(dsn.project_id), headers) + body)
        assert_stored(server, dsn, event_id, wire.read())


@pytest.mark.parametrize("path", ["store", "store/"])
def test_store_takes_both_forms_of_its_path(path: str, server: Server, dsn: Dsn) -> None:
    event_id = new_event_id()
    body = json.dumps({"event_id": event_id, **MESSAGE}).encode()
    answer = request(dsn, "POST", f"/api/{dsn.project_id}/{path}", body, dsn.auth)
    assert_stored(server, dsn, event_id, answer)


def test_a_body_above_djangos_form_limit_is_read(server: Server, dsn: Dsn) -> None:
    """3 MB on the wire, three quarters of it in an attachment that does not compress."""
    event_id = new_event_id()
    noise = os.urandom(3 << 20)
    item = json.dumps({"type": "attachment", "length": len(noise), "filename": "core"}).encode()
    body = b"".join((envelope(MESSAGE, event_id), item, b"\n", noise, b"\n"))
    answer = request(dsn, "POST", dsn.envelope_path, body, dsn.auth)
    assert_stored(server, dsn, event_id, answer)


def test_a_form_content_type_does_not_eat_the_body(server: Server, dsn: Dsn) -> None:
    event_id = new_event_id()
    headers = dsn.auth | {"Content-Type": "application/x-www-form-urlencoded"}
    body = envelope(MESSAGE, event_id)
    answer = request(dsn, "POST", dsn.envelope_path, body, headers)
    assert_stored(server, dsn, event_id, answer)


def test_expect_100_continue_is_answered(server: Server, dsn: Dsn) -> None:
    event_id = new_event_id()
    body = envelope(MESSAGE, event_id)
    headers = {"Content-Length": str(len(body)), "Expect": "100-continue"}
    with Wire(server) as wire:
        wire.write(head("POST", dsn.envelope_path, plain_headers(dsn) | headers))
        assert wire.read().status == 100
        wire.write(body)
        assert_stored(server, dsn, event_id, wire.read())


@pytest.mark.parametrize("host", ["bugsink:8000", "10.1.2.3", "not_a.host_name"])
def test_the_host_header_does_not_matter_to_ingest(host: str, server: Server, dsn: Dsn) -> None:
    event_id = new_event_id()
    body = envelope(MESSAGE, event_id)
    headers = plain_headers(dsn, host) | {"Content-Length": str(len(body))}
    with Wire(server) as wire:
        wire.write(head("POST", dsn.envelope_path, headers) + body)
        assert_stored(server, dsn, event_id, wire.read())


def test_pages_do_mind_the_host_header(server: Server) -> None:
    with Wire(server) as wire:
        wire.write(head("GET", "/accounts/login/", {"Host": "evil.example"}))
        assert wire.read().status == 400


@pytest.mark.parametrize("path", ["envelope_path", "store_path"])
def test_get_is_405_and_says_what_is_allowed(path: str, server: Server, dsn: Dsn) -> None:
    answer = request(dsn, "GET", getattr(dsn, path), None, dsn.auth)
    assert answer.status == 405
    assert "POST" in answer.headers["allow"]
    assert_cors(answer)


@pytest.mark.parametrize("path", ["envelope_path", "store_path"])
def test_a_preflight_is_answered_without_a_key(path: str, server: Server, dsn: Dsn) -> None:
    asked = {
        "Origin": "https://shop.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-sentry-auth, sentry-trace, baggage, traceparent",
    }
    answer = request(dsn, "OPTIONS", getattr(dsn, path), None, asked)
    assert answer.status in (200, 204)
    assert_cors(answer)
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-max-age"] == "3600"
    allowed = answer.headers["access-control-allow-headers"].lower().split(",")
    assert {name.strip() for name in allowed} >= {
        *("x-sentry-auth", "content-type", "content-encoding", "authorization"),
        *("sentry-trace", "baggage", "traceparent"),
    }


@pytest.mark.parametrize(
    ("project", "key", "body", "status"),
    [
        pytest.param("{}", "", None, 401, id="no key"),
        pytest.param("{}", "0" * 32, None, 403, id="unknown key"),
        pytest.param("999999", "{}", None, 403, id="another project"),
        pytest.param("shop", "{}", None, 404, id="project id is no number"),
        pytest.param("{}", "{}", b"hello\n", 400, id="no envelope"),
        pytest.param("{}", "{}", b"\n", 400, id="empty line"),
    ],
)
def test_refusals_say_why_and_carry_cors_headers(
    project: str, key: str, body: bytes | None, status: int, server: Server, dsn: Dsn
) -> None:
    path = f"/api/{project.format(dsn.project_id)}/envelope/"
    key = key.format(dsn.key)
    answer = request(
        dsn,
        "POST",
        f"{path}?sentry_key={key}" if key else path,
        envelope(MESSAGE, new_event_id()) if body is None else body,
    )
    assert answer.status == status
    assert answer.headers["x-sentry-error"]
    assert_cors(answer)


def test_an_oversized_body_is_413(server: Server, dsn: Dsn) -> None:
    """Above the limit as sent (20 MiB): refused by its length alone, whether or not we still send it."""
    headers = plain_headers(dsn) | {"Content-Length": str(21 << 20)}
    with Wire(server) as wire:
        wire.write(head("POST", dsn.envelope_path, headers))
        answer = wire.read()
    assert answer.status == 413
    assert_cors(answer)


def test_a_compressed_bomb_is_413(server: Server, dsn: Dsn) -> None:
    """About 130 KB that inflate to 128 MiB, above the limit of 100 MiB."""
    bomb = gzip.compress(b"{}\n" + b" " * (128 << 20), compresslevel=9)
    headers = dsn.auth | {"Content-Encoding": "gzip"}
    answer = request(dsn, "POST", dsn.envelope_path, bomb, headers)
    assert answer.status == 413
    assert_cors(answer)


def test_pages_are_not_served_to_other_origins(server: Server) -> None:
    with Wire(server) as wire:
        wire.write(head("GET", "/accounts/login/", {"Host": f"127.0.0.1:{server.port}"}))
        answer = wire.read()
    assert answer.status == 200
    assert "access-control-allow-origin" not in answer.headers
