"""Two issues that are probably the same: when the digest notes it, and what their pages offer."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from issues import alike, merging, moving
from issues.models import Event, GroupHash, Issue, Likeness
from issues.states import Status
from projects.models import Project
from tests.factories import make_issue, make_project, make_team
from tests.issues.regroup.test_apply import Stream

pytestmark = pytest.mark.django_db


def frozen(name: str, release: str, line: int = 7) -> dict[str, Any]:
    """Compiled code without its source: nothing tells the name to be data, but the statement is the same."""
    frame = {"module": "bank.Account", "function": "debit", "lineno": line, "in_app": True}
    exception = {
        "type": "FrozenException",
        "value": f"Account of {name} is frozen",
        "stacktrace": {"frames": [frame]},
    }
    return {"platform": "java", "release": release, "exception": {"values": [exception]}}


@pytest.fixture
def stream(project: Project) -> Stream:
    stream = Stream()
    stream.project, stream.now = project, timezone.now()
    return stream


@pytest.fixture
def pair(stream: Stream) -> tuple[Issue, Issue]:
    """The second release says of two issues of the first one that one statement raises both."""
    stream.receive(frozen("Jane Roe", "1", 5), frozen("John Doe", "1", 6))
    stream.receive(frozen("Jane Roe", "2"), frozen("John Doe", "2"))
    first, second = Issue.objects.order_by("pk")
    return first, second


def merge_with(issue: Issue) -> str:
    return f'Merge<span class="visually-hidden"> with {issue.short_id}</span>'


def page(client: Client, issue: Issue) -> str:
    return client.get(reverse("issues:issue", args=[issue.pk])).content.decode()


def test_both_pages_suggest_the_other(member: Client, pair: tuple[Issue, Issue]) -> None:
    first, second = pair
    assert (first.event_count, second.event_count) == (2, 2)
    assert Likeness.objects.count() == 1
    for issue, other in (pair, pair[::-1]):
        said = page(member, issue)
        assert "Probably the same" in said
        assert merge_with(other) in said
        assert "one statement has raised events of both in release <bdi>2</bdi>" in said


def test_one_click_merges(member: Client, pair: tuple[Issue, Issue]) -> None:
    _, second = pair
    found = re.search(r'id="similar".*?</section>', page(member, second), re.DOTALL)
    assert found
    form = re.search(
        rf'<form method="post" action="{reverse("issues:merge")}">.*?</form>', found[0]
    )
    assert form
    fields = re.findall(r'name="(issue|into)" value="(\w+)"', form[0])
    data: dict[str, list[str]] = {"issue": [], "into": []}
    for name, value in fields:
        data[name].append(value)
    member.post(reverse("issues:merge"), data)
    assert Issue.objects.get().event_count == 4
    assert "Probably the same" not in page(member, Issue.objects.get())


def test_it_is_said_once_and_a_viewer_only_reads(
    viewer: Client, stream: Stream, pair: tuple[Issue, Issue]
) -> None:
    stream.receive(frozen("Jane Roe", "2"), frozen("John Doe", "2"), frozen("John Doe", "3"))
    stream.receive(frozen("Jane Roe", "3"))
    assert Likeness.objects.count() == 1
    said = page(viewer, pair[0])
    assert "Probably the same" in said
    assert reverse("issues:merge") not in said


@pytest.mark.parametrize("status", [Status.RESOLVED])
def test_only_open_issues_are_compared(stream: Stream, status: Status) -> None:
    stream.receive(frozen("Jane Roe", "1", 5), frozen("John Doe", "1", 6))
    Issue.objects.filter(title__contains="Jane").update(status=status)
    stream.receive(frozen("John Doe", "2"))
    stream.receive(frozen("John Doe", "1", 5))
    assert Issue.objects.count() == 2
    assert not Likeness.objects.exists()


def test_told_apart_they_are_never_suggested_again(
    member: Client, stream: Stream, pair: tuple[Issue, Issue]
) -> None:
    first, second = pair
    url = reverse("issues:tell_apart", args=[first.pk])
    for _ in range(2):
        answer = member.post(url, {"other": second.pk}, follow=True)
        assert f"{second.short_id} is not suggested here again" in answer.content.decode()
    stream.receive(frozen("John Doe", "4"), frozen("Jane Roe", "4"))
    assert Likeness.objects.get().dismissed_by is not None
    for issue in pair:
        assert "Probably the same" not in page(member, issue)


@pytest.mark.parametrize("other", ["", "x", "9" * 30, "-1", "0", "77777", "\0"])
def test_what_is_no_issue_is_refused(member: Client, issue: Issue, other: str) -> None:
    answer = member.post(reverse("issues:tell_apart", args=[issue.pk]), {"other": other})
    assert answer.status_code in (400, 404)
    assert not Likeness.objects.exists()


def test_issues_of_others_cannot_be_named(member: Client, issue: Issue) -> None:
    foreign = make_issue(make_project("Other", team=make_team()))
    url = reverse("issues:tell_apart", args=[issue.pk])
    assert member.post(url, {"other": foreign.pk}).status_code == 404
    member.post(url, {"other": issue.pk})
    assert not Likeness.objects.exists()


def test_one_that_was_merged_away_is_shown_where_it_is_now(
    member: Client, stream: Stream, pair: tuple[Issue, Issue]
) -> None:
    first, second = pair
    stream.project.refresh_from_db()
    third = make_issue(stream.project, "Third: 3")
    done = merging.merge([second, third], into=third, by=None, now=stream.tick())
    moving.relocate(60)
    assert merge_with(third) in page(member, first)
    assert merge_with(first) in page(member, third)
    assert done is not None
    merging.undo(done.change, by=None, now=stream.tick())
    assert merge_with(first) in page(member, second)


def test_what_somebody_takes_apart_is_not_suggested(stream: Stream) -> None:
    stream.receive(frozen("Jane Roe", "1"), frozen("John Doe", "1"))
    (issue,) = Issue.objects.all()
    row = GroupHash.objects.get(pk=Event.objects.latest("pk").grouphash_id)
    done = merging.unmerge(issue, [row.pk], by=None, now=stream.tick())
    assert alike.of_issue(done.into) == []
    stream.receive(frozen("Jane Roe", "1"), frozen("John Doe", "1"))
    assert alike.of_issue(done.into) == []


def test_few_queries_however_many_there_are(stream: Stream, pair: tuple[Issue, Issue]) -> None:
    first, _ = pair
    stream.project.refresh_from_db()
    others = [make_issue(stream.project, f"Other: {number}") for number in range(12)]
    for other in others:
        alike.tell_apart(first, other, by=None, now=stream.now)
    Likeness.objects.update(dismissed_at=None)
    with CaptureQueriesContext(connection) as queries:
        found = alike.of_issue(first)
    assert len(found) == alike.MAX_SHOWN
    assert len(queries) == 3


def test_where_such_events_go_since_a_rule_was_saved(member: Client, stream: Stream) -> None:
    stream.receive(frozen("Jane Roe", "1", 5), frozen("John Doe", "1", 6))
    Project.objects.update(grouping_fingerprint_rules="type:FrozenException -> frozen")
    stream.receive(frozen("John Doe", "3"))
    first, second, third = Issue.objects.order_by("pk")
    for issue in (first, second):
        said = page(member, issue)
        assert "since the grouping was changed, events like this one go there" in said
        assert merge_with(third) in said
    assert "Probably the same" not in page(member, third)
