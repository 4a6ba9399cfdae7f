"""Who may open an issue and who may act on it. Every address, for everybody."""

import pytest
from django.test import Client
from django.urls import reverse

from issues import removal
from issues.models import Activity, Discard, Event, Issue, IssueMark
from issues.states import Status
from projects.models import Role, User
from tests.factories import (
    NOW,
    join,
    make_event,
    make_issue,
    make_project,
    make_release,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db

PAGES = (
    *("issue", "event", "event_json", "oldest", "short_id", "project", "discarded"),
    *("events", "events_csv", "events_json", "tags", "releases", "release"),
)
VERBS = (
    *("resolve", "reopen", "mute", "assign", "prioritize", "comment", "merge", "unmerge"),
    *("tell_apart", "delete", "share", "unshare"),
)
MARKS = ("bookmark", "subscribe")


@pytest.fixture
def event(issue: Issue) -> Event:
    return make_event(issue)


def address(name: str, issue: Issue, event: Event) -> str:
    args: dict[str, list[object]] = {
        "issue": [issue.pk],
        "oldest": [issue.pk],
        **{key: [issue.pk] for key in ("events", "events_csv", "events_json", "tags")},
        "comment": [issue.pk],
        "unmerge": [issue.pk],
        "tell_apart": [issue.pk],
        "event": [issue.pk, event.event_id.hex],
        "event_json": [issue.pk, event.event_id.hex],
        "short_id": [issue.short_id],
        "project": [issue.project.slug],
        "discarded": [issue.project.slug],
        "share": [issue.pk],
        "unshare": [issue.pk],
        "releases": [issue.project.slug],
        "release": [issue.project.slug, make_release(issue.project).pk],
    }
    return reverse(f"issues:{name}", args=args.get(name, []))


@pytest.mark.parametrize("name", PAGES)
def test_a_viewer_may_look(viewer: Client, issue: Issue, event: Event, name: str) -> None:
    assert viewer.get(address(name, issue, event), follow=True).status_code == 200


@pytest.mark.parametrize("name", PAGES)
def test_a_stranger_gets_404(stranger: Client, issue: Issue, event: Event, name: str) -> None:
    assert stranger.get(address(name, issue, event)).status_code == 404


@pytest.mark.parametrize("name", [*PAGES, "home", "list", "find"])
def test_nobody_else_gets_in(issue: Issue, event: Event, name: str) -> None:
    answer = Client().get(address(name, issue, event))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("name", VERBS)
def test_a_viewer_may_not_triage(viewer: Client, issue: Issue, event: Event, name: str) -> None:
    answer = viewer.post(address(name, issue, event), {"issue": issue.pk, "text": "x"})
    assert answer.status_code == 403
    assert Issue.objects.get().status == Status.UNRESOLVED
    assert not issue.activity.exists()


@pytest.mark.parametrize("name", VERBS)
def test_a_stranger_may_not_triage(stranger: Client, issue: Issue, event: Event, name: str) -> None:
    answer = stranger.post(address(name, issue, event), {"issue": issue.pk, "text": "x"})
    assert answer.status_code == 404
    assert not issue.activity.exists()


@pytest.mark.parametrize("name", [*VERBS, "undo"])
def test_verbs_are_not_links(member: Client, issue: Issue, event: Event, name: str) -> None:
    assert member.get(address(name, issue, event)).status_code == 405


@pytest.mark.parametrize("name", VERBS)
def test_verbs_ask_for_the_token(issue: Issue, event: Event, name: str) -> None:
    user = make_user()
    join(issue.project.teams.get(), user, Role.MEMBER)
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    answer = client.post(address(name, issue, event), {"issue": issue.pk, "text": "x"})
    assert answer.status_code == 403


@pytest.mark.parametrize("name", MARKS)
def test_marks_are_a_viewers_own(
    viewer: Client, stranger: Client, issue: Issue, event: Event, name: str
) -> None:
    there = {"issue": issue.pk}
    assert stranger.post(address(name, issue, event), there).status_code == 404
    assert viewer.post(address(name, issue, event), there).status_code == 302
    assert IssueMark.objects.get().user.email == "viewer@example.com"
    assert viewer.get(address(name, issue, event)).status_code == 405


@pytest.mark.parametrize("name", ["edit_comment", "delete_comment"])
def test_a_comment_is_its_authors(
    member: Client, owner: Client, viewer: Client, stranger: Client, issue: Issue, name: str
) -> None:
    member.post(reverse("issues:comment", args=[issue.pk]), {"text": "mine"})
    entry = Activity.objects.get()
    url = reverse(f"issues:{name}", args=[issue.pk, entry.pk])
    for client, status in ((owner, 403), (viewer, 403), (stranger, 404), (Client(), 302)):
        assert client.post(url, {"text": "theirs"}).status_code == status
    assert Activity.objects.get().data == {"text": "mine"}
    other = make_issue(issue.project)
    elsewhere = reverse(f"issues:{name}", args=[other.pk, entry.pk])
    assert member.post(elsewhere, {"text": "x"}).status_code == 404
    assert member.get(url).status_code == 405


def test_taking_back_what_is_discarded_is_for_members(
    viewer: Client, stranger: Client, member: Client, issue: Issue
) -> None:
    removal.delete([issue], by=None, now=NOW, discard=True)
    discard = Discard.objects.get()
    url = reverse("issues:take_back", args=[issue.project.slug, discard.pk])
    for client, status in ((viewer, 403), (stranger, 404), (Client(), 302)):
        assert client.post(url).status_code == status
    other = make_project("Other", team=issue.project.teams.get())
    assert (
        member.post(reverse("issues:take_back", args=[other.slug, discard.pk])).status_code == 404
    )
    assert Discard.objects.exists()
    assert member.post(url).status_code == 302
    assert not Discard.objects.exists()
    assert member.post(url).status_code == 404


def test_one_foreign_issue_among_many_stops_all(member: Client, issue: Issue) -> None:
    foreign = make_issue(make_project("Other", team=make_team()))
    answer = member.post(reverse("issues:resolve"), {"issue": [issue.pk, foreign.pk]})
    assert answer.status_code == 404
    assert set(Issue.objects.values_list("status", flat=True)) == {Status.UNRESOLVED}


def test_another_issues_event_is_not_shown(member: Client, issue: Issue) -> None:
    foreign = make_event(make_issue(make_project("Other", team=make_team())))
    for name in ("event", "event_json"):
        answer = member.get(reverse(f"issues:{name}", args=[issue.pk, foreign.event_id.hex]))
        assert answer.status_code == 404


def test_the_list_of_all_projects_holds_only_ones_own(member: Client, issue: Issue) -> None:
    make_issue(make_project("Other", team=make_team()), "Foreign: secret")
    page = member.get(reverse("issues:list"), {"tab": "all"}).content.decode()
    assert issue.short_id in page
    assert "secret" not in page
    assert "Other" not in page


def test_finding_does_not_find_what_is_foreign(member: Client, issue: Issue) -> None:
    foreign = make_event(make_issue(make_project("Other", team=make_team())))
    other = Issue.objects.get(pk=foreign.issue_id)
    for text in (foreign.event_id.hex, other.short_id):
        answer = member.get(reverse("issues:find"), {"query": text})
        assert answer["Location"].startswith(reverse("issues:list"))


def test_nobody_is_assigned_who_does_not_see_the_issue(member: Client, issue: Issue) -> None:
    outsider = make_user("outsider@example.com")
    answer = member.post(reverse("issues:assign"), {"issue": issue.pk, "to": outsider.pk})
    assert answer.status_code == 400
    assert Issue.objects.get().assignee is None


def test_an_administrator_may_everything(administrator: Client, issue: Issue, event: Event) -> None:
    assert administrator.get(address("issue", issue, event)).status_code == 200
    administrator.post(reverse("issues:resolve"), {"issue": issue.pk})
    assert Issue.objects.get().status == Status.RESOLVED


def test_undo_asks_again_whether_one_may(member: Client, issue: Issue) -> None:
    member.post(reverse("issues:resolve"), {"issue": issue.pk})
    key = member.session["undo"]["key"]
    User.objects.get(email="member@example.com").memberships.update(role=Role.VIEWER)
    assert member.post(reverse("issues:undo"), {"key": key}).status_code == 403
    assert Issue.objects.get().status == Status.RESOLVED


def test_of_two_teams_the_higher_role_counts(viewer: Client, issue: Issue) -> None:
    second = make_team("Second")
    issue.project.teams.add(second)
    join(second, User.objects.get(email="viewer@example.com"), Role.MEMBER)
    answer = viewer.post(reverse("issues:resolve"), {"issue": issue.pk})
    assert answer.status_code == 302
    assert Issue.objects.get().resolved_at != NOW
