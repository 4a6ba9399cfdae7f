"""Lines of each format. Those of a running server are in test_real_lines.py."""

import pytest

from ingest.decoders import auto, postgresql
from ingest.decoders.values import NotUnderstood, Options

SLOW = Options(slow_ms=1000)


def decode(line, format_="auto", options=SLOW):
    return auto.decode(line, format_, options)


@pytest.mark.parametrize(
    ("line", "level", "is_event"),
    [
        ("28604:M 23 Nov 2026 12:41:07.283 * Background saving started by pid 28658", "info", False),
        ("28604:M 23 Nov 2026 12:41:07.283 # Background saving error", "error", True),
        ("28604:M 23 Nov 2026 12:41:07.283 # Server initialized", "warning", False),
        ("7:C 23 Nov 2026 12:41:07.283 # Failed opening the temp RDB file: No space left", "error", True),
        ("7:S 23 Nov 2026 12:41:07.283 # Connection with master lost.", "error", True),
        ("7:X 23 Nov 2026 12:41:07.283 # +sdown master mymaster 127.0.0.1 6379", "error", True),
        ("7:M 23 Nov 2026 12:41:07.283 # Redis 7.2.4 crashed by signal: 11", "fatal", True),
        ("7:M 23 Nov 2026 12:41:07.283 # Out Of Memory allocating 104857616 bytes!", "fatal", True),
        ("7:M 23 Nov 2026 12:41:07.283 * Asynchronous AOF fsync is taking too long", "info", False),
        ("7:M 23 Nov 2026 12:41:07.283 # Asynchronous AOF fsync is taking too long", "error", True),
        ("7:M 23 Nov 2026 12:41:07.283 - Accepted 127.0.0.1:53218", "debug", False),
        ("7:signal-handler (1795437667) Received SIGTERM scheduling shutdown...", "info", False),
        ("[4018] 14 Nov 07:01:22.119 # Can't save in background: fork: Cannot allocate", "error", True),
        ("=== REDIS BUG REPORT START: Cut & paste starting from here ===", "fatal", True),
    ],
)  # fmt: skip
def test_redis(line, level, is_event) -> None:
    decoded = decode(line)
    assert (decoded.format, decoded.level) == ("redis", level)
    assert decoded.is_event("error") is is_event


def test_a_line_of_redis_is_taken_apart() -> None:
    event = decode("28604:S 01 May 2026 10:00:00.123 # Short read").event
    assert event["timestamp"] == "2026-05-01T10:00:00.123Z"
    assert event["tags"] == {"redis.role": "replica"}
    assert event["contexts"] == {"process": {"pid": 28604}}
    assert (event["message"], event["logger"]) == ("Short read", "redis")


STDERR = (
    "2026-05-01 12:00:00.905 CEST [9-4] shop@orders ERROR:  duplicate key value violates unique "
    'constraint "orders_pkey"\n'
    "2026-05-01 12:00:00.905 CEST [9-5] shop@orders DETAIL:  Key (id)=(1) already exists.\n"
    "2026-05-01 12:00:00.905 CEST [9-6] shop@orders CONTEXT:  SQL statement \"insert into orders values (1)\"\n"
    "\tPL/pgSQL function pay(integer) line 5 at SQL statement\n"
    "\tPL/pgSQL function shop.\"Run all\"() line 12 at PERFORM\n"
    "2026-05-01 12:00:00.905 CEST [9-7] shop@orders STATEMENT:  select shop.\"Run all\"()\n"
    "\tfrom x where name = 'Bob'"
)  # fmt: skip


def test_postgresql_with_a_prefix() -> None:
    decoded = decode(STDERR)
    event = decoded.event
    assert (decoded.level, event["logger"]) == ("error", "postgresql")
    assert event["timestamp"] == "2026-05-01T10:00:00.905Z"
    (exception,) = event["exception"]
    assert exception["type"] == "unique_violation"
    assert [(f["function"], f["lineno"]) for f in exception["stacktrace"]["frames"]] == [
        ('shop."Run all"()', 12),
        ("pay(integer)", 5),
    ]
    tags = event["tags"]
    assert (tags["db.user"], tags["db.name"], tags["sqlstate"]) == ("shop", "orders", "23505")
    assert (tags["db.function"], tags["db.line"], tags["db.command"]) == (
        "pay(integer)",
        "5",
        "SELECT",
    )
    assert tags["db.statement"].endswith("where name = '?'")
    assert event["fingerprint"] == ["{{ default }}", "pay(integer)", "5"]
    assert event["contexts"]["postgresql"]["detail"] == "Key (id)=(?) already exists."


