"""The short way: which requests take it, and that it answers as the long one does."""

import gzip
import http.client
import socket
import sqlite3
import threading
import uuid
from typing import Any

import pytest

from ingest import lane, pipeline
from ingest.lane import Arrived
from issues.models import Event
from projects import keys
from projects.models import Project
from tests.ingest.door import auth, digest_all, request
from tests.servers import Server
from tests.wire import Dsn, new_event_id

EVENT_ID = uuid.uuid4().hex
BODY = b'{"event_id":"%s"}\n{"type":"event"}\n{"message":"m"}' % EVENT_ID.encode()


@pytest.fixture
def project(project: Project) -> Project:
    """Its key is known, as after the first request."""
    keys.cache().refresh()
    return project


def written(
    project: Project,
    body: bytes = BODY,
    *,
    line: str = "",
    length: int | None = None,
    **headers: str,
) -> bytes:
    fields = {
        "Host": "a",
        **auth(project),
        "Content-Length": str(len(body) if length is None else length),
    }
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    line = (line or "POST /api/{pk}/envelope/ HTTP/1.1").replace("{pk}", str(project.pk))
    return "\r\n".join([line, *(f"{k}: {v}" for k, v in fields.items()), "", ""]).encode() + body


def test_the_usual_envelope(project: Project) -> None:
    found = lane.look(written(project))
    assert found is not None
    assert found.keep_alive
    assert (found.record.project_id, found.record.event_id) == (project.pk, EVENT_ID)
    assert found.record.body == BODY
    packed = lane.look(written(project, gzip.compress(BODY), Content_Encoding="gzip"))
    assert packed is not None
    assert packed.record.encoding == "gzip"
    last = lane.look(written(project, Connection="close"))
    assert last is not None
    assert not last.keep_alive


@pytest.mark.parametrize(
    "change",
    [
        {"line": "GET /api/{pk}/envelope/ HTTP/1.1"},
        {"line": "POST /api/{pk}/envelope/ HTTP/1.0"},
        {"line": "POST /api/x/envelope/ HTTP/1.1"},
        {"line": "POST /api/0/envelope/ HTTP/1.1"},
        {"line": "POST /api/999999/envelope/ HTTP/1.1"},
        {"line": "POST /api/{pk}/minidump/ HTTP/1.1"},
        {"line": "POST /accounts/login/ HTTP/1.1"},
        {"length": len(BODY) - 1},
        {"length": len(BODY) + 1},
        {"Transfer_Encoding": "chunked"},
        {"Expect": "100-continue"},
        {"Connection": "upgrade"},
        {"X_Sentry_Auth": "Sentry sentry_key=" + "0" * 32},
        {"X_Sentry_Auth": ""},
        {"Content_Encoding": "rot13"},
        {"Content_Encoding": "gzip"},
        {"X": "a\r\n b"},
        {"X": "a\nContent-Length: 7"},
        {"X": "a\r\nContent-Length: 7"},
        {"X": "x" * 9000},
        {"body": b"no envelope"},
        {"body": BODY + b"\n" * (600 << 10)},
    ],
)
def test_everything_else_goes_the_long_way(project: Project, change: dict[str, Any]) -> None:
    assert lane.look(written(project, **change)) is None


@pytest.mark.parametrize(
    "data",
    [b"", b"POST", b"\r\n\r\n", b"POST /api/", b"\x16\x03\x01", b"PRI * HTTP/2.0\r\n\r\n"],
)
def test_what_is_no_request(project: Project, data: bytes) -> None:
    assert lane.look(data) is None


def test_every_beginning_of_a_request_is_left_alone(project: Project) -> None:
    whole = written(project)
    assert all(lane.look(whole[:size]) is None for size in range(len(whole)))
    assert lane.look(whole + b"POST") is None


