"""Several processes on one machine, several machines on one database: still each event once, still one issue each."""

import random
import time
from dataclasses import replace

import pytest

from tests.e2e.load import Load
from tests.e2e.test_faults import Cutter, url_of
from tests.e2e.test_kill import assert_stored_exactly, wait_for_progress
from tests.servers import NewServer, Server, wait_for

pytestmark = pytest.mark.timeout(300)


def test_two_processes_of_a_machine_share_the_work(new_server: NewServer) -> None:
    """Each appends to a spool of its own, one digests both; killed and started again in between."""
    server = new_server(WORKERS="2")
    with Load(server.create_project("Shop")) as load:
        wait_for_progress(load)
        time.sleep(random.uniform(0, 1))
        server.kill()
        server.start()
        wait_for_progress(load)
    server.wait_until_digested()
    assert len(list((server.data / "spool").glob("*.spool"))) == 2
    assert_stored_exactly(server, load)


def two_machines(new_server: NewServer) -> tuple[Server, Server]:
    """Two data directories, one PostgreSQL."""
    one = new_server(start=False)
    two = new_server(start=False)
    two.database_url = one.database_url
    two.environment["DATABASE_URL"] = one.environment["DATABASE_URL"]
    one.start()
    two.start()
    return one, two


@pytest.mark.postgresql
def test_two_machines_meet_the_same_new_problems_at_once(new_server: NewServer) -> None:
    """Both make the same issues, releases and counts at the same moment."""
    one, two = two_machines(new_server)
    dsn = one.create_project("Shop")
    with (
        Load(dsn, connections=3) as first,
        Load(replace(dsn, port=two.port), connections=3) as second,
    ):
        for load in (first, second):
            wait_for_progress(load)
    one.wait_until_digested()
    two.wait_until_digested()
    first.acknowledged |= second.acknowledged
    assert_stored_exactly(one, first)


@pytest.mark.long
@pytest.mark.postgresql
def test_two_machines_for_a_minute_while_connections_are_cut(new_server: NewServer) -> None:
    one, two = two_machines(new_server)
    dsn = one.create_project("Shop")
    with (
        Load(dsn, connections=2, pause=0.03) as first,
        Load(replace(dsn, port=two.port), connections=2, pause=0.03) as second,
    ):
        for load in (first, second):
            wait_for_progress(load)
        with Cutter(url_of(one), pause=1.5) as cutter:
            time.sleep(60)
    assert cutter.cuts > 10
    assert set(first.answers) == set(second.answers) == {200}
    total = len(first.acknowledged) + len(second.acknowledged)
    wait_for(lambda: one.count("issues_event") >= total, "all events", seconds=150, every=1)
    for server in (one, two):
        server.wait_until_digested()
    first.acknowledged |= second.acknowledged
    assert_stored_exactly(one, first)
