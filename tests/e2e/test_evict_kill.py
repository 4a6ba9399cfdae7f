"""Eviction that is killed again and again while events keep coming: nothing is half gone, every count stays exact."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from tests.e2e.load import ISSUES, Load
from tests.e2e.test_kill import stored_ids, total, wait_for_progress
from tests.servers import NewServer, Server, wait_for

pytestmark = [pytest.mark.timeout(600), pytest.mark.long]

EVENTS = 3000
KEPT = 60  # of each issue

# As the janitor does it, but at once, for events of this very minute, and in chunks that take their time.
EVICT = f"""
from datetime import timedelta
from django.utils import timezone
from issues.retention import passes
from issues.retention.choosing import Choosing
from issues.retention.lease import claim
from issues.retention.removing import remove
from projects.models import Project
passes.CHUNK = 25
Project.objects.update(retention_issue_events={KEPT})
lease = None
while lease is None:
    lease = claim("e2e", timezone.now() + timedelta(minutes=3))  # whoever had it is dead
steps = passes.sweep(
    lambda chunk: remove(list(chunk), lease, timezone.now()),
    timezone.now(),
    choosing=Choosing(timezone.now(), settling=timedelta()),
)
for step in steps:
    print(step.events, flush=True)
"""


def evicting(server: Server) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "bugsink_lite", "shell", "--no-imports", "-c", EVICT],
        env=server.environment,
        cwd=server.directory,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def assert_whole(server: Server) -> None:
    """Whatever is gone is gone as a whole, and was counted in the same moment."""
    events, gone = server.count("issues_event"), total(server, "sum(events)", "issues_evictedcount")
    assert events + gone == total(server, "sum(event_count)", "issues_issue")
    assert events + gone == total(server, "sum(count)", "issues_hourcount")
    orphans = "id NOT IN (SELECT id FROM issues_event)"
    assert total(server, "count(*)", "issues_eventpayload", orphans) == 0
    files = "event_id NOT IN (SELECT event_id FROM issues_event)"
    assert total(server, "count(*)", "issues_attachment", files) == 0
    blobs = "id NOT IN (SELECT id FROM issues_attachment)"
    assert total(server, "count(*)", "issues_attachmentdata", blobs) == 0


def test_kills_leave_nothing_half_gone(new_server: NewServer) -> None:
    server = new_server(STORM_EVENTS="0")
    with Load(server.create_project("Shop")) as load:
        wait_for(lambda: len(load.acknowledged) > EVENTS / 2, "events to evict")
        for _ in range(5):
            process = evicting(server)
            assert process.stdout is not None
            assert process.stdout.readline(), "it has begun"
            time.sleep(random.uniform(0, 0.3))
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            process.stdout.close()
            wait_for_progress(load)
        server.kill()
        server.start()
        wait_for(lambda: len(load.acknowledged) > EVENTS, "more of them")
    server.wait_until_digested()
    # While nothing comes: a query after the other must see the same.
    assert_whole(server)
    process = evicting(server)
    process.communicate()
    assert process.returncode == 0
    assert_whole(server)
    assert set(load.answers) == {200}
    assert total(server, "sum(event_count)", "issues_issue") == len(load.acknowledged)
    stored = stored_ids(server)
    assert len(stored) == len(set(stored)) == ISSUES * KEPT
    assert set(stored) <= set(load.acknowledged)
