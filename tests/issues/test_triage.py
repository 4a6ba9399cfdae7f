"""The verbs: each changes what it may, writes Activity, and can be undone where that is offered."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from issues import triage
from issues.models import Activity, Issue
from issues.states import Fix, How, Kind, Priority, Status
from issues.window import Window
from projects.models import Project, Team, User
from tests.factories import NOW, make_issue, make_release, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return make_user("ada@example.com", name="Ada")


def kinds(issue: Issue) -> list[str]:
    return list(Activity.objects.filter(issue=issue).order_by("pk").values_list("kind", flat=True))


def test_resolving_forgets_that_it_was_muted_or_regressed(project: Project, ada: User) -> None:
    issue = make_issue(project, status=Status.MUTED, muted_until=NOW, regressed_at=NOW)
    triage.resolve([issue], by=ada, now=NOW)
    stored = Issue.objects.get()
    assert stored.status == issue.status == Status.RESOLVED
    assert (stored.resolved_at, stored.muted_until, stored.regressed_at) == (NOW, None, None)
    activity = Activity.objects.get()
    assert (activity.kind, activity.actor, activity.at) == (Kind.RESOLVED, ada, NOW)


def test_many_are_resolved_alike(project: Project, ada: User) -> None:
    issues = [make_issue(project, f"Error: {n}") for n in range(3)]
    assert len(triage.resolve(issues, by=ada, now=NOW)) == 3
    assert set(Issue.objects.values_list("status", flat=True)) == {Status.RESOLVED}
    assert Activity.objects.count() == 3


def test_a_verb_that_changes_nothing_writes_nothing(project: Project, ada: User) -> None:
    issue = make_issue(project, status=Status.RESOLVED)
    assert triage.resolve([issue], by=ada, now=NOW) == []
    assert triage.reopen([make_issue(project)], by=ada, now=NOW) == []
    assert Activity.objects.count() == 0


def test_reopening(project: Project, ada: User) -> None:
    issue = make_issue(project, status=Status.RESOLVED, resolved_at=NOW)
    triage.reopen([issue], by=ada, now=NOW)
    stored = Issue.objects.get()
    assert (stored.status, stored.resolved_at) == (Status.UNRESOLVED, None)
    assert kinds(issue) == [Kind.REOPENED]


def test_muting_until_a_moment_says_so(issue: Issue, ada: User) -> None:
    until = NOW + timedelta(hours=1)
    triage.mute([issue], by=ada, now=NOW, until=until)
    stored = Issue.objects.get()
    assert (stored.status, stored.muted_until, stored.muted_until_count) == (
        Status.MUTED,
        until,
        None,
    )
    assert Activity.objects.get().data == {"until": until.isoformat()}


def test_muting_until_more_events_counts_from_what_there_is(project: Project, ada: User) -> None:
    issue = make_issue(project, event_count=5)
    Issue.objects.update(event_count=7)  # two came since the page was made
    triage.mute([issue], by=ada, now=NOW, more_events=100)
    assert Issue.objects.get().muted_until_count == 107


def test_undoing_gives_back_what_was(project: Project, ada: User) -> None:
    muted = make_issue(project, status=Status.MUTED, muted_until=NOW)
    regressed = make_issue(project, regressed_at=NOW)
    done = triage.resolve([muted, regressed], by=ada, now=NOW)
    assert triage.undo(done, by=ada, now=NOW) == 2
    muted.refresh_from_db()
    regressed.refresh_from_db()
    assert (muted.status, muted.muted_until) == (Status.MUTED, NOW)
    assert (regressed.status, regressed.regressed_at) == (Status.UNRESOLVED, NOW)
    assert kinds(regressed) == [Kind.RESOLVED, Kind.REOPENED]
    assert Activity.objects.filter(issue=regressed).latest("pk").data == {"undo": True}


def test_undoing_leaves_alone_what_changed_since(issue: Issue, ada: User) -> None:
    done = triage.resolve([issue], by=ada, now=NOW)
    triage.reopen([issue], by=None, now=NOW)
    triage.mute([issue], by=None, now=NOW)
    assert triage.undo(done, by=ada, now=NOW) == 0
    assert Issue.objects.get().status == Status.MUTED


def test_assigning_and_taking_it_back(issue: Issue, ada: User) -> None:
    assert [done.issue_id for done in triage.assign([issue], to=ada, by=ada, now=NOW)] == [issue.pk]
    assert triage.assign([issue], to=ada, by=ada, now=NOW) == []
    assert Issue.objects.get().assignee == ada
    triage.assign([issue], to=None, by=None, now=NOW)
    assert Issue.objects.get().assignee is None
    assert kinds(issue) == [Kind.ASSIGNED, Kind.UNASSIGNED]
    assert Activity.objects.earliest("pk").data == {"user": ada.pk, "name": "Ada"}


def test_assigning_to_a_team_takes_it_from_a_person(issue: Issue, ada: User, team: Team) -> None:
    triage.assign([issue], to=ada, by=ada, now=NOW)
    done = triage.assign([issue], to=team, by=ada, now=NOW)
    stored = Issue.objects.get()
    assert (stored.assignee, stored.assigned_team) == (None, team)
    assert Activity.objects.latest("pk").data == {"team": team.pk, "name": team.name}
    assert triage.undo(done, by=ada, now=NOW) == 1
    stored = Issue.objects.get()
    assert (stored.assignee, stored.assigned_team) == (ada, None)
    assert Activity.objects.latest("pk").data == {"undo": True, "user": ada.pk, "name": "Ada"}


def test_undoing_leaves_alone_what_was_assigned_again(issue: Issue, ada: User, team: Team) -> None:
    done = triage.assign([issue], to=ada, by=ada, now=NOW)
    triage.assign([issue], to=team, by=ada, now=NOW)
    assert triage.undo(done, by=ada, now=NOW) == 0
    assert Issue.objects.get().assigned_team == team


def test_undoing_gives_nothing_back_to_who_has_gone(issue: Issue, ada: User, team: Team) -> None:
    triage.assign([issue], to=ada, by=None, now=NOW)
    done = triage.assign([issue], to=team, by=None, now=NOW)
    ada.delete()
    assert triage.undo(done, by=None, now=NOW) == 1
    stored = Issue.objects.get()
    assert (stored.assignee, stored.assigned_team) == (None, None)


def test_a_priority_is_chosen_and_given_back(issue: Issue, ada: User) -> None:
    assert issue.priority_name == "high"
    triage.prioritize([issue], to=Priority.LOW, by=ada, now=NOW)
    assert triage.prioritize([issue], to=Priority.LOW, by=ada, now=NOW) == []
    assert Issue.objects.get().priority_name == issue.priority_name == "low"
    triage.prioritize([issue], to=None, by=ada, now=NOW)
    assert Issue.objects.get().priority_name == "high"
    told = [a.data for a in Activity.objects.filter(kind=Kind.PRIORITY).order_by("pk")]
    assert told == [{"priority": "low", "chosen": True}, {"priority": "high", "chosen": False}]


def test_muting_until_users_or_a_rate(project: Project, ada: User) -> None:
    issue = make_issue(project, user_count=5)
    triage.mute([issue], by=ada, now=NOW, more_users=10, within=(100, 60))
    stored = Issue.objects.get()
    assert stored.muted_until_users == 15
    assert stored.window == Window(100, 60)
    assert Activity.objects.get().data == {"until_users": 15, "within": [100, 60]}


def test_another_condition_changes_a_mute_and_none_leaves_it(issue: Issue, ada: User) -> None:
    triage.mute([issue], by=ada, now=NOW, more_events=10)
    assert triage.mute([issue], by=ada, now=NOW) == []
    until = NOW + timedelta(hours=1)
    triage.mute([issue], by=ada, now=NOW, until=until)
    stored = Issue.objects.get()
    assert (stored.muted_until, stored.muted_until_count) == (until, None)


def test_a_mute_that_is_over_ends_without_an_event(project: Project, ada: User) -> None:
    over, ahead, ever = (make_issue(project) for _ in range(3))
    triage.mute([over], by=ada, now=NOW, until=NOW + timedelta(hours=1))
    triage.mute([ahead], by=ada, now=NOW, until=NOW + timedelta(hours=3))
    triage.mute([ever], by=ada, now=NOW)
    later = NOW + timedelta(hours=2)
    assert triage.end_mutes(later) == 1
    assert triage.end_mutes(later) == 0
    over.refresh_from_db()
    assert (over.status, over.muted_until) == (Status.UNRESOLVED, None)
    assert kinds(over) == [Kind.MUTED, Kind.UNMUTED]
    assert Issue.objects.filter(status=Status.MUTED).count() == 2


def test_many_cost_as_many_queries_as_few(project: Project, ada: User) -> None:
    make_release(project, "1.0")
    costs = []
    for count in (1, 20):
        issues = [make_issue(project) for _ in range(count)]
        with CaptureQueriesContext(connection) as found:
            triage.resolve(issues, by=ada, now=NOW, fix=Fix(How.NEXT))
        costs.append(len(found))
    assert costs[0] == costs[1] <= 6
