"""Accepted means stored, exactly once, whatever happens to the server or to its database."""

import os
import random
import signal
import time
from collections import Counter

import pytest

from issues.storm import Keep
from tests.e2e.load import ISSUES, SHARDS, USERS, Load, event
from tests.servers import NewServer, Server, wait_for
from tests.wire import new_event_id, send
from tests.with_postgres import cluster

pytestmark = pytest.mark.timeout(300)


def stored_ids(server: Server) -> list[str]:
    rows = server.query("SELECT event_id FROM issues_event")
    return [str(row[0]).replace("-", "") for row in rows]


def total(server: Server, expression: str, table: str, where: str = "1 = 1") -> int:
    rows = server.query(f"SELECT {expression} FROM {table} WHERE {where}")
    return int(rows[0][0] or 0)


def assert_stored_exactly(server: Server, load: Load) -> None:
    """The database holds what was acknowledged, each once, and every count says so."""
    stored = stored_ids(server)
    assert len(stored) == len(set(stored))
    assert set(stored) == set(load.acknowledged)

    numbers = load.acknowledged.values()
    # All of them, unless a machine is so fast that an issue storms.
    whole = total(server, "count(*)", "issues_event", f"keep <> {Keep.THINNED:d}")
    assert server.count("issues_eventpayload") == whole
    assert server.count("issues_issue") == len({number % ISSUES for number in numbers})
    assert total(server, "sum(event_count)", "issues_issue") == len(stored)
    assert total(server, "sum(count)", "issues_hourcount") == len(stored)
    counts = server.query("SELECT issue_id, count(*) FROM issues_event GROUP BY issue_id")
    assert sorted(server.query("SELECT id, event_count FROM issues_issue")) == sorted(counts)
    meetings = {(number % ISSUES, number % USERS) for number in numbers}
    assert total(server, "sum(user_count)", "issues_issue") == len(meetings)
    shards = Counter(str(number % SHARDS) for number in numbers)
    tags = server.query(
        "SELECT value, sum(count) FROM issues_issuetag WHERE key = 'shard' GROUP BY value"
    )
    assert {value: int(count) for value, count in tags} == shards
    accepted = "outcome = 'accepted' AND category = 'error'"
    assert total(server, "sum(quantity)", "ingest_outcomecount", accepted) == len(stored)


def wait_for_progress(load: Load) -> None:
    before = len(load.acknowledged)
    wait_for(lambda: len(load.acknowledged) >= before + 100, "the load to be under way")


def test_three_kills_under_load_lose_nothing_and_store_nothing_twice(
    new_server: NewServer,
) -> None:
    kill_under_load(new_server(), 3)


def kill_under_load(server: Server, times: int) -> None:
    with Load(server.create_project("Shop")) as load:
        for _ in range(times):
            wait_for_progress(load)
            time.sleep(random.uniform(0, 1.5))
            server.kill()
            server.start()
        wait_for_progress(load)
    assert load.broken > 0
    assert set(load.answers) == {200}
    server.wait_until_digested()
    assert_stored_exactly(server, load)


def test_a_killed_worker_is_replaced_and_loses_nothing(new_server: NewServer) -> None:
    server = new_server()
    with Load(server.create_project("Shop"), connections=3) as load:
        wait_for_progress(load)
        (worker,) = server.workers()
        os.kill(worker, signal.SIGKILL)
        wait_for(lambda: load.broken > 0, "a connection that breaks")
        wait_for_progress(load)
    server.wait_until_digested()
    assert_stored_exactly(server, load)


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_a_stop_under_load_is_clean(signum: signal.Signals, new_server: NewServer) -> None:
    """What was accepted is in the database or still in the spool, and arrives after the next start."""
    server = new_server()
    with Load(server.create_project("Shop"), connections=3) as load:
        wait_for_progress(load)
        status = server.stop(signum)
        accepted = len(load.acknowledged)
        stats = server.stats()
        output = server.output()
        server.start()
    assert status in (0, 128 + signum)
    assert "Traceback" not in output
    assert stats["events"] + stats["spool"] >= accepted
    server.wait_until_digested()
    assert_stored_exactly(server, load)


def interrupt_twice(server: Server, rounds: int) -> None:
    """As a terminal does: the signal goes to the arbiter and the worker at once, and the arbiter passes it on."""
    with Load(server.create_project("Shop"), connections=6) as load:
        for _ in range(rounds):
            wait_for_progress(load)
            said = server.output().count("Worker exiting")
            began = time.monotonic()
            os.killpg(server.pid, signal.SIGINT)
            time.sleep(random.uniform(0, 0.1))
            os.killpg(server.pid, signal.SIGINT)
            assert server.wait() in (0, 130)
            assert time.monotonic() - began < 12, "the grace of 20 s was used up"
            assert server.output().count("Worker exiting") == said + 1
            server.start()
    assert "Traceback" not in server.output()
    server.wait_until_digested()
    assert_stored_exactly(server, load)


@pytest.mark.once
def test_a_doubled_ctrl_c_under_load_does_not_hang(new_server: NewServer) -> None:
    interrupt_twice(new_server(), 2)


@pytest.mark.long
@pytest.mark.once
def test_many_doubled_ctrl_c_under_load_do_not_hang(new_server: NewServer) -> None:
    interrupt_twice(new_server(), 10)


@pytest.mark.long
def test_ten_kills_under_load_lose_nothing_and_store_nothing_twice(new_server: NewServer) -> None:
    kill_under_load(new_server(), 10)


def test_the_same_event_sent_again_is_stored_once(new_server: NewServer) -> None:
    server = new_server()
    dsn = server.create_project("Shop")
    event_id = new_event_id()
    for _ in range(3):
        assert send(dsn, event(1), event_id).status == 200
    server.wait_until_digested()
    assert send(dsn, event(1), event_id).json() == {"id": event_id}
    server.wait_until_digested()
    assert stored_ids(server) == [event_id]
    assert total(server, "sum(event_count)", "issues_issue") == 1
    assert total(server, "sum(count)", "issues_hourcount") == 1


@pytest.mark.postgresql
def test_while_the_database_is_away_the_server_goes_on_accepting(new_server: NewServer) -> None:
    """Also beyond the life of a cached key, and after a restart that finds no database."""
    with cluster() as own:
        server = new_server(DATABASE_URL=own.url(), KEY_CACHE_SECONDS="1")
        with Load(server.create_project("Shop"), connections=2, pause=0.02) as load:
            wait_for_progress(load)
            server.wait_for_events(1)
            own.stop()
            wait_for_progress(load)
            time.sleep(3)  # the cached key has expired, and cannot be asked for again
            wait_for_progress(load)
            server.kill()
            server.start("serve")
            wait_for_progress(load)
            own.start()
        assert set(load.answers) == {200}
        wait_for(lambda: server.count("issues_event") == len(load.acknowledged), "all events")
        server.wait_until_digested()
        assert_stored_exactly(server, load)
