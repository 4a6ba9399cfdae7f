"""What the page of an issue shows, and how one moves about in it."""

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from issues.models import Activity, HourCount, Issue
from issues.states import Kind, Status
from projects.models import Project
from tests.factories import NOW, error, frame, make_event, make_issue, make_release, make_tag

pytestmark = pytest.mark.django_db


def page(client: Client, issue: Issue, **query: str) -> str:
    answer = client.get(issue.get_absolute_url(), query)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def test_it_opens_with_the_newest_event(viewer: Client, issue: Issue) -> None:
    make_event(issue, at=NOW - timedelta(hours=1))
    newest = make_event(issue, at=NOW)
    answer = viewer.get(issue.get_absolute_url())
    assert answer.context["event"] == newest
    assert "<b>Newest</b> of 2" in answer.content.decode()


def test_events_are_walked_from_end_to_end(viewer: Client, issue: Issue) -> None:
    """Also those that came at the same moment."""
    events = [make_event(issue, at=NOW + timedelta(minutes=minute)) for minute in (0, 1, 1, 1, 2)]
    answer = viewer.get(issue.get_absolute_url())
    seen = []
    while True:
        nav = answer.context["nav"]
        seen.append((answer.context["event"].pk, nav.position))
        if not nav.older:
            break
        answer = viewer.get(reverse("issues:event", args=[issue.pk, nav.older]))
    assert seen == [(event.pk, at + 1) for at, event in reversed(list(enumerate(events)))]
    forth = viewer.get(reverse("issues:event", args=[issue.pk, answer.context["nav"].newer]))
    assert forth.context["event"] == events[1]


def test_the_oldest_kept_is_one_click_away(viewer: Client, issue: Issue) -> None:
    oldest = make_event(issue, at=NOW)
    make_event(issue, at=NOW + timedelta(hours=1))
    url = reverse("issues:oldest", args=[issue.pk])
    answer = viewer.get(url, {"frames": "all"})
    assert answer["Location"] == f"{oldest.get_absolute_url()}?frames=all"


def test_an_issue_whose_events_are_gone_still_has_a_page(viewer: Client, issue: Issue) -> None:
    assert "No event of this issue is kept any more" in page(viewer, issue)
    assert (
        viewer.get(reverse("issues:oldest", args=[issue.pk]))["Location"]
        == issue.get_absolute_url()
    )


def test_toggles_are_in_the_address(viewer: Client, issue: Issue) -> None:
    make_event(issue)
    assert "1 library frame" in page(viewer, issue)
    assert "library frame" not in page(viewer, issue, frames="all").replace("frame-library", "")
    shown = page(viewer, issue, frames="all", order="oldest", range="30d")
    assert "?frames=all&order=oldest&range=7d" in shown
    assert "Events per day" in shown


def test_tags_are_searches(viewer: Client, issue: Issue) -> None:
    make_event(issue, {"tags": {"url": "https://a b", "browser.name": "x", "vip": "yes"}})
    shown = page(viewer, issue)
    assert "?query=vip%3Ayes&tab=all" in shown
    assert "?query=url%3A%22https%3A%2F%2Fa+b%22&tab=all" in shown
    assert "browser.name" not in shown


def test_a_message_has_no_stack(viewer: Client, project: Project) -> None:
    issue = make_issue(project, "Slow checkout")
    make_event(issue, {"exception": None, "logentry": {"formatted": "Slow checkout: 4 s"}})
    shown = page(viewer, issue)
    assert "Slow checkout: 4 s" in shown
    assert "Stack trace" not in shown


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"status": Status.UNRESOLVED}, "Unresolved</span>"),
        ({"status": Status.RESOLVED}, "Resolved</span>"),
        ({"status": Status.MUTED}, "Muted</span>"),
        ({"status": Status.MUTED, "muted_until_count": 120}, "Muted until 120 events"),
        ({"status": Status.MUTED, "muted_until": NOW}, "Muted until 1 May"),
        ({"regressed_at": NOW}, "Regressed</span>"),
    ],
)
def test_the_state_is_said(
    viewer: Client, project: Project, fields: dict[str, Any], words: str
) -> None:
    assert words in page(viewer, make_issue(project, **fields))


def test_members_see_buttons_and_viewers_do_not(
    member: Client, viewer: Client, issue: Issue
) -> None:
    assert ">Resolve</button>" in page(member, issue)
    assert reverse("issues:mute") in page(member, issue)
    assert ">Resolve</button>" not in page(viewer, issue)
    assert reverse("issues:comment", args=[issue.pk]) not in page(viewer, issue)