@pytest.mark.parametrize(
    "line",
    [
        "2026-05-01 10:00:00 UTC [9] LOG:  duration: 1500.2 ms  statement: select pg_sleep(1.5)",
        "2026-05-01 10:00:00 UTC [9] LOG:  duration: 1500.2 ms  execute <unnamed>: select pg_sleep($1)",
    ],
)
def test_a_slow_statement_is_a_warning_and_an_event(line) -> None:
    decoded = decode(line)
    assert decoded.level == "warning"
    assert decoded.is_event("error")
    assert decoded.event["message"].startswith("slow statement: select pg_sleep(")
    assert decoded.event["contexts"]["postgresql"]["duration_ms"] == 1500.2
    assert not decode(line, options=Options(slow_ms=2000)).is_event("error")
    assert not decode(line, options=Options(slow_ms=0)).is_event("error")


@pytest.mark.parametrize("word", ["DETAIL", "STATEMENT", "HINT", "CONTEXT"])
def test_a_part_without_its_message_is_ignored(word) -> None:
    decoded = decode(f"2026-05-01 10:00:00 UTC [9] {word}:  ERROR: anything")
    assert not decoded.is_event("debug")


def test_half_a_record_of_csvlog_is_plain_text() -> None:
    decoded = decode('2026-05-01 10:00:00.905 UTC,"shop","shop",9,"[local]",6b.1,3,"INS')
    assert decoded.format == "text"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("select 'it''s' , 7, t1.c2", "select '?' , ?, t1.c2"),
        (r"select 'C:\', 'secret'", "select '?', '?'"),
        (r"select E'it\'s', 'secret'", "select '?', '?'"),
        ("do $$ begin raise 'x'; end $$", "do '?'"),
        ("do $f$ a $$ b $f$ , 'x'", "do '?' , '?'"),
        ("select 'never closed", "select '?'"),
        ("select $1, $2", "select $1, $2"),
    ],
)
def test_literals_are_masked(text, masked) -> None:
    assert postgresql.masked(text, is_statement=True) == masked


def test_values_of_clients_are_masked_in_details() -> None:
    detail = "Failing row contains (7, bob@example.com, (x))."
    assert postgresql.masked(detail, is_statement=False) == "Failing row contains (?)"


def test_nginx() -> None:
    line = (
        "2026/05/01 10:00:00 [error] 31#31: *7 connect() failed (111: Connection refused) while connecting to "
        'upstream, client: 192.0.2.1, server: shop.example, request: "GET /p?a=1 HTTP/1.1", '
        'upstream: "http://10.0.0.3:8000/p", host: "shop.example"'
    )
    event = decode(line).event
    assert (
        event["message"]
        == "connect() failed (111: Connection refused) while connecting to upstream"
    )
    assert event["request"]["url"] == "http://shop.example/p?a=1"
    assert (event["level"], event["transaction"]) == ("error", "GET /p")
    access = '192.0.2.1 - - [01/May/2026:12:00:00 +0200] "GET /p?a=1 HTTP/1.1" {} 157 "-" "curl/8"'
    assert not decode(access.format(200)).is_event("error")
    found = decode(access.format(502))
    assert found.is_event("error")
    assert found.event["message"] == "502 GET /p"
    assert found.event["timestamp"] == "2026-05-01T10:00:00Z"


