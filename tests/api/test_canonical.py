"""Bugsink's own API."""

from typing import Any

import pytest
from django.utils import timezone

from issues.models import Issue
from issues.states import Status
from issues.window import Window
from projects.models import Project, Release, Role, Team, User
from tests.api.rest import Api
from tests.factories import join, make_event, make_issue, make_release, make_user

pytestmark = pytest.mark.django_db

BASE = "/api/canonical/0/"


@pytest.fixture
def api(team: Team) -> Api:
    user = make_user("ann@example.com", name="Ann", is_admin=True)
    join(team, user, Role.ADMIN)
    return Api(user)


def test_issues_in_an_envelope(api: Api, project: Project) -> None:
    made = [make_issue(project) for _ in range(3)]
    path = f"{BASE}issues/"
    first = api.get(path, project=project.pk, limit=2)
    assert [row["digest_order"] for row in first["results"]] == [1, 2]
    assert first["previous"] is None
    rest = api.get(first["next"].partition("//")[2].partition("/")[2].join(["/", ""]))
    assert [row["friendly_id"] for row in rest["results"]] == [made[2].short_id]
    assert rest["next"] is None
    found = api.get(path, project=project.pk, sort="last_seen", order="desc", status="unresolved")
    assert len(found["results"]) == 3
    assert api.get(path, project=project.pk, status="muted")["results"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "project"),
        ("project=x", "project"),
        ("project=1&sort=odd", "sort"),
        ("project=1&order=odd", "order"),
    ],
)
def test_what_is_missing_is_said_by_its_name(api: Api, query: str, field: str) -> None:
    answer = api("GET", f"{BASE}issues/?{query}")
    assert answer.status_code == 400
    assert list(answer.json()) == [field]


def test_one_issue_by_both_its_names(api: Api, issue: Issue) -> None:
    make_event(issue)
    for ref in (issue.uuid, issue.short_id):
        found = api.get(f"{BASE}issues/{ref}/")
        assert found["id"] == str(issue.uuid)
        assert (found["calculated_type"], found["stored_event_count"]) == ("KeyError", 1)
    assert api("DELETE", f"{BASE}issues/{issue.uuid}/").status_code == 204
    api.refused("GET", f"{BASE}issues/{issue.uuid}/", 404)


def test_verbs_and_states_that_do_not_allow_them(api: Api, issue: Issue) -> None:
    path = f"{BASE}issues/{issue.uuid}/"

    def do(verb: str, body: Any = None) -> Any:
        return api.post(f"{path}{verb}/", body, 200)

    api.refused("POST", f"{path}reopen/", 400)
    api.refused("POST", f"{path}unmute/", 400)
    api.refused("POST", f"{path}resolve-next/", 400)  # no release
    make_release(issue.project)
    assert do("resolve-next")["is_resolved_by_next_release"] is True
    api.refused("POST", f"{path}resolve/", 400)
    api.refused("POST", f"{path}mute/", 400)
    assert do("reopen")["is_resolved"] is False
    assert do("resolve")["is_resolved_unconditionally"] is True
    do("reopen")
    assert do("mute")["is_muted"] is True
    api.refused("POST", f"{path}mute/", 400)
    do("unmute")
    do("mute-for", {"period_name": "day", "nr_of_periods": 3})
    issue.refresh_from_db()
    assert issue.status == Status.MUTED
    assert issue.muted_until is not None
    assert (issue.muted_until - timezone.now()).days == 2
    do("unmute")
    do("mute-until", {"period_name": "hour", "nr_of_periods": 1, "gte_threshold": 5})
    issue.refresh_from_db()
    assert isinstance(issue.window, Window)
    assert (issue.window.events, issue.window.minutes) == (5, 60)
    for body in (
        {},
        {"period_name": "eon", "nr_of_periods": 1},
        {"period_name": "day", "nr_of_periods": 0},
    ):
        api.refused("POST", f"{path}mute-for/", 400, body)