def test_activity_is_told_in_words(viewer: Client, issue: Issue) -> None:
    def add(kind: str, **data: Any) -> None:
        Activity.objects.create(
            project_id=issue.project_id, issue=issue, kind=kind, at=NOW, data=data
        )

    add(Kind.FIRST_SEEN, release="shop@1.0")
    add(Kind.MUTED, until=NOW.isoformat())
    add(Kind.MUTED, until_count=1200)
    add(Kind.ASSIGNED, name="Ada")
    add(Kind.REOPENED, undo=True)
    add("something_newer")
    add(Kind.MUTED, until=[], until_count={})
    shown = page(viewer, issue)
    for words in (
        "First seen in <bdi>shop@1.0</bdi>",
        "Muted until 1 May 2026, 10:00:00 UTC",
        "Muted until there are 1,200 events",
        "Assigned to <b>Ada</b>",
        "Reopened, by undoing",
        "something_newer",
    ):
        assert words in shown


def test_why_is_said_in_words_or_not_at_all(viewer: Client, issue: Issue) -> None:
    make_event(issue)
    assert "Why these events are together" not in page(viewer, issue)
    issue.hashes.update(why={"lines": [["type", "KeyError", "exception type"]]})
    assert "Why these events are together" in page(viewer, issue)


def test_the_chart_counts_and_marks_releases(viewer: Client, issue: Issue) -> None:
    now = timezone.now()
    HourCount.objects.create(
        project_id=issue.project_id,
        grouphash_id=issue.hashes.get().pk,
        hour=now.replace(minute=0, second=0, microsecond=0),
        count=7,
    )
    for version, days in (("shop@1.0", 6), ("shop@2.0", 2), ("shop@0.9", 9)):
        release = make_release(issue.project, version)
        type(release).objects.filter(pk=release.pk).update(created_at=now - timedelta(days=days))
    Activity.objects.create(
        project_id=issue.project_id,
        issue=issue,
        kind=Kind.REGRESSED,
        at=now - timedelta(days=1),
        data={"release": "shop@2.0"},
    )
    answer = viewer.get(issue.get_absolute_url(), {"range": "7d"})
    assert answer.context["chart"].total == 7
    assert [mark.label for mark in answer.context["chart"].marks] == [
        "shop@1.0",
        "shop@2.0 regressed",
    ]
    assert answer.context["events_24h"] == 7


def test_the_markdown_cannot_leave_its_fence(viewer: Client, project: Project) -> None:
    issue = make_issue(project, "Error: ```` x")
    make_event(issue)
    assert "`````\nError: ```` x" in viewer.get(issue.get_absolute_url()).context["markdown"]


def test_the_number_of_queries_is_fixed(
    member: Client, viewer: Client, issue: Issue, django_assert_num_queries: Any
) -> None:
    for number in range(20):
        event = make_event(issue, at=NOW + timedelta(minutes=number))
        make_tag(issue, f"tag{number}", "x")
        Activity.objects.create(project_id=issue.project_id, issue=issue, kind="resolved", at=NOW)
    # Session, user, issue, role, event, payload, 3 neighbours' worth, grouphash, tags, chart, day, activity, people,
    # feedback, attachments, hashes; for menus people, teams, releases; bookmark, share, likenesses.
    with django_assert_num_queries(25):
        member.get(issue.get_absolute_url())
    with django_assert_num_queries(25):
        member.get(event.get_absolute_url())
    with django_assert_num_queries(21):
        viewer.get(issue.get_absolute_url())


def test_frames_before_source_maps_are_one_click_away(viewer: Client, issue: Issue) -> None:
    make_event(issue)
    assert "source=raw" not in page(viewer, issue)
    data = error()
    raw = frame("n") | {"filename": "main.min.js", "abs_path": "https://shop.example/main.min.js"}
    data["exception"]["values"][0]["raw_stacktrace"] = {"frames": [raw]}
    event = make_event(issue, data)
    shown = viewer.get(event.get_absolute_url()).content.decode()
    assert "?source=raw#stack" in shown
    assert "main.min.js" not in shown
    shown = viewer.get(event.get_absolute_url(), {"source": "raw"}).content.decode()
    assert "main.min.js" in shown
    assert "shop/cart.py" not in shown
