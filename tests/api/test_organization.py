"""Organisation, projects, teams, keys and members."""

import pytest

from projects.models import PrefixAlias, Project, Role, Team, User
from tests.api.conftest import Api, NewApi
from tests.factories import join, make_project, make_team, make_user

pytestmark = pytest.mark.django_db


def test_the_organisation_has_what_clients_insist_on(api: Api) -> None:
    (said,) = api.get("/organizations/?cursor=").data
    assert said["id"] == "1"
    assert said["links"]["regionUrl"] == ""
    assert said["dateCreated"].endswith("Z")
    assert (said["isEarlyAdopter"], said["require2FA"], said["features"]) == (False, False, [])


def test_a_project_is_found_by_slug_and_number(api: Api, project: Project) -> None:
    by_slug = api.get(f"/projects/bugsink/{project.slug}/").data
    assert api.get(f"/projects/bugsink/{project.pk}/").data == by_slug
    assert by_slug["id"] == str(project.pk)
    assert by_slug["team"]["slug"]
    api.get(f"/projects/bugsink/{10**30}/", status=404)


def test_the_list_costs_the_same_however_long_it_is(
    api: Api, team: Team, django_assert_num_queries: object
) -> None:
    for _ in range(3):
        make_project(team=team)
    api.get("/organizations/bugsink/projects/")
    with django_assert_num_queries(4):  # type: ignore[operator]  # token, projects, teams, environments
        assert len(api.get("/organizations/bugsink/projects/").data) == 3


def test_a_project_is_made_changed_and_deleted(api: Api, team: Team) -> None:
    made = api.post(f"/teams/bugsink/{team.slug}/projects/", {"name": "Shop", "slug": "shop"})
    assert made.data["slug"] == "shop"
    api.post(f"/teams/bugsink/{team.slug}/projects/", {"name": "S", "slug": "shop"}, status=409)
    api.put("/projects/bugsink/shop/", {"slug": "123"}, status=400)
    assert api.put("/projects/bugsink/shop/", {"name": "Store"}).data["name"] == "Store"
    api.delete("/projects/bugsink/shop/")
    api.get("/projects/bugsink/shop/", status=404)
    api.delete("/projects/bugsink/shop/", status=404)


def test_a_viewer_changes_nothing(new_api: NewApi, project: Project, team: Team) -> None:
    viewer = make_user()
    join(team, viewer, Role.VIEWER)
    api = new_api(user=viewer)
    api.get(f"/projects/bugsink/{project.slug}/")
    api.put(f"/projects/bugsink/{project.slug}/", {"name": "x"}, status=403)
    api.delete(f"/projects/bugsink/{project.slug}/", status=403)
    api.post(f"/projects/bugsink/{project.slug}/keys/", {}, status=403)
    api.post("/organizations/bugsink/teams/", {"name": "x"}, status=403)


def test_keys_are_made_revoked_and_deleted(api: Api, project: Project) -> None:
    path = f"/projects/bugsink/{project.slug}/keys/"
    made = api.post(path, {"name": "Build", "rateLimit": {"window": 60, "count": 5}}).data
    assert made["dsn"]["public"].endswith(f"/{project.pk}")
    assert made["rateLimit"] == {"window": 60, "count": 5}
    assert len(api.get(path).data) == 2
    api.delete(f"{path}{made['id']}/", status=409)
    assert api.put(f"{path}{made['id']}/", {"isActive": False}).data["isActive"] is False
    api.delete(f"{path}{made['id']}/")
    api.get(f"{path}{made['id']}/", status=404)
    api.post(path)  # an empty body is an empty object


def test_teams_and_members(new_api: NewApi) -> None:
    boss = make_user("boss@example.com", is_admin=True)
    api = new_api(user=boss)
    core = api.post("/organizations/bugsink/teams/", {"name": "Core"}).data
    assert (core["memberCount"], core["isMember"]) == (1, True)
    bo = make_user("bo@example.com")
    asked = api.post(
        "/organizations/bugsink/members/", {"email": "bo@example.com", "team": "core"}
    ).data
    assert asked["teams"] == ["core"]
    link = api.post("/organizations/bugsink/members/", {"email": "new@example.com", "team": "core"})
    assert link.data["pending"] is True
    assert "/invitations/" in link.data["inviteLink"]
    of_bo = f"/organizations/bugsink/members/{bo.pk}/"
    api.put(f"{of_bo}teams/core/", {"teamRole": "admin"})
    assert api.get(of_bo).data["teamRoles"] == [{"teamSlug": "core", "role": "admin"}]
    assert len(api.get("/teams/bugsink/core/members/").data) == 2
    api.delete(f"{of_bo}teams/core/", status=200)
    api.delete(of_bo)
    assert not User.objects.get(pk=bo.pk).is_active
    api.delete(f"/organizations/bugsink/members/{boss.pk}/", status=400)
    assert api.get("/organizations/bugsink/members/me/").data["orgRole"] == "owner"


def test_a_project_keeps_a_team(api: Api, project: Project, team: Team) -> None:
    join(team, make_user(), Role.ADMIN)
    path = f"/projects/bugsink/{project.slug}/teams/{team.slug}/"
    api.post(path)
    api.post(path)
    api.delete(path, status=400)
    assert [each["slug"] for each in api.get(path.rpartition(team.slug)[0]).data] == [team.slug]


def test_what_is_not_there_yet_is_an_empty_list(api: Api) -> None:
    for name in ("repos", "monitors"):
        assert api.get(f"/organizations/bugsink/{name}/?cursor=").data == []


def test_an_old_prefix_leads_on(api: Api, project: Project) -> None:
    old = project.prefix
    path = f"/projects/bugsink/{project.slug}/"
    api.put(path, {"prefix": "NEW"})
    assert PrefixAlias.objects.get(project=project).prefix == old
    api.put(path, {"prefix": old})
    assert PrefixAlias.objects.get(project=project).prefix == "NEW"


def test_a_cursor_holds_no_nul(api: Api) -> None:
    api.get("/organizations/bugsink/projects/?cursor=AA:1:0", status=400)


def test_teams_of_others_are_not_told(new_api: NewApi, team: Team) -> None:
    boss, other = make_user(), make_user("bo@example.com")
    join(team, boss, Role.ADMIN)
    join(make_team(slug="secret"), other, Role.MEMBER)
    api = new_api(user=boss)
    body = {"email": other.email, "team": team.slug}
    assert api.post("/organizations/bugsink/members/", body).data["teams"] == [team.slug]
    path = f"/organizations/bugsink/members/{other.pk}/teams/{team.slug}/"
    assert api.delete(path, status=200).data["teams"] == []
