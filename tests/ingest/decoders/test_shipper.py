"""Logstash events posted as they are; the examples G01, G11 and G15 of the ingest contract."""

import json
from datetime import UTC, datetime

import orjson
import pytest

from ingest.decoders import auto
from ingest.decoders.shipper import is_logstash
from ingest.decoders.stacks import read_stack
from ingest.decoders.values import Options
from issues.payload import normalize
from tests.issues.payload.test_examples import SAMPLES, payload

MARK = {"@timestamp": "2026-05-01T10:00:02.113Z", "@version": "1"}
NODE = "TypeError: x is undefined\n    at pay (/srv/app/pay.js:10:5)\n    at /srv/app/index.js:3:1"


@pytest.fixture
def read():
    """As the store endpoint does it, at 2026-05-01T10:00:05Z."""

    def read(raw, **options):
        event = auto.as_event(raw, Options()) if is_logstash(raw) else raw
        return normalize(event, received_at=datetime(2026, 5, 1, 10, 0, 5, tzinfo=UTC), **options)

    return read


def example(name):
    cases = json.loads(SAMPLES.read_text())["cases"]
    return payload(next(case for case in cases if case["id"] == name))


def test_reads_a_pino_line(read) -> None:
    event = read(example("G01"))
    assert (event.level, event.platform, event.logger) == ("error", "node", "orders-api")
    assert (event.server_name, event.message) == ("api-1", "payment failed")
    assert event.data["timestamp"] == "2026-05-01T10:00:00.250Z"
    assert event.data["tags"] == {"api_request_id": "req-81", "service": "orders-api"}
    (exception,) = event.data["exception"]["values"]
    assert (exception["type"], exception["value"]) == ("TypeError", "x is undefined")
    assert [
        (frame.get("function"), frame["filename"], frame["lineno"])
        for frame in exception["stacktrace"]["frames"]
    ] == [(None, "/srv/app/index.js", 3), ("pay", "/srv/app/pay.js", 10)]
    assert event.data["contexts"]["log"] == {
        "file": {"path": "/var/log/orders.log"},
        "offset": 91,
        "tags": ["_grokparsefailure"],
    }
    assert "unknown" not in event.data


def test_reads_a_jsonlog_line_of_postgresql(read) -> None:
    event = read(example("G11"))
    (exception,) = event.data["exception"]["values"]
    assert exception["type"] == "unique_violation"
    assert exception["value"].startswith("duplicate key value violates")
    assert event.server_name == "db-1"
    assert event.data["timestamp"] == "2026-05-01T10:00:00.905Z"
    assert event.data["tags"] == {
        "sqlstate": "23505", "db.name": "shop", "db.user": "shop",
        "db.command": "INSERT", "db.statement": "insert into orders values (?)",
    }  # fmt: skip
    assert event.user_key == ""


def test_a_hash_of_the_line_is_no_fingerprint(read) -> None:
    event = read(example("G15"))
    assert event.fingerprint == ()
    assert event.data["contexts"]["log"]["fingerprint"] == "9f86d081884c7d65"


@pytest.mark.parametrize(
    ("sent", "level"),
    [(10, "debug"), (20, "debug"), (30, "info"), (35, "info"), (40, "warning"), (50, "error"),
     (60, "fatal"), ("50", "error"), ("warn", "warning"), ("%{level}", "error"), (None, "error"),
     (5, "error"), ({}, "error")],
)  # fmt: skip
def test_levels_are_those_of_pino(sent, level, read) -> None:
    assert read({**MARK, "level": sent, "msg": "x", "time": 1777629600000}).level == level


@pytest.mark.parametrize(
    "sent",
    [
        {"message": json.dumps({"level": 60, "time": 1777629600000, "msg": "down\0"})},
        {"event": {"original": '{"level":60,"time":1777629600000,"msg":"down\\u0000"}'}},
        {"message": "raw", "p": {"level": 60, "time": "2026-05-01T10:00:00Z", "msg": "down\0"}},
    ],
)
def test_finds_the_line_wherever_the_pipeline_put_it(sent, read) -> None:
    event = read({**MARK, **sent, "api_request_id": "req-81"})
    assert (event.level, event.message) == ("fatal", "down\ufffd")
    assert event.data["timestamp"] == "2026-05-01T10:00:00.000Z"
    assert event.tags["api_request_id"] == "req-81"


def test_a_plain_line_is_a_message(read) -> None:
    event = read({**MARK, "host": "web-01", "type": "app", "message": "2026 WARN disk nearly full"})
    assert (event.level, event.message) == ("warning", "2026 WARN disk nearly full")
    assert event.server_name == "web-01"
    assert event.data["timestamp"] == "2026-05-01T10:00:02.113Z"


