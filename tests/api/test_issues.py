"""Issues by the API: lists, one, changes, and that they are what the pages do."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from issues.models import Activity, Issue, IssueShare
from issues.states import Kind, Level, Status
from projects.models import PrefixAlias, Project, Role, Team, User
from tests.api.rest import ORG, READ, WRITE, Api, links
from tests.factories import (
    join,
    make_event,
    make_issue,
    make_project,
    make_release,
    make_tag,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(team: Team) -> User:
    user = make_user("ann@example.com", name="Ann")
    join(team, user, Role.MEMBER)
    return user


@pytest.fixture
def api(person: User) -> Api:
    return Api(person)


def issues_of(project: Project) -> str:
    return f"projects/{ORG}/{project.slug}/issues/"


def ids(found: list[dict[str, Any]]) -> list[str]:
    return [each["id"] for each in found]


# --- lists ---


def test_a_list_without_a_query_is_of_unresolved_ones_and_an_empty_one_of_all(
    api: Api, project: Project
) -> None:
    open_one = make_issue(project)
    done = make_issue(project, status=Status.RESOLVED)
    assert ids(api.get(issues_of(project))) == [str(open_one.pk)]
    assert set(ids(api.get(issues_of(project), query=""))) == {str(open_one.pk), str(done.pk)}
    assert ids(api.get(issues_of(project), query="is:resolved")) == [str(done.pk)]
    assert ids(api.get(f"organizations/{ORG}/issues/")) == [str(open_one.pk)]
    assert ids(api.post(f"organizations/{ORG}/issues/", {}, 200)) == [str(open_one.pk)]


def test_an_issue_has_what_clients_insist_on(api: Api, project: Project) -> None:
    issue = make_issue(project, seen=timezone.now(), event_count=42, user_count=3)
    (found,) = api.get(issues_of(project))
    assert found["id"] == str(issue.pk)
    assert found["shortId"] == issue.short_id
    assert found["permalink"].endswith(f"/organizations/{ORG}/issues/{issue.pk}/")
    assert found["permalink"].startswith("http")
    assert (found["count"], found["userCount"]) == ("42", 3)
    assert (found["status"], found["substatus"], found["statusDetails"]) == (
        "unresolved",
        "new",
        {},
    )
    assert found["lastSeen"].endswith("Z")
    assert found["project"]["slug"] == project.slug
    assert found["metadata"] == {"type": "KeyError", "value": "'id'"}
    assert len(found["stats"]["24h"]) == 24
    assert found["assignedTo"] is None


def test_pages_are_told_in_the_link_header(api: Api, project: Project) -> None:
    now = timezone.now()
    made = [make_issue(project, seen=now - timedelta(minutes=n)) for n in range(5)]
    wanted = [str(issue.pk) for issue in made]
    first = api.page(issues_of(project), limit=2, query="")
    assert ids(first.json()) == wanted[:2]
    assert list(links(first)) == ["next"]
    second = api.page(issues_of(project), limit=2, query="", cursor=links(first)["next"])
    assert ids(second.json()) == wanted[2:4]
    last = api.page(issues_of(project), per_page=2, query="", cursor=links(second)["next"])
    assert ids(last.json()) == wanted[4:]
    assert list(links(last)) == ["previous"]
    back = api.page(issues_of(project), limit=2, query="", cursor=links(last)["previous"])
    assert ids(back.json()) == wanted[2:4]
    assert ids(api.get(issues_of(project), cursor="", query="")) == wanted


@pytest.mark.parametrize(
    ("sort", "order"),
    [("date", "abc"), ("new", "cba"), ("freq", "bca"), ("user", "bca"), ("trends", None)],
)
def test_orders(api: Api, project: Project, sort: str, order: str | None) -> None:
    now = timezone.now()
    made = {
        name: make_issue(
            project,
            first_seen=now - timedelta(days=10 - age),
            last_seen=now - timedelta(hours=age),
            event_count=count,
            user_count=count,
        )
        for name, age, count in (("a", 1, 1), ("b", 2, 9), ("c", 3, 5))
    }
    found = ids(api.get(issues_of(project), sort=sort))
    names = {str(issue.pk): name for name, issue in made.items()}
    assert sorted(names[pk] for pk in found) == ["a", "b", "c"]
    if order is not None:
        assert "".join(names[pk] for pk in found) == order


def test_a_time_filters_the_organisations_list_and_not_the_projects(
    api: Api, project: Project
) -> None:
    old = make_issue(project, seen=timezone.now() - timedelta(days=60))
    assert ids(api.get(issues_of(project), statsPeriod="14d")) == [str(old.pk)]
    assert api.get(f"organizations/{ORG}/issues/", statsPeriod="14d") == []
    assert ids(api.get(f"organizations/{ORG}/issues/", statsPeriod="90d")) == [str(old.pk)]
    (found,) = api.get(issues_of(project), statsPeriod="14d")
    assert list(found["stats"]) == ["14d"]


def test_the_language_is_that_of_the_pages(api: Api, project: Project) -> None:
    fatal = make_issue(project, "OSError: disk full", level=Level.FATAL)
    make_tag(fatal, "environment", "production")
    make_issue(project)
    for query in ("level:fatal", "disk", "environment:production", fatal.short_id.lower()):
        assert ids(api.get(issues_of(project), query=query)) == [str(fatal.pk)], query
    assert ids(api.get(issues_of(project), environment="production")) == [str(fatal.pk)]
    said = api.refused("GET", f"{issues_of(project)}?query=is:lost", 400)
    assert "is: knows" in said


def test_an_event_id_alone_finds_its_issue(api: Api, project: Project) -> None:
    issue = make_issue(project, status=Status.RESOLVED)
    event = make_event(issue)
    found = api.get(f"organizations/{ORG}/issues/", query=event.event_id.hex)
    assert ids(found) == [str(issue.pk)]


def test_projects_are_named_by_slug_or_number(api: Api, project: Project, team: Team) -> None:
    other = make_project("Other", team=team)
    mine, theirs = make_issue(project), make_issue(other)
    path = f"organizations/{ORG}/issues/"
    assert ids(api.get(path, project=project.pk)) == [str(mine.pk)]
    assert ids(api.get(path, project=other.slug)) == [str(theirs.pk)]
    assert len(api.get(path, project=[project.pk, other.slug])) == 2
    assert len(api.get(path, project=-1)) == 2


# --- one ---


def test_an_issue_by_number_short_id_and_old_prefix(
    api: Api, project: Project, issue: Issue
) -> None:
    PrefixAlias.objects.create(prefix="OLD", project=project)
    for ref in (issue.pk, issue.short_id, issue.short_id.lower(), f"OLD-{issue.number}"):
        for prefix in ("", f"organizations/{ORG}/"):
            assert api.get(f"{prefix}issues/{ref}/")["id"] == str(issue.pk)
    found = api.get(f"organizations/{ORG}/shortids/{issue.short_id}/")
    assert (found["groupId"], found["projectSlug"]) == (str(issue.pk), project.slug)


def test_a_detail_tells_what_happened(api: Api, project: Project, issue: Issue) -> None:
    make_release(project, "shop@1.0")
    api.put(f"issues/{issue.pk}/", {"status": "resolvedInNextRelease"})
    found = api.get(f"issues/{issue.pk}/")
    assert found["status"] == "resolved"
    assert found["statusDetails"] == {"inNextRelease": True}
    assert found["substatus"] is None
    (entry,) = found["activity"]
    assert entry["type"] == "set_resolved_in_release"
    assert entry["user"]["email"] == "ann@example.com"
    assert found["seenBy"] == []


@pytest.mark.parametrize(
    ("body", "status", "substatus"),
    [
        ({"status": "resolved"}, "resolved", None),
        ({"status": "ignored"}, "ignored", "archived_forever"),
        ({"status": "muted"}, "ignored", "archived_forever"),
        ({"status": "ignored", "ignoreDuration": 60}, "ignored", "archived_until_condition_met"),
        (
            {"status": "ignored", "substatus": "archived_until_escalating"},
            "ignored",
            "archived_until_condition_met",
        ),
    ],
)
def test_a_status_is_set_and_set_again(
    api: Api, issue: Issue, body: dict[str, Any], status: str, substatus: str | None
) -> None:
    for _ in range(2):
        found = api.put(f"issues/{issue.pk}/", body)
        assert (found["status"], found["substatus"]) == (status, substatus)
    assert api.put(f"organizations/{ORG}/issues/{issue.short_id}/", {"status": "unresolved"})[
        "status"
    ] == ("unresolved")


def test_a_mute_tells_what_it_waits_for(api: Api, issue: Issue) -> None:
    found = api.put(
        f"issues/{issue.pk}/",
        {"status": "ignored", "statusDetails": {"ignoreCount": 5, "ignoreUserCount": 2}},
    )
    assert found["statusDetails"] == {"ignoreCount": 5, "ignoreUserCount": 2}
    found = api.put(
        f"issues/{issue.pk}/", {"status": "ignored", "ignoreCount": 5, "ignoreWindow": 60}
    )
    assert found["statusDetails"] == {"ignoreCount": 5, "ignoreWindow": 60}


def test_assigning(api: Api, issue: Issue, person: User, team: Team) -> None:
    path = f"issues/{issue.pk}/"
    for to in (f"user:{person.pk}", "ann@example.com", "Ann", "me"):
        assert api.put(path, {"assignedTo": to})["assignedTo"]["email"] == "ann@example.com"
    for to in (f"team:{team.pk}", f"#{team.slug}"):
        assert api.put(path, {"assignedTo": to})["assignedTo"]["type"] == "team"
    for nobody in ("", None):
        assert api.put(path, {"assignedTo": nobody})["assignedTo"] is None
    stranger = make_user("bo@example.com")
    for to in (stranger.email, f"user:{stranger.pk}", "user:999999"):  # who is there is not told
        said = api.refused("PUT", path, 400, {"assignedTo": to})
        assert said == (
            f"assignedTo: there is no person or team “{to}” that sees all of these issues, or not one."
        )


def test_the_other_fields(api: Api, issue: Issue) -> None:
    found = api.put(
        f"issues/{issue.pk}/",
        {"priority": "low", "isBookmarked": True, "isSubscribed": True, "isPublic": True},
    )
    assert found["priority"] == "low"
    assert (found["isBookmarked"], found["isSubscribed"], found["isPublic"]) == (True, True, True)
    assert IssueShare.objects.filter(issue=issue).exists()
    found = api.put(f"issues/{issue.pk}/", {"isBookmarked": False, "isPublic": False, "hasSeen": 1})
    assert (found["isBookmarked"], found["isPublic"]) == (False, False)


def test_a_change_writes_the_activity_that_the_page_writes(
    api: Api, issue: Issue, member: Client
) -> None:
    api.put(f"issues/{issue.pk}/", {"status": "resolved"})
    api.put(f"issues/{issue.pk}/", {"status": "unresolved"})
    member.post("/issues/resolve/", {"issue": issue.pk})
    first, _, last = Activity.objects.filter(issue=issue).order_by("pk")
    assert first.kind == last.kind == Kind.RESOLVED
    assert first.data == last.data


def test_nothing_is_half_done(api: Api, issue: Issue) -> None:
    api.refused("PUT", f"issues/{issue.pk}/", 400, {"status": "resolved", "assignedTo": "nobody@x"})
    issue.refresh_from_db()
    assert issue.status == Status.UNRESOLVED


def test_deleting(api: Api, issue: Issue) -> None:
    answer = api("DELETE", f"issues/{issue.pk}/")
    assert (answer.status_code, answer.content) == (202, b"")
    assert not Issue.objects.filter(pk=issue.pk).exists()
    api.refused("GET", f"issues/{issue.pk}/", 404)


def test_an_organisations_token_acts_in_nobodys_name(issue: Issue) -> None:
    api = Api()
    assert api.put(f"issues/{issue.pk}/", {"status": "resolved"})["status"] == "resolved"
    assert Activity.objects.get(issue=issue).actor is None
    assert "nobody" in api.refused("PUT", f"issues/{issue.pk}/", 400, {"isBookmarked": True})


# --- many ---


def test_many_are_named_by_id_and_strangers_are_passed_over(
    api: Api, project: Project, team: Team
) -> None:
    a, b, c = (make_issue(project) for _ in range(3))
    foreign = make_issue(make_project("Foreign", team=make_team("Others")))
    path = f"{issues_of(project)}?id={a.pk}&id={b.short_id}&id={foreign.pk}&id=99999999"
    assert api.put(path, {"status": "resolved"}) == {"status": "resolved", "statusDetails": {}}
    states = dict(Issue.objects.values_list("pk", "status"))
    assert (states[a.pk], states[b.pk]) == (Status.RESOLVED, Status.RESOLVED)
    assert (states[c.pk], states[foreign.pk]) == (Status.UNRESOLVED, Status.UNRESOLVED)


def test_many_by_status_all_and_none(api: Api, project: Project) -> None:
    muted, other = make_issue(project, status=Status.MUTED), make_issue(project)
    api.put(f"{issues_of(project)}?status=muted", {"status": "unresolved"})
    muted.refresh_from_db()
    assert muted.status == Status.UNRESOLVED
    api.put(f"{issues_of(project)}?", {"status": "muted", "snoozeDuration": None})
    other.refresh_from_db()
    assert other.status == Status.MUTED
    assert api("PUT", f"{issues_of(project)}?id=999999", {"status": "resolved"}).status_code == 204


def test_a_query_narrows_wherever_it_is_sent(api: Api, project: Project) -> None:
    fatal, other = make_issue(project, level=Level.FATAL), make_issue(project)
    api.put(f"organizations/{ORG}/issues/", {"status": "resolved", "query": "level:fatal"})
    api.put(f"{issues_of(project)}?query=level:fatal", {"priority": "low"})
    fatal.refresh_from_db()
    other.refresh_from_db()
    assert (fatal.status, other.status) == (Status.RESOLVED, Status.UNRESOLVED)
    assert other.priority is None


def test_all_of_the_organisation_are_never_meant_by_silence(api: Api, project: Project) -> None:
    make_issue(project)
    for path in ("", f"?project={project.pk}"):
        said = api.refused("PUT", f"organizations/{ORG}/issues/{path}", 400, {"status": "resolved"})
        assert "Say which" in said
    api.refused("DELETE", f"organizations/{ORG}/issues/", 400)
    api.refused("DELETE", issues_of(project), 400)


def test_more_than_a_thousand_are_refused(
    api: Api, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.issues.AT_ONCE", 2)
    for _ in range(3):
        make_issue(project)
    said = api.refused("PUT", f"{issues_of(project)}?", 400, {"status": "resolved"})
    assert "More than 2 issues" in said
    assert not Issue.objects.filter(status=Status.RESOLVED).exists()


def test_merging_many(api: Api, project: Project) -> None:
    now = timezone.now()
    old, new = make_issue(project, seen=now - timedelta(days=1)), make_issue(project, seen=now)
    found = api.put(f"{issues_of(project)}?id={old.pk}&id={new.pk}", {"merge": 1})
    assert found == {"merge": {"parent": str(old.pk), "children": [str(new.pk)]}}
    assert api.get(f"issues/{new.pk}/")["id"] == str(old.pk)
    assert api.get(f"issues/{new.short_id}/")["id"] == str(old.pk)


def test_deleting_many(api: Api, project: Project) -> None:
    gone, kept = make_issue(project), make_issue(project)
    assert api("DELETE", f"{issues_of(project)}?id={gone.pk}").status_code == 204
    assert list(Issue.objects.values_list("pk", flat=True)) == [kept.pk]


# --- who may ---


def test_scopes(person: User, issue: Issue) -> None:
    reader, writer = Api(person, READ), Api(person, WRITE)
    path = f"issues/{issue.pk}/"
    assert "event:write" in reader.refused("PUT", path, 403, {"status": "resolved"})
    assert "event:write" in reader.refused("POST", f"{path}comments/", 403, {"text": "x"})
    assert "event:admin" in writer.refused("DELETE", path, 403)
    assert "event:admin" in writer.refused("PUT", path, 403, {"discard": True})
    nothing = Api(person, ("project:releases",))
    assert "event:read" in nothing.refused("GET", path, 403)


def test_roles(team: Team, project: Project, issue: Issue) -> None:
    viewer = make_user("viewer2@example.com")
    join(team, viewer, Role.VIEWER)
    api = Api(viewer)
    path = f"issues/{issue.pk}/"
    assert "Member" in api.refused("PUT", path, 403, {"status": "resolved"})
    assert "Member" in api.refused("PUT", f"{issues_of(project)}?", 403, {"status": "resolved"})
    assert "Member" in api.refused("DELETE", path, 403)
    assert api.put(path, {"isBookmarked": True})["isBookmarked"] is True


def test_a_stranger_sees_nothing(project: Project, issue: Issue) -> None:
    event = make_event(issue)
    user = make_user()
    join(make_team("Elsewhere"), user, Role.ADMIN)
    bound = Api(None, project=make_project("Bound"))
    for api in (Api(user), bound):
        assert api.get(f"organizations/{ORG}/issues/") == []
        for path in (
            f"issues/{issue.pk}/",
            f"issues/{issue.short_id}/",
            f"issues/{issue.uuid}/",
            f"issues/{issue.pk}/events/",
            f"issues/{issue.pk}/events/latest/",
            f"issues/{issue.pk}/hashes/",
            f"issues/{issue.pk}/tags/",
            f"issues/{issue.pk}/comments/",
            f"issues/{issue.pk}/activities/",
            f"issues/{issue.pk}/stats/",
            issues_of(project),
            f"projects/{ORG}/{project.slug}/events/",
            f"projects/{ORG}/{project.slug}/events/{event.event_id.hex}/",
            f"projects/{ORG}/{project.slug}/stats/",
            f"organizations/{ORG}/shortids/{issue.short_id}/",
            f"organizations/{ORG}/eventids/{event.event_id.hex}/",
            f"/api/canonical/0/issues/{issue.uuid}/",
            f"/api/canonical/0/events/{event.event_id}/",
            f"/api/canonical/0/projects/{project.pk}/",
        ):
            api.refused("GET", path, 404)
        api.refused("PUT", f"issues/{issue.pk}/", 404, {"status": "resolved"})
        api.refused("DELETE", f"issues/{issue.pk}/", 404)
        assert api.get(f"organizations/{ORG}/events/")["data"] == []
        assert api.get(f"organizations/{ORG}/tags/") == []
        api("PUT", f"organizations/{ORG}/issues/?id={issue.pk}", {"status": "resolved"})
    issue.refresh_from_db()
    assert issue.status == Status.UNRESOLVED


def test_another_organisation_is_not_found(api: Api, issue: Issue) -> None:
    said = api.refused("GET", f"organizations/other/issues/{issue.pk}/", 404)
    assert ORG in said
