"""Lines as the programs themselves write them: Pino, Redis and PostgreSQL, started here."""

import json
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ingest.decoders import auto, split
from ingest.decoders.values import Decoded, Options
from tests.net import free_port
from tests.servers import wait_for
from tests.system import NODE_DIR, program
from tests.with_postgres import Cluster, server_binaries

pytestmark = pytest.mark.once

OPTIONS = Options(slow_ms=50)


def events(entries: list[Any], format_: str) -> list[Decoded]:
    """All lines by their looks, which must be those of the format."""
    decoded = [auto.decode(entry, "auto", OPTIONS) for entry in entries]
    assert {each.format for each in decoded} == {format_}
    return [each for each in decoded if each.is_event("error")]


# --- Pino -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pino() -> list[Any]:
    node = program("node")
    if node is None or not (NODE_DIR / "node_modules" / "pino").exists():
        pytest.skip("neither Node nor Pino")
    done = subprocess.run([node, "log.mjs"], cwd=NODE_DIR, capture_output=True, check=True)
    return split.split(done.stdout, "text/plain")


def test_pino(pino: list[Any]) -> None:
    found = events(pino, "pino")
    assert len(pino) == 9
    assert [each.event.get("message") for each in found] == [
        "cannot pay", "payment failed", "both failed", "going down",
        "request errored", "request completed", "later",
    ]  # fmt: skip
    assert [each.level for each in found].count("fatal") == 1
    cannot_pay = found[0].event
    cause, caught = cannot_pay["exception"]
    assert (cause["type"], cause["value"]) == ("TypeError", "x is undefined")
    assert caught["value"] == "payment failed"
    functions = [frame.get("function") for frame in caught["stacktrace"]["frames"]]
    assert functions[-1] == "pay"
    innermost = cause["stacktrace"]["frames"][-1]
    assert (innermost["function"], innermost["in_app"]) == ("charge", True)
    assert innermost["filename"].endswith("log.mjs")
    assert innermost["lineno"] > 0
    assert cannot_pay["logger"] == "orders-api"
    assert cannot_pay["contexts"]["error"]["code"] == "E_PAY"
    ids = [each.event.get("tags", {}).get("api_request_id") for each in found]
    assert ids[0] == "req-81"
    assert (ids[3], ids[4]) == ("req-82", "req-83")
    members = [each["type"] for each in found[2].event["exception"]]
    assert members == ["Error", "TypeError", "AggregateError"]
    assert len({each.source for each in found}) >= 1
    assert all(each.event["server_name"] for each in found)


# --- Redis ------------------------------------------------------------------------------------


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[tuple[Path, Callable[[str], None]]]:
    """The log of a server that cannot save, and a way to talk to it."""
    server, client = shutil.which("redis-server"), shutil.which("redis-cli")
    if server is None or client is None:
        pytest.skip("no Redis")
    port = str(free_port())
    log = tmp_path / "redis.log"
    process = subprocess.Popen(
        [server, "--port", port, "--bind", "127.0.0.1", "--dir", str(tmp_path), "--logfile", str(log),
         "--loglevel", "verbose", "--save", "", "--enable-debug-command", "yes"],
    )  # fmt: skip

    def say(words: str) -> None:
        subprocess.run([client, "-p", port, *words.split()], capture_output=True, timeout=30)

    try:
        wait_for(lambda: log.exists() and "Ready to accept" in log.read_text(), "Redis")
        yield log, say
    finally:
        process.kill()
        process.wait()


def test_redis(redis: tuple[Path, Callable[[str], None]], tmp_path: Path) -> None:
    log, say = redis
    say("SET a 1")
    (tmp_path / "dump.rdb").mkdir()  # what cannot be replaced by a file
    say("BGSAVE")
    wait_for(lambda: "Background saving error" in log.read_text(), "the failed save")
    say("REPLICAOF 127.0.0.1 1")
    wait_for(lambda: "Connecting to MASTER" in log.read_text(), "the replica")
    say("DEBUG SEGFAULT")
    wait_for(lambda: "crashed by signal" in log.read_text(), "the crash")
    wait_for(lambda: "END" in log.read_text().split("BUG REPORT START", 1)[1], "the report")
    entries = split.split(log.read_bytes(), "text/plain")
    decoded = [auto.decode(entry, "redis", OPTIONS) for entry in entries if _is_redis(entry)]
    wanted = [each for each in decoded if each.is_event("error")]
    said = " | ".join(each.event["message"] for each in wanted)
    assert "Background saving error" in said
    assert "crashed by signal" in said
    assert "Ready to accept" not in said
    assert "initialized" not in said
    roles = {each.event.get("tags", {}).get("redis.role") for each in decoded}
    assert {"master", "child", "replica"} <= roles
    assert {"fatal", "error"} <= {each.level for each in wanted}
    # The rest of the report, whatever it says, makes no other events.
    others = [entry for entry in entries if not _is_redis(entry)]
    assert [e for e in others if auto.decode(e, "text", OPTIONS).is_event("error")] == []


def _is_redis(entry: str) -> bool:
    with suppress(ValueError):
        return auto.decode(entry, "redis", OPTIONS).format == "redis"
    return False


# --- PostgreSQL -------------------------------------------------------------------------------