def test_the_journal_knows_what_the_line_does_not() -> None:
    entry = {
        "__REALTIME_TIMESTAMP": "1777629600250000", "PRIORITY": "3", "SYSLOG_IDENTIFIER": "sshd",
        "_HOSTNAME": "web-01", "_SYSTEMD_UNIT": "ssh.service", "_PID": "77", "__CURSOR": "s=1;i=2",
        "MESSAGE": "error: kex_exchange_identification: Connection closed",
    }  # fmt: skip
    decoded = decode(entry)
    event = decoded.event
    assert (decoded.format, decoded.level, decoded.source) == ("journald", "error", "s=1;i=2")
    assert (event["logger"], event["server_name"]) == ("sshd", "web-01")
    assert event["tags"]["systemd.unit"] == "ssh.service"
    # What a service prints has the priority of its pipe; the line knows better.
    pino = '{"level":50,"time":1777629600250,"msg":"down","reqId":"r-1"}'
    inner = decode({**entry, "PRIORITY": "6", "MESSAGE": pino})
    assert (inner.level, inner.event["tags"]["api_request_id"]) == ("error", "r-1")
    assert not decode({**entry, "PRIORITY": "6", "MESSAGE": "all fine"}).is_event("error")


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("2026-05-01 10:00:00 ERROR [main] cannot pay", "error"),
        ("[error] cannot pay", "error"),
        ("level=warn msg=x", "warning"),
        ("fatal: not a git repository", "fatal"),
        ("no errors found", "info"),
        ("all fine", "info"),
    ],
)
def test_a_level_word_makes_a_text_an_event(line, level) -> None:
    assert decode(line).level == level


def test_a_traceback_in_a_text_becomes_an_exception() -> None:
    event = decode(
        "ERROR cannot pay\n  Traceback (most recent call last):\n"
        '    File "/a.py", line 1, in pay\n  ValueError: no money'
    ).event
    (exception,) = event["exception"]
    assert (exception["type"], exception["value"]) == ("ValueError", "no money")
    assert exception["stacktrace"]["frames"][0]["function"] == "pay"


@pytest.mark.parametrize(
    ("entry", "format_"),
    [("%%%", "auto"), (7, "auto"), (None, "auto"), ([], "auto"), ({}, "auto"), ("hello", "redis"),
     ("hello", "pino"), ("{", "json"), ({"a": 1}, "redis"), ("x", "postgresql")],
)  # fmt: skip
def test_what_cannot_be_understood_says_so(entry, format_) -> None:
    with pytest.raises(NotUnderstood):
        decode(entry, format_)


def test_an_answer_of_500_is_an_error_whatever_its_level() -> None:
    line = {"level": 30, "time": 1777629600250, "msg": "done", "res": {"statusCode": 503}}
    assert decode(line).is_event("error")
    assert not decode({**line, "res": {"statusCode": 404}}).is_event("error")


def test_the_header_wins_over_a_counter() -> None:
    request = {"id": 7, "headers": {"x-request-id": "req-81"}}
    line = {"level": 50, "time": 1, "msg": "x", "req": request}
    assert decode(line).event["tags"]["api_request_id"] == "req-81"
    request["id"] = "own-id"
    assert decode(line).event["tags"]["api_request_id"] == "own-id"


def test_defaults_fill_what_a_line_lacks() -> None:
    options = Options(environment="production", release="1.2", service="shop")
    event = decode("[error] x", options=options).event
    assert (event["environment"], event["release"]) == ("production", "1.2")
    assert event["tags"] == {"service": "shop"}
    own = decode({"level": 50, "time": 1, "msg": "x", "env": "staging"}, options=options).event
    assert own["environment"] == "staging"


@pytest.mark.parametrize(
    "entry",
    [
        {"date": 1777629600.25, "log": "7:M 01 May 2026 10:00:00.000 # Short read"},
        {"file": "/var/log/redis.log", "host": "db-1", "offset": 12, "source_type": "file",
         "timestamp": "2026-05-01T10:00:02Z", "message": "7:M 01 May 2026 10:00:00.000 # Short read"},
    ],
    ids=["Fluent Bit", "Vector"],
)  # fmt: skip
def test_events_of_other_shippers(entry) -> None:
    decoded = decode(entry)
    assert (decoded.format, decoded.event["message"]) == ("redis", "Short read")
    assert decoded.event["timestamp"] == "2026-05-01T10:00:00.000Z"
