"""The buttons: what they do, what they say, where they lead."""

import pytest
from django.test import Client
from django.urls import reverse

from issues.models import Activity, Issue
from issues.states import Kind, Status
from projects.models import Project, User
from tests.factories import make_issue

pytestmark = pytest.mark.django_db


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
        ("events", "until 100 more events have come"),
    ],
)
def test_muting_says_for_how_long(member: Client, issue: Issue, how: str, words: str) -> None:
    assert words in post(member, "mute", issue, **{"for": how})
    stored = Issue.objects.get()
    assert stored.status == Status.MUTED
    assert (stored.muted_until is not None) is (how in ("hour", "day", "week"))
    assert stored.muted_until_count == (100 if how == "events" else None)


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
        {"issue": ["1"] * 501},
    ],
)
def test_what_is_no_issue_is_a_bad_request(member: Client, data: dict[str, object]) -> None:
    assert member.post(reverse("issues:resolve"), data).status_code == 400


@pytest.mark.parametrize(("verb", "data"), [("mute", {"for": "ever"}), ("assign", {"to": "bob"})])
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
