"""What leaves, what stays, and what it costs."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from issues import comments, navigator, removal
from issues.models import (
    Attachment,
    AttachmentData,
    Event,
    EventPayload,
    EvictedCount,
    Eviction,
    Feedback,
    Issue,
    Relocation,
    Sweep,
)
from issues.retention import passes, space
from issues.retention.lease import LeaseLost, claim
from issues.retention.policy import Reason
from issues.retention.removing import Doomed, Removed, remove
from issues.retention.space import Space
from issues.storm import Keep
from projects.models import Project
from tests.factories import make_environment, make_event, make_project, make_release, make_user
from tests.issues.retention.builders import NOW, ages, days_ago, evict, issue_with

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_rules(settings: Settings) -> None:
    """Each test sets what it is about."""
    settings.RETENTION_DAYS = settings.RETENTION_KEPT_DAYS = 0
    settings.RETENTION_PROJECT_EVENTS = settings.RETENTION_ISSUE_EVENTS = 0
    settings.RETENTION_BYTES = 0


def rules(project: Project, **fields: int) -> None:
    for name, value in fields.items():
        setattr(project, f"retention_{name}", value)
    project.save()


# --- which leave -----------------------------------------------------------------------------------


def test_without_a_rule_nothing_leaves(project: Project) -> None:
    issue = issue_with(project, [4000, 50, 1])
    assert evict() == []
    assert ages(issue) == [4000, 50, 1]


def test_by_age_the_first_and_the_latest_stay_longer(project: Project) -> None:
    old = issue_with(project, [60, 50, 40, 20, 10])
    rare = issue_with(project, [60, 50])
    ancient = issue_with(project, [500, 400])
    rules(project, days=30, kept_days=365)
    evict()
    assert ages(old) == [60, 20, 10]
    assert ages(rare) == [60, 50]
    assert ages(ancient) == []


def test_a_project_decides_for_itself(project: Project, settings: Settings) -> None:
    settings.RETENTION_DAYS = 30
    mine = issue_with(project, [60, 50, 1])
    longer = make_project("Longer")
    other = issue_with(longer, [60, 50, 1])
    rules(longer, days=55)
    evict()
    assert ages(mine) == [60, 1]
    assert ages(other) == [60, 50, 1]


def test_of_an_issue_the_oldest_leave_and_what_says_most_stays(project: Project) -> None:
    release, environment = make_release(project), make_environment(project)
    issue = issue_with(project, [90, 80])
    new = make_event(issue, at=days_ago(70), release_id=release.pk, environment_id=environment.pk)
    for age in (60, 50, 40, 30):
        make_event(issue, at=days_ago(age), release_id=release.pk, environment_id=environment.pk)
    rules(project, issue_events=4)
    steps = evict()
    assert ages(issue) == [90, 70, 40, 30]
    assert Event.objects.filter(pk=new.pk).exists()
    assert [(step.reason, step.events) for step in steps] == [(Reason.ISSUE, 3)]


def test_what_says_most_leaves_too_where_there_is_nothing_else(project: Project) -> None:
    issue = issue_with(project, [90])
    for number in range(5):
        release = make_release(project, f"shop@{number}")
        make_event(issue, at=days_ago(80 - number), release_id=release.pk)
    rules(project, issue_events=3)
    evict()
    assert ages(issue) == [90, 77, 76]


def test_of_a_project_the_issues_with_most_events_give(project: Project) -> None:
    loud = issue_with(project, list(range(20, 0, -1)))
    quiet = issue_with(project, [15, 14, 13])
    rules(project, events=10)
    evict()
    assert ages(loud) == [20, 6, 5, 4, 3, 2, 1]
    assert ages(quiet) == [15, 14, 13]


def test_what_a_comment_or_feedback_speaks_of_stays(project: Project, issue: Issue) -> None:
    commented, linked, said, plain = (
        make_event(issue, at=days_ago(age)) for age in (50, 49, 48, 47)
    )
    make_event(issue, at=days_ago(60))
    make_event(issue, at=days_ago(1))
    by = make_user("mira@example.com")
    text = f"As in /issues/{issue.pk}/events/{commented.event_id.hex}/, and {linked.event_id}."
    comments.comment(issue, text, by=by, now=NOW)
    Feedback.objects.create(
        project_id=project.pk, feedback_id=uuid4(), event_id=said.event_id, received_at=NOW
    )
    rules(project, days=30)
    evict()
    assert not Event.objects.filter(pk=plain.pk).exists()
    assert ages(issue) == [60, 50, 49, 48, 1]


def test_what_was_stored_within_the_hour_stays(project: Project) -> None:
    """Senders repeat: what they send again is known by the stored event."""
    issue = issue_with(project, [60, 50, 40], digested_at=NOW - timedelta(minutes=59))
    rules(project, days=30, kept_days=30)
    assert evict() == []
    assert evict(NOW + timedelta(minutes=2)) != []
    assert ages(issue) == []


def test_events_that_are_being_moved_are_left_for_later(project: Project) -> None:
    issue = issue_with(project, [60, 50, 1])
    rules(project, days=30)
    work = Relocation.objects.create(project_id=project.pk, issue_id=issue.pk)
    assert evict() == []
    work.delete()
    assert sum(step.events for step in evict()) == 1


# --- by bytes --------------------------------------------------------------------------------------


def weighing(bytes_of_event: int, fixed: int = 0) -> Callable[[], Space]:
    def measure() -> Space:
        used = fixed + Event.objects.count() * bytes_of_event
        return Space(used, used)

    return measure


def test_by_bytes_the_largest_issues_give_first(project: Project) -> None:
    loud = issue_with(project, list(range(60, 0, -1)))
    others = [issue_with(make_project(f"P{n}"), [9, 8, 7]) for n in range(3)]
    steps = evict(max_bytes=40_000, measure=weighing(1000))
    assert {step.reason for step in steps} == {Reason.BYTES}
    assert [len(ages(other)) for other in others] == [3, 3, 3]
    assert len(ages(loud)) in range(25, 31), "five per cent below the limit, not much more"
    assert ages(loud)[0] == 60


def test_by_bytes_everything_leaves_in_the_end_the_stalest_first(project: Project) -> None:
    issues = [issue_with(project, [age]) for age in range(30, 0, -1)]
    evict(max_bytes=10_000, measure=weighing(1000))
    left = [ages(issue) for issue in issues]
    assert left[:20] == [[]] * 20
    assert all(left[-9:])


def test_no_event_leaves_for_a_limit_that_cannot_be_met(
    project: Project, caplog: pytest.LogCaptureFixture
) -> None:
    issue = issue_with(project, [5, 4, 3])
    evict(max_bytes=10_000, measure=weighing(1000, fixed=10**9))
    assert ages(issue) == [5, 4, 3]
    assert "RETENTION_BYTES cannot be met" in caplog.text


# --- what goes with them, and what does not --------------------------------------------------------


def attach(event: Event) -> None:
    file = Attachment.objects.create(
        project_id=event.project_id, event_id=event.event_id, name="core", content_type="x/y",
        attachment_type="event.attachment", size=9, digest=uuid4().hex, received_at=NOW,
    )  # fmt: skip
    AttachmentData.objects.create(
        id=file.pk, project_id=event.project_id, encoding=0, data=b"x" * 9
    )


def test_payload_and_files_go_with_the_event_and_nobody_elses(project: Project) -> None:
    issue = issue_with(project, [60, 1])
    gone, stays = make_event(issue, at=days_ago(50)), make_event(issue, at=days_ago(2))
    namesake = make_event(
        issue_with(make_project("Other"), [1]), at=days_ago(1), event_id=gone.event_id
    )
    for event in (gone, stays, namesake):
        attach(event)
    packed = len(EventPayload.objects.get(pk=gone.pk).data)
    rules(project, days=30)
    (step,) = evict()
    assert (step.events, step.bytes) == (1, packed + 9)
    assert not EventPayload.objects.filter(pk=gone.pk).exists()
    left = set(Attachment.objects.values_list("project_id", "event_id"))
    assert left == {(each.project_id, each.event_id) for each in (stays, namesake)}
    assert AttachmentData.objects.count() == 2


def test_thinned_events_go_as_others(project: Project) -> None:
    issue = issue_with(project, [60, 1])
    thinned = make_event(issue, at=days_ago(50), keep=Keep.THINNED)
    EventPayload.objects.filter(pk=thinned.pk).delete()
    rules(project, days=30)
    (step,) = evict()
    assert (step.events, step.bytes) == (1, 0)


def test_it_is_written_down_what_left_and_why(project: Project) -> None:
    issue = issue_with(project, [60, 50, 40, 1])
    rules(project, days=30)
    evict()
    (counted,) = EvictedCount.objects.all()
    assert (counted.grouphash_id, counted.events) == (issue.hashes.get().pk, 2)
    assert counted.latest_at == days_ago(40)
    (day,) = Eviction.objects.all()
    assert (day.project_id, day.day, day.reason, day.events) == (project.pk, NOW.date(), "age", 2)
    assert day.bytes > 0
    issue.refresh_from_db()
    assert issue.event_count == 4


def test_a_deleted_issue_takes_its_count_of_evicted_events(project: Project) -> None:
    issue = issue_with(project, [60, 50, 40, 1])
    rules(project, days=30)
    evict()
    removal.delete([issue], by=None, now=NOW)
    assert not removal.carry_on(60)
    assert not EvictedCount.objects.exists()


# --- how ---------------------------------------------------------------------------------------------


def doomed(issue: Issue) -> list[Doomed]:
    return [
        Doomed(pk, issue.pk, Reason.AGE)
        for pk in Event.objects.filter(issue_id=issue.pk).values_list("pk", flat=True)
    ]


@pytest.mark.parametrize("events", [2, 40])
def test_a_chunk_costs_as_many_queries_whatever_its_size(
    project: Project, events: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    issue = issue_with(project, list(range(events, 0, -1)))
    chosen = doomed(issue)
    lease = claim(passes.NAME, NOW)
    assert lease is not None
    is_sqlite = connection.vendor == "sqlite"
    # Two for the transaction; issues, lease, events; payloads: their size, themselves; files; events; two counts, which
    # Django does not see on PostgreSQL.
    with django_assert_num_queries(11 if is_sqlite else 9):
        assert remove(chosen, lease, NOW).events == events


def test_an_event_that_has_moved_on_since_it_was_chosen_stays(project: Project) -> None:
    issue, other = issue_with(project, [3, 2]), issue_with(project, [1])
    chosen = doomed(issue)
    Event.objects.filter(pk=chosen[0].pk).update(issue_id=other.pk)
    lease = claim(passes.NAME, NOW)
    assert lease is not None
    assert remove(chosen, lease, NOW).events == 1
    assert Event.objects.filter(pk=chosen[0].pk).exists()


def test_one_process_at_a_time(project: Project) -> None:
    first = claim("x", NOW)
    assert first is not None
    assert claim("x", NOW) is None
    assert claim("x", NOW + timedelta(minutes=1)) is None
    second = claim("x", NOW + timedelta(minutes=3))
    assert second is not None, "the first one is dead, or as good as"
    with pytest.raises(LeaseLost):
        first.renew(NOW)
    first.release()
    assert Sweep.objects.get(pk="x").owner == second.owner
    second.note(finished_at=NOW)
    second.release()
    assert claim("x", NOW, idle_since=NOW - timedelta(hours=1)) is None
    assert claim("x", NOW, idle_since=NOW) is not None


def test_whoever_has_lost_the_lease_takes_nothing(project: Project) -> None:
    issue = issue_with(project, [3, 2])
    lease = claim(passes.NAME, NOW)
    assert lease is not None
    assert claim(passes.NAME, NOW + timedelta(minutes=5)) is not None
    with pytest.raises(LeaseLost):
        remove(doomed(issue), lease, NOW)
    assert len(ages(issue)) == 2
    assert EventPayload.objects.count() == 2
    assert not EvictedCount.objects.exists()


class Killed(Exception):
    pass


def test_stopped_anywhere_the_next_pass_takes_the_rest(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passes, "CHUNK", 3)
    issue = issue_with(project, list(range(60, 40, -1)))
    rules(project, days=30)
    lease = claim(passes.NAME, NOW)
    assert lease is not None
    taken: list[Removed] = []

    def take(chunk: Any) -> Removed:
        with transaction.atomic():
            taken.append(remove(list(chunk), lease, NOW))
            if len(taken) == 3:
                raise Killed
        return taken[-1]

    with pytest.raises(Killed):
        list(passes.sweep(take, NOW))
    assert len(ages(issue)) == 14
    lease.release()
    assert sum(step.events for step in evict()) == 12
    assert ages(issue) == [60, 41]
    assert EvictedCount.objects.get().events == 18


def test_a_pass_is_an_hour_apart_and_says_what_it_did(project: Project) -> None:
    issue = issue_with(project, [60, 50, 40, 1])
    rules(project, days=30)
    (step,) = passes.run(now=NOW)
    assert step.events == 2
    assert len(ages(issue)) == 2
    row = Sweep.objects.get(pk=passes.NAME)
    assert (row.owner, row.finished_at) == ("", NOW)
    assert row.data["last"]["events"] == {"age": 2}


def test_a_dry_run_says_what_a_pass_takes(project: Project, settings: Settings) -> None:
    issue_with(project, [60, 50, *range(20, 0, -1)])
    issue_with(project, [90, 80, 70])
    rules(project, days=30, issue_events=8)
    before = Event.objects.count()
    said, is_whole = passes.dry_run(NOW)
    assert is_whole
    assert Event.objects.count() == before
    steps = evict()
    assert said.events == {
        reason: sum(step.events for step in steps if step.reason == reason)
        for reason in said.events
    }
    assert said.total == sum(step.events for step in steps)
    assert said.bytes == sum(step.bytes for step in steps)


def test_a_dry_run_by_bytes_reckons(
    project: Project, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue_with(project, list(range(30, 0, -1)))
    settings.RETENTION_BYTES = 10_000
    monkeypatch.setattr(space, "measure", weighing(1000))
    said, _ = passes.dry_run(NOW)
    assert said.events[Reason.BYTES] == 21


@pytest.mark.parametrize("issues", [3, 12])
def test_a_look_costs_as_many_queries_however_many_rare_issues_there_are(
    project: Project, issues: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(issues):
        issue_with(project, [60, 50])
    rules(project, days=30, kept_days=365)
    with django_assert_num_queries(
        5
    ):  # projects, whether it is settled, issues, their events, issues
        assert list(passes.sweep(lambda chunk: Removed(), NOW)) == []


# --- the pages ---------------------------------------------------------------------------------------


def test_positions_are_said_where_they_are_known(project: Project) -> None:
    issue = issue_with(project, [60, 50, 40, 20, 10, 5])

    def positions() -> list[int | None]:
        events = Event.objects.filter(issue_id=issue.pk).order_by("received_at")
        return [navigator.neighbours(issue, event).position for event in events]

    assert positions() == [1, 2, 3, 4, 5, 6]
    rules(project, days=30)
    evict()
    issue.refresh_from_db()
    assert positions() == [None, 4, 5, 6]


def test_an_issue_whose_events_have_all_left_says_so(viewer: Client, project: Project) -> None:
    issue = issue_with(project, [60, 50])
    event = Event.objects.earliest("received_at")
    rules(project, days=30, kept_days=30)
    evict()
    page = viewer.get(issue.get_absolute_url()).content.decode()
    assert "No event of this issue is kept any more" in page
    assert viewer.get(event.get_absolute_url()).status_code == 404
