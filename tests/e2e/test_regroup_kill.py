"""Regrouping with rules that were put in force, killed in the middle, while events keep coming: each event once,
every count exact, there and back.
"""

import json
import os
import signal
import subprocess
from functools import partial

import pytest

from tests.e2e.load import ISSUES, SHARDS, Load
from tests.e2e.test_kill import assert_stored_exactly, total, wait_for_progress
from tests.servers import NewServer, Server, wait_for

pytestmark = [pytest.mark.timeout(600), pytest.mark.long]

EVENTS = 2500
RULE = "tags.shard:1 -> {{ default }}, apart"
SPLIT_IN = 2  # issues that the rule makes of one


def shell(server: Server, code: str) -> str:
    return server.command("shell", "--no-imports", "-c", code).stdout.strip()


def adopt(server: Server) -> int:
    """As the workbench does: look, then save the rule and let the background move the events."""
    code = f"""
from django.utils import timezone
from issues.regroup import apply, decisions
from projects.models import Project
run = decisions.start(
    Project.objects.get(name=\"Shop\"), {{"fingerprint_rules": {json.dumps(RULE)}}}, by=None, now=timezone.now())
while apply.step(run, timezone.now()):
    pass
assert decisions.apply(run, by=None, now=timezone.now(), is_saving=True)
print(run.pk)
"""
    return int(shell(server, code))


def take_back(server: Server, run: int) -> None:
    shell(
        server,
        "from django.utils import timezone\n"
        "from issues.models import RegroupRun\n"
        "from issues.regroup import decisions\n"
        f"assert decisions.undo(RegroupRun.objects.get(pk={run}), by=None, now=timezone.now())",
    )


def state(server: Server, run: int) -> tuple[str, int]:
    row = server.query(f"SELECT state, looked_at FROM issues_regrouprun WHERE id = {run}")[0]
    return str(row[0]), int(row[1])


def kill_in(server: Server, run: int, name: str) -> None:
    """In the middle of that work: some of it is done, not all."""
    wait_for(lambda: state(server, run)[1] > 0, f"{name} to be under way", every=0.005)
    server.kill()
    found, looked_at = state(server, run)
    assert (found, 0 < looked_at < EVENTS) == (name, True), (found, looked_at)
    server.start()


def assert_split(server: Server, load: Load) -> None:
    """By the rule, and every count says so."""
    stored = [
        str(row[0]).replace("-", "") for row in server.query("SELECT event_id FROM issues_event")
    ]
    assert len(stored) == len(set(stored)) == len(load.acknowledged)
    assert server.count("issues_issue") == ISSUES * SPLIT_IN
    counts = server.query("SELECT issue_id, count(*) FROM issues_event GROUP BY issue_id")
    assert sorted(server.query("SELECT id, event_count FROM issues_issue")) == sorted(counts)
    assert total(server, "sum(count)", "issues_hourcount") == len(stored)
    shards = server.query(
        "SELECT h.issue_id, t.value, sum(t.count) FROM issues_issuetag t "
        "JOIN issues_grouphash h ON h.id = t.grouphash_id WHERE t.key = 'shard' GROUP BY 1, 2"
    )
    of_issue: dict[int, set[str]] = {}
    for issue, shard, _ in shards:
        of_issue.setdefault(issue, set()).add(shard)
    alone = {"1"}
    assert sorted(map(sorted, of_issue.values())) == sorted(
        [sorted(alone)] * ISSUES + [["0", "2"]] * ISSUES
    )
    assert sum(int(row[2]) for row in shards) == len(stored)
    assert SHARDS == 3


def test_an_adopted_rule_and_its_undo_survive_kills_under_load(new_server: NewServer) -> None:
    server = new_server(STORM_EVENTS="0")
    dsn = server.create_project("Shop")
    with Load(dsn) as load:
        wait_for(lambda: len(load.acknowledged) >= EVENTS, "enough events")
    server.wait_until_digested()
    with Load(dsn, connections=1, pause=0.02) as more:
        run = adopt(server)
        kill_in(server, run, "applying")
        wait_for_progress(more)
        wait_for(lambda: state(server, run)[0] == "applied", "all events moved")
    load.acknowledged.update(more.acknowledged)
    server.wait_until_digested()
    assert_split(server, load)

    with Load(dsn, connections=1, pause=0.02) as more:
        wait_for_progress(more)
        take_back(server, run)
        kill_in(server, run, "undoing")
    load.acknowledged.update(more.acknowledged)
    server.wait_until_digested()
    late = f"SELECT count(*) FROM issues_regrouprun WHERE follows_id = {run} AND state = 'applied'"
    wait_for(lambda: server.query(late)[0][0] == 1, "what came meanwhile to be moved, too")
    assert state(server, run)[0] == "undone"
    wait_for(lambda: server.count("issues_relocation") == 0, "every event at its issue")
    assert_stored_exactly(server, load)


def is_under_way(server: Server, work: str) -> bool:
    rows = f"SELECT count(*) FROM issues_regrouprun WHERE state = '{work}' AND looked_at > 0"
    return bool(server.query(rows)[0][0])


def begin(server: Server, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*server._program, "regroup", "--split", *arguments],
        env=server.environment,
        cwd=server.directory,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_the_command_is_killed_and_goes_on(new_server: NewServer) -> None:
    server = new_server(STORM_EVENTS="0")
    with Load(server.create_project("Shop")) as load:
        wait_for(lambda: len(load.acknowledged) >= EVENTS, "enough events")
    server.wait_until_digested()
    shell(
        server,
        "from projects.models import Project\n"
        f"Project.objects.update(grouping_fingerprint_rules={json.dumps(RULE)})",
    )
    slug = server.query("SELECT slug FROM projects_project WHERE name = 'Shop'")[0][0]
    for work in ("planning", "applying"):
        command = begin(server, "--project", slug)
        wait_for(partial(is_under_way, server, work), f"{work} under way", every=0.005)
        os.killpg(command.pid, signal.SIGKILL)
        command.communicate()
        assert server.query("SELECT state FROM issues_regrouprun") == [(work,)]
    said = begin(server, "--project", slug).communicate(timeout=300)[0]
    assert "going on with run" in said
    assert_split(server, load)
    # Once more: nothing is left to do.
    assert "0 get another hash" in begin(server, "--project", slug).communicate(timeout=300)[0]
    assert_split(server, load)
