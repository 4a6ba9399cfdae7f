"""A verb on all that match: every issue once, whatever interrupts it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from issues import bulk, triage
from issues.models import Activity, BulkJob, BulkState, Issue
from issues.states import Status
from projects.models import Project, Role, Team, User
from tests.factories import join, make_issue, make_project, make_team, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(team: Team) -> User:
    user = make_user("ada@example.com")
    join(team, user, Role.MEMBER)
    return user


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "CHUNK", 3)


def begin(user: User, project: Project | None, verb: str = "resolve", **params: Any) -> BulkJob:
    data = params.pop("data", {})
    now = timezone.now()
    job = bulk.begin(user, project, verb, params=params, data=data, back="/issues/", now=now)
    assert job is not None
    return job


def statuses() -> list[int]:
    return list(Issue.objects.order_by("pk").values_list("status", flat=True))


def test_every_issue_that_matches_gets_the_verb_once(project: Project, ada: User) -> None:
    for number in range(8):
        make_issue(project, f"KeyError: {number}")
    make_issue(project, "TypeError: other")
    job = begin(ada, project, query="keyerror")
    assert (job.total, statuses()) == (8, [Status.UNRESOLVED] * 9)
    job = bulk.finish(job, 10)
    assert (job.state, job.looked_at, job.changed) == (BulkState.DONE, 8, 8)
    assert statuses() == [Status.RESOLVED] * 8 + [Status.UNRESOLVED]
    assert Activity.objects.count() == 8


def test_an_interrupted_job_goes_on_where_it_was(
    project: Project, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A verb fails within a chunk: nothing of that chunk is done, and nothing is done twice."""
    for number in range(8):
        make_issue(project, f"KeyError: {number}")
    job = begin(ada, project)
    assert bulk.step(job.pk)
    real = triage.resolve

    def dies(*args: Any, **named: Any) -> Any:
        real(*args, **named)
        raise RuntimeError("the machine stops")

    monkeypatch.setattr(triage, "resolve", dies)
    with pytest.raises(RuntimeError):
        bulk.step(job.pk)
    monkeypatch.undo()
    assert statuses().count(Status.RESOLVED) == 3
    assert bulk.carry_on(10)
    job.refresh_from_db()
    assert (job.state, job.looked_at, job.changed) == (BulkState.DONE, 8, 8)
    assert Activity.objects.count() == 8
    assert not bulk.carry_on(10)


def test_a_stopped_job_waits_until_it_is_resumed(project: Project, ada: User) -> None:
    for number in range(5):
        make_issue(project, f"KeyError: {number}")
    job = begin(ada, project)
    bulk.step(job.pk)
    bulk.stop(job)
    assert not bulk.step(job.pk)
    assert statuses().count(Status.RESOLVED) == 3
    bulk.resume(job)
    assert bulk.finish(job, 10).state == BulkState.DONE
    assert statuses() == [Status.RESOLVED] * 5


def test_what_comes_after_the_click_is_left_alone(project: Project, ada: User) -> None:
    make_issue(project, "KeyError: 1")
    job = begin(ada, project)
    make_issue(project, "KeyError: 2")
    bulk.finish(job, 10)
    assert statuses() == [Status.RESOLVED, Status.UNRESOLVED]


def test_only_issues_one_may_decide_about(project: Project, ada: User) -> None:
    make_issue(project, "KeyError: mine")
    looking = make_team()
    join(looking, ada, Role.VIEWER)
    make_issue(make_project("Looked at", team=looking), "KeyError: looked at")
    make_issue(make_project("Foreign"), "KeyError: foreign")
    job = bulk.finish(begin(ada, None, query="keyerror"), 10)
    assert (job.total, job.changed) == (1, 1)
    assert statuses() == [Status.RESOLVED, Status.UNRESOLVED, Status.UNRESOLVED]


def test_a_right_that_is_taken_away_ends_the_job(project: Project, ada: User) -> None:
    for number in range(5):
        make_issue(project, f"KeyError: {number}")
    job = begin(ada, project)
    bulk.step(job.pk)
    ada.memberships.update(role=Role.VIEWER)
    job = bulk.finish(job, 10)
    assert (job.state, job.changed) == (BulkState.REFUSED, 3)
    assert statuses().count(Status.RESOLVED) == 3


def test_undo_gives_back_what_was_not_changed_since(project: Project, ada: User) -> None:
    issues = [make_issue(project, f"KeyError: {number}") for number in range(5)]
    job = bulk.finish(begin(ada, project, verb="mute", data={"for": "day"}), 10)
    assert statuses() == [Status.MUTED] * 5
    assert Issue.objects.filter(muted_until__gt=timezone.now() + timedelta(hours=23)).count() == 5
    triage.resolve(issues[:1], by=ada, now=timezone.now())
    back = bulk.undo(job, now=timezone.now())
    assert back is not None
    assert bulk.undo(job, now=timezone.now()) == back
    back = bulk.finish(back, 10)
    assert (back.state, back.changed) == (BulkState.DONE, 4)
    assert statuses() == [Status.RESOLVED] + [Status.UNRESOLVED] * 4


def test_assigning_leaves_out_what_the_person_does_not_see(project: Project, ada: User) -> None:
    other_team = make_team()
    join(other_team, ada, Role.MEMBER)
    bo = make_user("bo@example.com")
    join(other_team, bo, Role.VIEWER)
    make_issue(project, "KeyError: 1")
    make_issue(make_project("Both", team=other_team), "KeyError: 2")
    job = bulk.finish(begin(ada, None, verb="assign", data={"to": str(bo.pk)}), 10)
    assert (job.state, job.changed) == (BulkState.DONE, 1)
    assert Issue.objects.get(assignee=bo).title == "KeyError: 2"


@pytest.mark.parametrize("data", [{"for": "a century"}, {"for": "\0ever"}])
def test_a_value_that_will_not_do_refuses_the_job(
    project: Project, ada: User, data: dict[str, str]
) -> None:
    make_issue(project)
    job = bulk.finish(begin(ada, project, verb="mute", data=data), 10)
    assert (job.state, job.changed) == (BulkState.REFUSED, 0)
    assert job.reason


def test_a_search_with_mistakes_begins_nothing(project: Project, ada: User) -> None:
    make_issue(project)
    for params in ({"query": "is:opne"}, {"from": "x"}):
        with pytest.raises(bulk.CannotBegin):
            begin(ada, project, **params)
    assert not BulkJob.objects.exists()


def test_nobody_has_any_number_of_jobs_at_work(project: Project, ada: User) -> None:
    make_issue(project)
    for _ in range(bulk.MOST_RUNNING):
        begin(ada, project)
    with pytest.raises(bulk.CannotBegin):
        begin(ada, project)


def test_finished_jobs_are_forgotten(project: Project, ada: User) -> None:
    for number in range(2):
        make_issue(project, f"KeyError: {number}")
    job = bulk.finish(begin(ada, project), 10)
    bulk.undo(job, now=timezone.now())
    running = begin(ada, project, tab="all")
    assert bulk.forget(timezone.now() - timedelta(days=1)) == 0
    assert bulk.forget(timezone.now() + timedelta(days=1)) == 2
    assert BulkJob.objects.get() == running
