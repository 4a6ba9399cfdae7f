"""The slow housekeeping of a process."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from bugsink_lite import janitor, notices
from bugsink_lite.janitor import Janitor
from issues.models import Event, Sweep
from issues.retention import passes, space
from issues.retention.lease import claim
from issues.retention.space import Space
from projects.models import Project, ServerProcess
from tests.issues.retention.builders import issue_with
from tests.servers import wait_for


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setattr(janitor, "SHORTEST_REST", 0)
    settings.RETENTION_DAYS = 30
    settings.RETENTION_KEPT_DAYS = 0


@pytest.mark.django_db
def test_a_pass_is_made_once_in_an_hour_by_one_process(project: Project) -> None:
    issue_with(project, [4000, 3000, 2000, 1000])
    one, other = Janitor(digests=True), Janitor(digests=False)
    lease = claim(passes.NAME, timezone.now())
    assert lease is not None
    one._evict()
    assert Event.objects.count() == 4, "somebody else is at it"
    lease.release()
    one._evict()
    assert Event.objects.count() == 2
    issue_with(project, [4000, 3000, 1000])
    other._evict()
    assert Event.objects.count() == 5, "the last one was a moment ago"
    Sweep.objects.update(finished_at=timezone.now() - passes.EVERY)
    other._evict()
    assert Event.objects.count() == 4


@pytest.mark.django_db
def test_a_database_that_is_too_large_does_not_wait_for_the_hour(
    project: Project, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue_with(project, [9, 8, 7, 6])
    settings.RETENTION_BYTES = 3000
    monkeypatch.setattr(space, "database_bytes", lambda: 9000)
    monkeypatch.setattr(space, "measure", lambda: Space(9000, Event.objects.count() * 1000))
    Sweep.objects.create(name=passes.NAME, finished_at=timezone.now())
    Janitor(digests=True)._evict_if_full()
    assert Event.objects.count() == 2


@pytest.mark.django_db
def test_a_stop_ends_a_pass_after_the_step(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passes, "CHUNK", 1)
    issue_with(project, [4000, 3000, 2000, 1000])
    one = Janitor(digests=True)
    one.stop()
    one._evict()
    assert Event.objects.count() == 3
    assert claim(passes.NAME, timezone.now()) is not None, "the next one may go on at once"


@pytest.mark.django_db(transaction=True)
def test_the_thread_reports_and_takes_its_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(janitor, "TURN_SECONDS", 0.01)
    monkeypatch.setattr(notices, "_reported_at", float("-inf"))
    one = Janitor(digests=True)
    for chore in one._chores:
        chore._seconds = 0
    one.start()
    wait_for(ServerProcess.objects.exists, "the process to say how it is")
    one.stop()
    one.join(60)
    assert not ServerProcess.objects.exists()


@pytest.mark.django_db
def test_a_clock_that_jumps_ahead_makes_nothing_leave(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue_with(project, [4000, 3000, 2000, 1000])
    one = Janitor(digests=True)
    right = time.time()
    monkeypatch.setattr(time, "time", lambda: right + 7200)
    one._evict()
    assert Event.objects.count() == 4
    monkeypatch.setattr(one, "_not_before", 0.0)  # a day later
    one._evict()
    assert Event.objects.count() == 2


@pytest.mark.django_db
def test_a_lease_of_a_clock_that_was_wrong_holds_up_nobody() -> None:
    now = timezone.now()
    assert claim(passes.NAME, now + timedelta(days=365)) is not None
    lease = claim(passes.NAME, now)
    assert lease is not None
    lease.note(finished_at=now + timedelta(days=365))
    lease.release()
    assert claim(passes.NAME, now, idle_since=now - passes.EVERY) is not None
