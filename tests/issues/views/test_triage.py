"""The buttons: what they do, what they say, where they lead."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from issues.models import Activity, Issue
from issues.states import Kind, Status
from issues.window import UserWindow, Window
from projects.models import Project, Team, User
from tests.factories import make_issue, make_project, make_release, make_team

pytestmark = pytest.mark.django_db

BAD_WAYS = (
    *("ever", "hour-1", "events-0", "events-x", "events-1-2", "window-1", "until-1"),
    "users-9999999999999999999",
)
BAD_TIMES = (
    *("", "x", "2020-01-01T00:00", "9999-12-31T23:59", "2026-13-40T99:99"),
    "0001-01-01T00:00:00+14:00",
)


def post(client: Client, verb: str, *issues: Issue, **data: str) -> str:
    answer = client.post(
        reverse(f"issues:{verb}"), {"issue": [issue.pk for issue in issues], **data}, follow=True
    )
    assert answer.status_code == 200
    return answer.content.decode()


def test_resolving_offers_to_undo_it(member: Client, issue: Issue) -> None:
    page = post(member, "resolve", issue)
    assert f"Resolved {issue.short_id}." in page
    assert Issue.objects.get().status == Status.RESOLVED
    key = member.session["undo"]["key"]
    assert f'value="{key}"' in page
    answer = member.post(reverse("issues:undo"), {"key": key}, follow=True)
    assert "Undone." in answer.content.decode()
    assert Issue.objects.get().status == Status.UNRESOLVED


def test_undo_works_once(member: Client, issue: Issue) -> None:
    post(member, "resolve", issue)
    key = member.session["undo"]["key"]
    member.post(reverse("issues:undo"), {"key": key})
    again = member.post(reverse("issues:undo"), {"key": key}, follow=True)
    assert "can no longer be undone" in again.content.decode()
    assert Issue.objects.get().status == Status.UNRESOLVED


def test_a_stale_page_cannot_undo_something_else(member: Client, project: Project) -> None:
    first, second = make_issue(project), make_issue(project)
    post(member, "resolve", first)
    stale = member.session["undo"]["key"]
    post(member, "resolve", second)
    member.post(reverse("issues:undo"), {"key": stale})
    assert set(Issue.objects.values_list("status", flat=True)) == {Status.RESOLVED}


def test_many_are_named_by_the_first(member: Client, project: Project) -> None:
    issues = [make_issue(project) for _ in range(3)]
    assert f"Resolved {issues[0].short_id} and 2 more." in post(member, "resolve", *issues)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("", "Muted "),
        ("hour", "for an hour"),
        ("day", "for a day"),
        ("week", "for a week"),
        ("month", "for 30 days"),
        ("events", "until 100 more events have come"),
        ("events-1", "until 1 more event has come"),
        ("users-10", "until 10 more users have met it"),
        ("window-100-60", "until 100 events come within an hour"),
        ("userwindow-10-60", "until 10 users meet it within an hour"),
    ],
)
def test_muting_says_for_how_long(member: Client, issue: Issue, how: str, words: str) -> None:
    assert words in post(member, "mute", issue, **{"for": how})
    stored = Issue.objects.get()
    assert stored.status == Status.MUTED
    assert (stored.muted_until is not None) is (how in ("hour", "day", "week", "month"))
    assert stored.muted_until_count == {"events": 100, "events-1": 1}.get(how)
    assert stored.muted_until_users == (10 if how == "users-10" else None)
    windows = {"window-100-60": Window(100, 60), "userwindow-10-60": UserWindow(10, 60)}
    assert stored.window == windows.get(how)


def test_muting_by_what_was_typed(member: Client, issue: Issue) -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    page = post(member, "mute", issue, **{"for": "until", "until": f"{tomorrow:%Y-%m-%dT%H:%M}"})
    assert f"until {tomorrow:%Y-%m-%d %H:%M}" in page
    post(member, "mute", issue, **{"for": "window", "events": "7", "minutes": "90"})
    stored = Issue.objects.get()
    assert (stored.window, stored.muted_until) == (Window(7, 90), None)
    page = member.get(issue.get_absolute_url()).content.decode()
    assert "Muted until 7 events within 90 minutes" in page


@pytest.mark.parametrize(
    ("fix", "words"),
    [
        ({"fix": "current"}, "in the current release"),
        ({"fix": "next"}, "in the next release"),
        ({"fix": "release", "version": "shop@1.0"}, "in shop@1.0"),
        ({"fix": "commit", "commit": "0123456", "repository": "a"}, "in commit 0123456"),
    ],
)  # fmt: skip
def test_resolving_says_where(
    member: Client, issue: Issue, fix: dict[str, str], words: str
) -> None:
    make_release(issue.project, "shop@1.0")
    page = post(member, "resolve", issue, **fix)
    assert f"Resolved {issue.short_id} {words}." in page
    key = member.session["undo"]["key"]
    member.post(reverse("issues:undo"), {"key": key})
    stored = Issue.objects.get()
    assert (stored.status, stored.resolved_in, stored.resolved_next) == (0, None, False)


def test_a_release_that_is_not_there_is_an_error_and_changes_nothing(
    member: Client, issue: Issue
) -> None:
    assert "has no release yet" in post(member, "resolve", issue, fix="next")
    assert "no release “9.9”" in post(member, "resolve", issue, fix="release", version="9.9")
    assert Issue.objects.get().status == Status.UNRESOLVED


def test_assigning_to_a_team_and_undoing_it(member: Client, issue: Issue, team: Team) -> None:
    page = post(member, "assign", issue, to=f"team-{team.pk}")
    assert f"Assigned {issue.short_id} to Web team." in page
    assert Issue.objects.get().assigned_team == team
    member.post(reverse("issues:undo"), {"key": member.session["undo"]["key"]})
    assert Issue.objects.get().assigned_team is None


def test_only_a_team_of_the_project_is_asked(member: Client, issue: Issue) -> None:
    other = make_team("Other")
    make_project("Elsewhere", team=other)
    for to in (f"team-{other.pk}", "team-999999", "team-x"):
        answer = member.post(reverse("issues:assign"), {"issue": issue.pk, "to": to})
        assert answer.status_code == 400
    assert Issue.objects.get().assigned_team is None


def test_setting_a_priority(member: Client, issue: Issue) -> None:
    page = post(member, "prioritize", issue, priority="low")
    assert f"Set the priority of {issue.short_id} to low." in page
    assert Issue.objects.get().priority_name == "low"
    post(member, "prioritize", issue, priority="")
    assert Issue.objects.get().priority is None


def test_reopening_by_hand(member: Client, project: Project) -> None:
    issue = make_issue(project, status=Status.RESOLVED)
    assert f"Reopened {issue.short_id}." in post(member, "reopen", issue)


def test_what_changes_nothing_says_so(member: Client, project: Project) -> None:
    issue = make_issue(project, status=Status.RESOLVED)
    assert "was resolved already" in post(member, "resolve", issue)
    assert not Activity.objects.exists()


def test_assigning_to_oneself_and_to_another(member: Client, owner: Client, issue: Issue) -> None:
    post(member, "assign", issue, to="me")
    assert Issue.objects.get().assignee == User.objects.get(email="member@example.com")
    boss = User.objects.get(email="owner@example.com")
    assert "Assigned" in post(member, "assign", issue, to=str(boss.pk))
    assert Issue.objects.get().assignee == boss
    post(member, "assign", issue, to="")
    assert Issue.objects.get().assignee is None


def test_commenting(member: Client, issue: Issue) -> None:
    url = reverse("issues:comment", args=[issue.pk])
    member.post(url, {"text": "  It is <b>the cache</b>.  "})
    member.post(url, {"text": "   "})
    assert [a.data["text"] for a in Activity.objects.filter(kind=Kind.COMMENTED)] == [
        "It is <b>the cache</b>."
    ]
    page = member.get(issue.get_absolute_url()).content.decode()
    assert "It is &lt;b&gt;the cache&lt;/b&gt;." in page


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"issue": "x"},
        {"issue": "-1"},
        {"issue": "9" * 30},
        {"issue": ["1"] * 1001},
    ],
)
def test_what_is_no_issue_is_a_bad_request(member: Client, data: dict[str, object]) -> None:
    assert member.post(reverse("issues:resolve"), data).status_code == 400


@pytest.mark.parametrize(
    ("verb", "data"),
    [
        *[("mute", {"for": how}) for how in BAD_WAYS],
        *[("mute", {"for": "until", "until": at}) for at in BAD_TIMES],
        ("mute", {"for": "window", "events": "1e3"}),
        ("mute", {"for": "userwindow", "users": "1001", "minutes": "60"}),
        ("assign", {"to": "bob"}),
        ("prioritize", {"priority": "urgent"}),
        ("resolve", {"fix": "later"}),
    ],
)  # fmt: skip
def test_what_no_button_sends_is_a_bad_request(
    member: Client, issue: Issue, verb: str, data: dict[str, str]
) -> None:
    answer = member.post(reverse(f"issues:{verb}"), {"issue": issue.pk, **data})
    assert answer.status_code == 400


def test_it_leads_back_to_where_one_was(member: Client, issue: Issue) -> None:
    target = "/issues/?tab=all&query=x"
    answer = member.post(reverse("issues:resolve"), {"issue": issue.pk, "next": target})
    assert answer["Location"] == target


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "javascript:alert(1)",
        "http:///evil.example",
        "\x00/",
        "/" + "a" * 3000,
    ],
)
def test_it_never_leads_elsewhere(member: Client, issue: Issue, target: str) -> None:
    answer = member.post(reverse("issues:resolve"), {"issue": issue.pk, "next": target})
    assert answer["Location"] == issue.get_absolute_url()