def test_who_has_limits_is_counted_on_the_long_way(project: Project, settings: Any) -> None:
    Project.objects.filter(pk=project.pk).update(rate_per_minute=5)
    keys.cache().refresh()
    assert lane.look(written(project)) is None
    Project.objects.filter(pk=project.pk).update(rate_per_minute=0)
    keys.cache().refresh()
    assert lane.look(written(project)) is not None
    settings.RATE_LIMIT_PER_HOUR = 5
    assert lane.look(written(project)) is None


def test_a_key_that_is_not_known_yet_is_not_looked_up(
    project: Project, django_assert_num_queries: Any
) -> None:
    data = written(project, X_Sentry_Auth="Sentry sentry_key=" + "1" * 32)
    with django_assert_num_queries(0):
        assert lane.look(data) is None


def test_what_was_answered_is_in_the_spool(project: Project) -> None:
    found = [
        lane.look(written(project, BODY.replace(EVENT_ID.encode(), new_event_id().encode())))
        for _ in range(80)
    ]
    answers = lane.keep([each for each in found if each is not None])
    assert [answer.is_success for answer in answers] == [True] * 80
    assert pipeline.spool().backlog()[0] == 80
    digest_all()
    assert Event.objects.count() == 80


def test_a_disk_that_fails_is_told(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    spool = pipeline.spool()
    monkeypatch.setattr(type(spool), "_write", fail)
    found = lane.look(written(project))
    assert isinstance(found, Arrived)
    (answer,) = lane.keep([found])
    assert not answer.is_success
    assert answer.text.startswith(b"HTTP/1.1 503 ")
    assert b"Connection: close" in answer.text


def test_both_ways_answer_the_same(project: Project) -> None:
    found = lane.look(written(project))
    assert found is not None
    (answer,) = lane.keep([found])
    head, _, body = answer.text.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    headers = {name.lower(): value for name, value in headers.items()}
    long = request(f"/api/{project.pk}/envelope/", BODY, headers=auth(project))
    assert body == long.body
    assert {name: headers[name] for name in long.headers} == long.headers
    assert headers.keys() - long.headers.keys() == {"server", "date", "connection"}


def test_many_on_one_connection_and_many_connections(server: Server, dsn: Dsn) -> None:
    """Kept alive, pipelined, closed, cut off in the middle: whoever got a 200 is in the database."""
    before = server.stats()["events"]
    sent = 0
    lines = "".join(f"{name}: {value}\r\n" for name, value in dsn.auth.items())

    def text(*more: str) -> bytes:
        body = BODY.replace(EVENT_ID.encode(), new_event_id().encode())
        head = f"POST {dsn.envelope_path} HTTP/1.1\r\nHost: a\r\n{lines}Content-Length: {len(body)}\r\n"
        return (head + "".join(more) + "\r\n").encode() + body

    def answers(stream: socket.socket, count: int) -> None:
        for _ in range(count):
            response = http.client.HTTPResponse(stream)
            response.begin()
            assert response.status == 200
            assert len(response.read()) > 30

    address = (dsn.host, dsn.port)
    with socket.create_connection(address, timeout=30) as one:
        for _ in range(20):
            one.sendall(text())
            answers(one, 1)
        for half in (text()[:90], text()[90:]):
            one.sendall(half)
        sent += 20
    with socket.create_connection(address, timeout=30) as last:
        last.sendall(text("Connection: close\r\n"))
        answers(last, 1)
        assert last.recv(100) == b""
        sent += 1

    def several() -> None:
        with socket.create_connection(address, timeout=30) as stream:
            for _ in range(10):
                stream.sendall(text())
                answers(stream, 1)

    threads = [threading.Thread(target=several) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sent += 80
    with socket.create_connection(address, timeout=30) as gone:
        gone.sendall(text()[:150])
    server.wait_for_events(before + sent)


def test_the_loop_outlives_a_disk_that_fails(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> bool:
        raise OSError("Input/output error")

    data = written(project)
    assert lane.look(data) is not None
    monkeypatch.setattr(type(pipeline.spool()), "is_full", fail)
    assert lane.look(data) is None
