"""Storms in running servers: two machines in one, and one that ends by itself."""

from dataclasses import replace

import pytest

from issues.storm import Keep
from tests.e2e.load import Load, event
from tests.e2e.test_kill import assert_stored_exactly, total, wait_for_progress
from tests.servers import NewServer, wait_for
from tests.wire import new_event_id, send

pytestmark = pytest.mark.timeout(300)


@pytest.mark.postgresql
def test_two_machines_thin_the_same_storms(new_server: NewServer) -> None:
    """Two data directories, one PostgreSQL, every issue storms: all is counted, each latest event is whole."""
    one, two = (new_server(start=False, STORM_EVENTS="10", STORM_KEEP_EVERY="20") for _ in range(2))
    two.database_url = one.database_url
    two.environment["DATABASE_URL"] = one.environment["DATABASE_URL"]
    one.start()
    two.start()
    dsn = one.create_project("Shop")
    with (
        Load(dsn, connections=3) as first,
        Load(replace(dsn, port=two.port), connections=3) as second,
    ):
        for _ in range(3):
            for load in (first, second):
                wait_for_progress(load)
    one.wait_until_digested()
    two.wait_until_digested()
    first.acknowledged |= second.acknowledged
    assert_stored_exactly(one, first)
    assert total(one, "count(*)", "issues_issue", "storm_since IS NOT NULL") > 0
    assert total(one, "count(*)", "issues_event", f"keep = {Keep.THINNED:d}") > 0
    latest = (
        "SELECT DISTINCT ON (issue_id) keep FROM issues_event "
        "ORDER BY issue_id, received_at DESC, id DESC"
    )
    assert all(keep != Keep.THINNED for (keep,) in one.query(latest))


@pytest.mark.long
def test_a_storm_ends_by_itself(new_server: NewServer) -> None:
    server = new_server(STORM_EVENTS="5", STORM_MINUTES="1")
    dsn = server.create_project("Shop")
    for _ in range(20):
        assert send(dsn, event(0), new_event_id()).status == 200
    server.wait_for_events(20)
    assert total(server, "count(*)", "issues_issue", "storm_since IS NOT NULL") == 1
    wait_for(
        lambda: total(server, "count(*)", "issues_issue", "storm_since IS NOT NULL") == 0,
        "the storm to end",
        seconds=150,
        every=1,
    )
    kinds = [kind for (kind,) in server.query("SELECT kind FROM issues_activity ORDER BY id")]
    assert kinds == ["first_seen", "storm_started", "storm_ended"]
