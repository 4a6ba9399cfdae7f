"""A real SDK that is over a limit stops sending, and what no limit is about goes on."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import ROOT, NewServer, Server, wait_for
from tests.wire import Dsn, new_event_id, send

SCRIPT = Path(__file__).parent / "send_while_limited.py"
ACCEPTED_BEFORE = 3


@pytest.fixture
def server(new_server: NewServer) -> Server:
    return new_server(KEY_CACHE_SECONDS="1")


def change(server: Server, dsn: Dsn, statement: str) -> None:
    """Set something of the project, as its settings page will."""
    code = f"from projects.models import *; {statement.format(dsn.project_id)}"
    server.command("shell", "-v0", "-c", code)


def send_with_sdk(dsn: Dsn) -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), dsn.text],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def outcomes(server: Server) -> dict[tuple[str, str, str], int]:
    rows = server.query(
        "SELECT outcome, category, reason, sum(quantity) FROM ingest_outcomecount "
        "GROUP BY outcome, category, reason"
    )
    return {(outcome, category, reason): int(n) for outcome, category, reason, n in rows}


def sessions(server: Server) -> int:
    return sum(n for (_, category, _), n in outcomes(server).items() if category == "session")


def test_a_used_up_quota_stops_errors_and_not_sessions(server: Server) -> None:
    dsn = server.create_project("Quota")
    change(server, dsn, f"Project.objects.filter(pk={{}}).update(monthly_quota={ACCEPTED_BEFORE})")
    for number in range(ACCEPTED_BEFORE):
        assert send(dsn, {"message": f"before {number}"}, new_event_id()).status == 200
    server.wait_for_events(ACCEPTED_BEFORE)
    # The server learns of it within KEY_CACHE_SECONDS, when something is asked of it.
    wait_for(
        lambda: send(dsn, {"message": "over"}, new_event_id()).status == 429, "the quota to count"
    )
    wait_for(lambda: ("rate_limited", "default", "quota") in outcomes(server), "the refusal")
    stored = server.count("issues_event")
    before = outcomes(server)["rate_limited", "default", "quota"]
    send_with_sdk(dsn)
    wait_for(lambda: sessions(server) >= 1, "the session")
    wait_for(
        lambda: outcomes(server)["rate_limited", "default", "quota"] == before + 1,
        "the one message that was tried",
    )
    assert server.count("issues_event") == stored


def test_a_rate_limit_stops_everything(server: Server) -> None:
    dsn = server.create_project("Rate")
    change(
        server,
        dsn,
        f"ProjectKey.objects.filter(project={{}}).update(rate_per_hour={ACCEPTED_BEFORE})",
    )
    send_with_sdk(dsn)
    server.wait_for_events(ACCEPTED_BEFORE)
    refused = ("rate_limited", "default", "rate_limited")
    wait_for(lambda: outcomes(server).get(refused), "the refusal")
    assert outcomes(server)[refused] == 1, "of twelve messages and a session"
    assert server.count("issues_event") == ACCEPTED_BEFORE
    assert sessions(server) == 0