def test_reads_elastic_common_schema(read) -> None:
    event = read(
        {
            **MARK,
            "log": {"level": "ERROR", "logger": "shop.Pay"},
            "message": "payment failed",
            "error": {
                "type": "java.lang.IllegalStateException",
                "message": "closed",
                "stack_trace": "java.lang.IllegalStateException: closed\n"
                "\tat shop.Pay.run(Pay.java:12)\n\tat shop.Main.main(Main.java:3)\n"
                "Caused by: java.io.IOException: broken pipe\n\tat java.io.X.write(X.java:1)\n",
            },
            "user": {"name": "bob", "id": 7},
            "trace_id": "a" * 32,
        }
    )
    cause, caught = event.data["exception"]["values"]
    assert (cause["type"], cause["value"]) == ("java.io.IOException", "broken pipe")
    assert caught["type"] == "java.lang.IllegalStateException"
    assert [frame["function"] for frame in caught["stacktrace"]["frames"]] == ["main", "run"]
    assert (event.level, event.logger, event.user_key) == ("error", "shop.Pay", "id:7")
    assert event.trace_id == "a" * 32


def test_a_chain_of_pino_becomes_a_chain(read) -> None:
    err = {
        "type": "Error",
        "message": "save failed: no space",
        "stack": "Error: save failed\n    at save (/a.js:1:1)\n"
        "caused by: DiskError: no space\n    at write (/b.js:2:2)",
        "code": "E1",
    }
    event = read({**MARK, "level": 50, "time": 1777629600000, "err": err})
    values = event.data["exception"]["values"]
    assert [(each["type"], each["value"]) for each in values] == [
        ("DiskError", "no space"),
        ("Error", "save failed"),
    ]
    assert event.data["contexts"]["error"] == {"code": "E1"}


def test_several_errors_become_a_group(read) -> None:
    members = [{"type": "A", "message": "a"}, {"type": "B", "message": "b", "aggregateErrors": []}]
    err = {"type": "AggregateError", "message": "two failed", "aggregateErrors": members}
    event = read({**MARK, "level": 50, "time": 1777629600000, "err": err})
    values = event.data["exception"]["values"]
    assert [each["type"] for each in values] == ["A", "B", "AggregateError"]
    assert values[-1]["mechanism"]["is_exception_group"] is True


def test_request_and_response_of_a_pino_line(read) -> None:
    event = read(
        {
            **MARK,
            "level": 50,
            "time": 1777629600000,
            "msg": "failed",
            "req": {"id": "req-9", "method": "GET", "url": "/p?a=1", "remoteAddress": "192.0.2.1"},
            "res": {"statusCode": 500},
            "responseTime": 12,
            "err": "boom",
            "userId": 7,
        }
    )
    assert event.tags["api_request_id"] == "req-9"
    assert event.data["request"] == {"url": "/p", "method": "GET", "query_string": [["a", "1"]]}
    assert event.data["contexts"]["response"] == {"status_code": 500}
    assert event.data["extra"] == {"responseTime": 12}
    assert event.data["exception"]["values"] == [{"value": "boom"}]
    assert event.user_key == "id:7"


@pytest.mark.parametrize(
    "more", [{"event_id": "1" * 32}, {"sdk": {"name": "x"}}, {"exception": [{"type": "E"}]}]
)
def test_a_sentry_event_with_the_mark_stays_one(more, read) -> None:
    event = read({**MARK, "level": 50, "message": "x", **more})
    assert event.level == "fatal"
    assert event.data["unknown"] == MARK


@pytest.mark.parametrize(
    ("text", "places"),
    [
        (NODE, [("/srv/app/index.js", 3, None), ("/srv/app/pay.js", 10, "pay")]),
        (
            "at async Object.<anonymous> (file:///a b/x.js:1:2)\n    at new X (node:fs:3:4)",
            [("node:fs", 3, "new X"), ("/a b/x.js", 1, "Object.<anonymous>")],
        ),
        (
            'Traceback (most recent call last):\n  File "/a.py", line 1, in <module>\n    f()\n'
            '  File "/b.py", line 2, in f\nKeyError: 1',
            [("/a.py", 1, "<module>"), ("/b.py", 2, "f")],
        ),
        ("no stack here", []),
    ],
)
def test_reads_stacks_of_text(text, places) -> None:
    frames = read_stack(text)
    assert [(f["filename"], f["lineno"], f.get("function")) for f in frames] == places


def test_the_line_of_source_in_a_python_stack_is_kept() -> None:
    frames = read_stack('  File "/a.py", line 1, in f\n    pay(order)\n')
    assert frames[0]["context_line"] == "pay(order)"


@pytest.mark.parametrize(
    "hostile",
    [
        "at " * 70_000,
        "\n at " * 40_000,
        " " * 200_000,
        "\n" + "\t" * 200_000,
        "at " + "a:" * 100_000,
        "at " + "a (" * 60_000,
        'File "' * 30_000,
        "at a" + ".a" * 100_000,
    ],
    ids=range(8),
)
def test_no_text_takes_long_to_search(hostile, read) -> None:
    err = {"message": "m", "stack": hostile}
    event = read({**MARK, "level": 50, "time": 1777629600000, "err": err})
    assert orjson.dumps(event.data)