def test_comments_and_events(api: Api, issue: Issue) -> None:
    event = make_event(issue)
    made = api.post(f"{BASE}issue-comments/", {"issue": str(issue.uuid), "comment": "Seen."})
    assert (made["comment"], made["issue"]) == ("Seen.", str(issue.uuid))
    for body in ({}, {"issue": str(issue.uuid)}, {"issue": str(issue.uuid), "comment": " "}):
        assert api("POST", f"{BASE}issue-comments/", body).status_code == 400
    (row,) = api.get(f"{BASE}events/", issue=issue.short_id)["results"]
    assert (row["id"], row["event_id"]) == (str(event.event_id), event.event_id.hex)
    assert "data" not in row
    found = api.get(f"{BASE}events/{event.event_id}/")
    assert found["data"]["exception"]["values"][0]["type"] == "KeyError"
    answer = api("GET", f"{BASE}events/{event.event_id}/stacktrace/", Accept="text/plain")
    assert answer["Content-Type"].startswith("text/markdown")
    text = answer.content.decode()
    assert text.startswith("# KeyError: 'id'")
    assert "count = 3" in text
    assert api("GET", f"{BASE}events/").status_code == 400


def test_projects_teams_and_releases(api: Api, project: Project, team: Team) -> None:
    (found,) = api.get(f"{BASE}projects/")["results"]
    assert (found["id"], found["team"], found["slug"]) == (project.pk, str(team.uuid), project.slug)
    assert found["dsn"].endswith(f"/{project.pk}")
    assert api.get(f"{BASE}projects/{project.pk}/", expand="team")["team"]["name"] == team.name
    made = api.post(f"{BASE}projects/", {"team": str(team.uuid), "name": "New"})
    assert Project.objects.get(pk=made["id"]).name == "New"
    assert api("POST", f"{BASE}projects/", {"name": "New"}).status_code == 400
    answer = api("PATCH", f"{BASE}projects/{project.pk}/", {"name": "Renamed"})
    assert answer.json()["name"] == "Renamed"
    assert api.get(f"{BASE}teams/")["results"][0]["id"] == str(team.uuid)
    assert api.post(f"{BASE}teams/", {"name": "Ops"})["name"] == "Ops"
    body = {"project": project.pk, "version": "shop@1.4.0"}
    release = api.post(f"{BASE}releases/", body)
    assert (release["semver"], release["is_semver"]) == ("1.4.0", True)
    assert api("POST", f"{BASE}releases/", body).status_code == 400
    assert api.get(f"{BASE}releases/", project=project.pk)["results"][0]["version"] == "shop@1.4.0"
    assert api.get(f"{BASE}releases/{release['id']}/")["id"] == release["id"]
    assert Release.objects.count() == 1


def test_its_description_is_there_and_other_addresses_are_not(api: Api) -> None:
    assert "/api/canonical/0/issues/" in api.get(f"{BASE}schema/")["paths"]
    api.refused("GET", f"{BASE}nothing/", 404)
    assert api("GET", f"{BASE}issues/", Authorization="Bearer x").status_code == 401


def test_scopes_count_here_too(issue: Issue, team: Team) -> None:
    user: User = make_user()
    join(team, user, Role.MEMBER)
    reader = Api(user, ("event:read",))
    assert "event:write" in reader.refused("POST", f"{BASE}issues/{issue.uuid}/resolve/", 403)


def test_addresses_are_read_as_everywhere(api: Api, project: Project) -> None:
    assert api.get(f"{BASE}projects")["results"] == api.get(f"{BASE}projects/")["results"]
    for path in (f"{BASE}a%0Ab", f"{BASE}a%0A", "a%0Ab/", "a%0A"):
        api.refused("GET", path, 404)


@pytest.mark.parametrize("version", ["", "latest", "a\nb"])
def test_a_version_is_checked(api: Api, project: Project, version: str) -> None:
    answer = api("POST", f"{BASE}releases/", {"project": project.pk, "version": version})
    assert (answer.status_code, list(answer.json())) == (400, ["version"])