SETTINGS = (
    "log_destination = 'stderr,csvlog,jsonlog'",
    "logging_collector = on",
    "log_directory = 'logs'",
    "log_filename = 'server.log'",
    "log_line_prefix = '%m [%p] %q%u@%d '",
    "log_min_duration_statement = 100",
    "deadlock_timeout = '50ms'",
    "max_connections = 12",
    "log_timezone = 'UTC'",
)
SCHEMA = """
create table customer (id int primary key);
create table orders (id int primary key, customer int references customer, qty int check (qty > 0), note text not null);
create function pay(amount int) returns void language plpgsql as $$
begin
  if amount > 100 then
    raise exception 'order % is closed', amount using errcode = 'P0001', hint = 'open it first';
  end if;
end $$;
create function run_all() returns void language plpgsql as $$
begin
  perform pay(500);
end $$;
insert into orders values (1, null, 1, 'a'), (2, null, 1, 'b');
"""
FAILING = (
    "insert into orders values (1, null, 1, 'Bob''s secret')",
    "insert into orders values (7, 99, 1, 'x')",
    "insert into orders values (8, null, 0, 'x')",
    "insert into orders (id, qty) values (9, 1)",
    "select run_all()",
    "select 1 / 0",
    "select * from nowhere",
    "select 'x'::int",
    "select 1 from",
)
STATES = (
    *("unique_violation", "foreign_key_violation", "check_violation", "not_null_violation"),
    *("raise_exception", "division_by_zero", "undefined_table", "invalid_text_representation"),
    *("syntax_error", "deadlock_detected", "too_many_connections"),
)


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Path]:
    """The directory of logs in all three forms, of a server to which everything bad has happened."""
    binaries = server_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL")
    own = Cluster(binaries)
    try:
        with open(own.data / "postgresql.auto.conf", "a") as file:
            file.write("\n".join(SETTINGS) + "\n")
        own.start(max_connections=12)
        _misbehave(own.url())
        logs = own.data / "logs"
        wait_for(lambda: "too many clients" in (logs / "server.json").read_text(), "the last line")
        wait_for(lambda: "too many clients" in (logs / "server.log").read_text(), "the last line")
        yield logs
    finally:
        own.remove()


def _misbehave(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(SCHEMA)
        for statement in FAILING:
            with suppress(psycopg.Error):
                connection.execute(statement.encode())
        connection.execute("select pg_sleep(0.15)")
    _deadlock(url)
    held = []
    with suppress(psycopg.Error):
        for _ in range(40):
            held.append(psycopg.connect(url))
    for connection in held:
        connection.close()


def _deadlock(url: str) -> None:
    def update(first: int, second: int) -> None:
        with suppress(psycopg.Error), psycopg.connect(url) as connection:
            connection.execute("update orders set qty = 2 where id = %s", [first])
            meet.wait()
            connection.execute("update orders set qty = 2 where id = %s", [second])

    meet = threading.Barrier(2, timeout=20)
    threads = [threading.Thread(target=update, args=pair) for pair in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("form", ["json", "csv", "log"])
def test_postgresql(form: str, postgresql: Path) -> None:
    body = (postgresql / f"server.{form}").read_bytes()
    entries = split.split(body, "text/plain")
    found = events(entries, "postgresql")
    by_type: dict[str, Decoded] = {}
    for each in found:
        for exception in each.event.get("exception", []):
            by_type.setdefault(exception["type"], each)
    assert set(STATES) - by_type.keys() - ({"raise_exception"} if form == "log" else set()) == set()
    unique = by_type["unique_violation"].event
    assert unique["tags"]["db.name"] == "postgres"
    assert unique["tags"]["db.command"] == "INSERT"
    assert unique["tags"]["db.statement"] == "insert into orders values (?, null, ?, '?')"
    assert unique["contexts"]["postgresql"]["detail"] == "Key (id)=(?) already exists."
    assert "secret" not in json.dumps([each.event for each in found])
    _check_function(found)
    slow = [each for each in found if each.event.get("message", "").startswith("slow statement")]
    assert any("pg_sleep" in each.event["message"] for each in slow)
    assert all(each.level == "warning" for each in slow)
    deadlock = by_type["deadlock_detected"].event
    assert "waits for" in deadlock["contexts"]["postgresql"]["detail"]
    assert by_type["too_many_connections"].level == "fatal"
    # Nothing that comes twice in a log has the same source and text.
    assert len({(each.source, json.dumps(each.event, sort_keys=True)) for each in found}) == len(
        found
    )
    assert all(each.event["timestamp"].endswith(("Z", "UTC")) for each in found)


def _check_function(found: list[Decoded]) -> None:
    (raised,) = [e for e in found if e.event["tags"].get("db.function", "").startswith("pay(")]
    tags = raised.event["tags"]
    assert (tags["db.function"], tags["db.line"]) == ("pay(integer)", "4")
    holder = raised.event.get("exception", [raised.event])[0]
    frames = holder["stacktrace"]["frames"]
    assert [(frame["function"], frame["lineno"]) for frame in frames] == [
        ("run_all()", 3),
        ("pay(integer)", 4),
    ]
    assert raised.event["contexts"]["postgresql"]["hint"] == "open it first"
    assert raised.event["fingerprint"][1:] == ["pay(integer)", "4"]


def test_the_three_forms_say_the_same(postgresql: Path) -> None:
    titles = []
    for form in ("json", "csv", "log"):
        entries = split.split((postgresql / f"server.{form}").read_bytes(), "text/plain")
        found = events(entries, "postgresql")
        titles.append(sorted(_title(each.event) for each in found))
    assert titles[0] == titles[1]
    assert [t for t in titles[2] if "is closed" not in t] == [
        t for t in titles[0] if "is closed" not in t
    ]


def _title(event: dict[str, Any]) -> str:
    for exception in event.get("exception", []):
        return f"{exception['type']}: {exception['value']}"
    return str(event.get("message"))
