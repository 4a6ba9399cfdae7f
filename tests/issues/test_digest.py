"""From prepared events to rows: issues, counts, users, tags, regressions."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from ingest.items import ReceivedItem
from issues.digest import EventSink
from issues.models import (
    Activity,
    Event,
    EventPayload,
    GroupHash,
    HourCount,
    Issue,
    IssueTag,
    IssueText,
    UserSeen,
)
from issues.prepare import Prepared
from issues.states import Kind, Level, Status
from projects.models import Environment, Project, Release

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)


def digest(project: Project, *events: dict[str, Any], at: datetime = NOW) -> list[Any]:
    items = [
        ReceivedItem(project.pk, "event", event, uuid.uuid4().hex, at, client="t") for event in events
    ]  # fmt: skip
    sink = EventSink()
    with transaction.atomic():
        return sink.store(sink.prepare(items), at)


def error(value: str = "'id'", **fields: Any) -> dict[str, Any]:
    frame = {"module": "shop.cart", "function": "total", "lineno": 3, "in_app": True}
    exception = {"type": "KeyError", "value": value, "stacktrace": {"frames": [frame]}}
    return {"exception": {"values": [exception]}, "platform": "python"} | fields


def kinds(issue: Issue) -> list[str]:
    return list(Activity.objects.filter(issue=issue).order_by("id").values_list("kind", flat=True))


def test_a_new_problem_becomes_an_issue(project: Project) -> None:
    digest(project, error(release="1.0", environment="prod", level="fatal", user={"id": 7}))
    issue = Issue.objects.get()
    assert (issue.number, issue.title, issue.level) == (1, "KeyError: 'id'", Level.FATAL)
    assert (issue.type, issue.value, issue.culprit) == ("KeyError", "'id'", "total in shop.cart")
    assert (issue.event_count, issue.user_count) == (1, 1)
    assert (issue.first_seen, issue.last_seen) == (NOW, NOW)
    assert issue.first_release == issue.last_release == Release.objects.get()
    assert kinds(issue) == [Kind.FIRST_SEEN]
    assert IssueText.objects.get().text.startswith("keyerror: 'id'\n")
    assert "shop.cart" in IssueText.objects.get().text
    project.refresh_from_db()
    assert (project.last_issue_number, project.first_event_at) == (1, NOW)


def test_the_payload_comes_back_whole(project: Project) -> None:
    digest(project, error(extra={"basket": [1, 2]}, tags={"api_request_id": "Req-81"}))
    event = Event.objects.get()
    data = EventPayload.objects.get(pk=event.pk).load()
    assert data["extra"] == {"basket": [1, 2]}
    assert data["tags"]["api_request_id"] == event.api_request_id == "Req-81"


def test_equal_problems_are_one_issue_different_ones_are_not(project: Project) -> None:
    digest(project, error(), error(), {"message": "other"})
    digest(project, error())
    counts = dict(Issue.objects.values_list("title", "event_count"))
    assert counts == {"KeyError: 'id'": 3, "other": 1}
    assert sorted(Issue.objects.values_list("number", flat=True)) == [1, 2]


def test_projects_have_issues_and_numbers_of_their_own(project: Project, team) -> None:
    from tests.factories import make_project

    other = make_project("Other", team=team)
    for target in (project, other):
        digest(target, error())
    assert list(Issue.objects.values_list("number", "event_count")) == [(1, 1), (1, 1)]
    assert GroupHash.objects.values("hash").distinct().count() < GroupHash.objects.count()


def test_users_are_counted_once_per_issue(project: Project) -> None:
    digest(project, error(user={"id": 1}), error(user={"id": 2}), error(user={"id": 1}))
    digest(project, error(user={"id": 2}, environment="staging"), error(user={"email": "a@b.c"}))
    digest(project, error())
    assert Issue.objects.get().user_count == 3
    assert UserSeen.objects.count() == 4, "one of them in two environments"


def test_tags_are_counted_by_value(project: Project) -> None:
    digest(project, error(tags={"a": "x"}), error(tags={"a": "y"}))
    digest(project, error(tags={"a": "x"}), at=NOW + timedelta(hours=1))
    rows = IssueTag.objects.filter(key="a").values_list("value", "count", "first_seen", "last_seen")
    assert sorted(rows) == [("x", 2, NOW, NOW + timedelta(hours=1)), ("y", 1, NOW, NOW)]


def test_tags_that_differ_on_every_event_are_columns(project: Project) -> None:
    trace = uuid.uuid4()
    digest(project, error(tags={"api_request_id": "r1"}, contexts={"trace": {"trace_id": trace.hex}}))  # fmt: skip
    event = Event.objects.get()
    assert (event.api_request_id, event.trace_id) == ("r1", trace)
    assert not IssueTag.objects.filter(key__in=["api_request_id", "trace"]).exists()


def test_hours_are_counted_by_environment(project: Project) -> None:
    digest(project, error(environment="prod"), error(environment="prod"), error())
    prod = Environment.objects.get()
    counts = dict(HourCount.objects.values_list("environment_id", "count"))
    assert counts == {prod.pk: 2, 0: 1}


def test_a_resolved_issue_regresses_on_a_new_event(project: Project) -> None:
    digest(project, error())
    Issue.objects.update(status=Status.RESOLVED, resolved_at=NOW + timedelta(minutes=1))
    digest(project, error(), at=NOW + timedelta(minutes=2))
    issue = Issue.objects.get()
    assert (issue.status, issue.is_regressed) == (Status.UNRESOLVED, True)
    assert kinds(issue) == [Kind.FIRST_SEEN, Kind.REGRESSED]


def test_an_event_that_was_received_before_the_resolution_is_no_regression(
    project: Project,
) -> None:
    digest(project, error())
    Issue.objects.update(status=Status.RESOLVED, resolved_at=NOW + timedelta(minutes=5))
    digest(project, error(), at=NOW + timedelta(minutes=4))
    assert Issue.objects.get().status == Status.RESOLVED
    assert Issue.objects.get().event_count == 2


def test_a_muted_issue_stays_muted_until_its_time(project: Project) -> None:
    digest(project, error())
    Issue.objects.update(status=Status.MUTED, muted_until=NOW + timedelta(hours=1))
    digest(project, error(), at=NOW + timedelta(minutes=59))
    assert Issue.objects.get().status == Status.MUTED
    digest(project, error(), at=NOW + timedelta(minutes=61))
    issue = Issue.objects.get()
    assert (issue.status, issue.muted_until) == (Status.UNRESOLVED, None)
    assert kinds(issue)[-1] == Kind.UNMUTED


def test_a_muted_issue_wakes_after_so_many_events(project: Project) -> None:
    digest(project, error())
    Issue.objects.update(status=Status.MUTED, muted_until_count=4)
    digest(project, error(), error())
    assert Issue.objects.get().status == Status.MUTED
    digest(project, error())
    assert Issue.objects.get().status == Status.UNRESOLVED


def test_hashes_of_a_known_issue_join_it(project: Project) -> None:
    """An event with a known and an unknown hash brings the unknown one along."""
    digest(project, error())
    issue = Issue.objects.get()
    known = GroupHash.objects.filter(issue=issue).first()
    assert known is not None
    prepared = EventSink().prepare(
        [ReceivedItem(project.pk, "event", error(), uuid.uuid4().hex, NOW)]
    )
    event = prepared[0]
    assert isinstance(event, Prepared)
    grouping = replace(event.grouping, hashes=("f" * 32, known.hash))
    with transaction.atomic():
        EventSink().store([replace(event, grouping=grouping)], NOW)
    assert GroupHash.objects.get(hash="f" * 32).issue_id == issue.pk
    assert Issue.objects.count() == 1


@pytest.mark.parametrize(
    "event",
    [
        pytest.param({"message": "a\x00b\ud800c"}, id="NUL and lone surrogate"),
        pytest.param({"message": "x" * 100_000}, id="long message"),
        pytest.param(error("y" * 100_000), id="long value"),
        pytest.param({"message": "m", "tags": {"k" * 1000: "v" * 1000}}, id="long tag"),
        pytest.param({"message": "m", "release": "r" * 1000, "environment": "e" * 1000}, id="names"),
        pytest.param({"message": "m", "user": {"id": "u" * 10_000}}, id="long user"),
        pytest.param({"message": "m", "transaction": "t" * 10_000, "logger": "l" * 999}, id="texts"),
        pytest.param({"message": "m", "platform": "p" * 999}, id="platform"),
        pytest.param({"message": "m", "tags": {"api_request_id": "r" * 999}}, id="request id"),
        pytest.param({"message": "m", "contexts": {"trace": {"trace_id": "zz"}}}, id="trace"),
        pytest.param({"message": "m", "extra": {"n": 10**39, "k\x00": "\udfff"}}, id="extra"),
        pytest.param({}, id="nothing"),
    ],
)  # fmt: skip
def test_odd_events_are_stored_on_every_database(project: Project, event: dict[str, Any]) -> None:
    assert digest(project, event) == [None]
    assert Event.objects.count() == 1
    assert EventPayload.objects.get().load()
