"""Teams and their people, on the pages."""

import pytest
from django.test import Client
from django.urls import reverse

from projects import teams
from projects.models import Membership, Project, Role, Team, User
from tests.factories import join, make_project, make_team, make_user

pytestmark = pytest.mark.django_db


def user(name: str) -> User:
    return User.objects.get(email=f"{name}@example.com")


def address(name: str, team: Team, *args: object) -> str:
    return reverse(f"projects:{name}", args=[team.slug, *args])


def role_of(team: Team, name: str) -> Role:
    return Role(Membership.objects.get(team=team, user=user(name)).role)


def test_an_administrator_makes_a_team(administrator: Client) -> None:
    answer = administrator.post(reverse("projects:teams"), {"name": "  Mobile   apps "})
    team = Team.objects.get(name="Mobile apps")
    assert answer["Location"] == address("team", team)
    assert team.memberships.get().role == Role.ADMIN
    administrator.post(reverse("projects:teams"), {"name": "Mobile apps"})
    assert sorted(Team.objects.values_list("slug", flat=True)) == ["mobile-apps", "mobile-apps-2"]


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "a\0b"])
def test_a_team_needs_a_name(administrator: Client, name: str) -> None:
    page = administrator.post(reverse("projects:teams"), {"name": name})
    assert "1 to 100 characters" in page.content.decode()
    assert not Team.objects.exists()


def test_a_team_is_renamed_and_keeps_its_address(owner: Client, team: Team) -> None:
    owner.post(address("team_rename", team), {"name": "Shop front"})
    assert Team.objects.get().name == "Shop front"
    assert owner.get(address("team", team)).status_code == 200


def test_roles_are_changed(owner: Client, member: Client, team: Team) -> None:
    url = address("member_role", team, user("member").pk)
    owner.post(url, {"role": str(Role.VIEWER.value)})
    assert role_of(team, "member") == Role.VIEWER
    for wrong in ("", "99", "admin", "-10"):
        owner.post(url, {"role": wrong})
    assert role_of(team, "member") == Role.VIEWER


def test_the_last_admin_can_neither_go_nor_step_down(
    owner: Client, member: Client, team: Team
) -> None:
    pk = user("owner").pk
    page = owner.post(address("member_remove", team, pk), follow=True).content.decode()
    assert "is the last admin" in page
    owner.post(address("member_role", team, pk), {"role": "20"})
    assert role_of(team, "owner") == Role.ADMIN
    owner.post(address("member_role", team, user("member").pk), {"role": "30"})
    owner.post(address("member_remove", team, pk))
    assert not Membership.objects.filter(user=pk).exists()


def test_an_admin_who_is_switched_off_does_not_count(owner: Client, team: Team) -> None:
    join(team, make_user(is_active=False), Role.ADMIN)
    owner.post(address("member_remove", team, user("owner").pk))
    assert role_of(team, "owner") == Role.ADMIN


def test_everybody_may_leave(viewer: Client, owner: Client, team: Team) -> None:
    pk = user("viewer").pk
    assert viewer.post(address("member_remove", team, pk))["Location"] == reverse("projects:teams")
    assert viewer.get(address("team", team)).status_code == 404


def test_removing_twice_is_removing_once(owner: Client, viewer: Client, team: Team) -> None:
    for _ in range(2):
        answer = owner.post(address("member_remove", team, user("viewer").pk))
        assert answer.status_code == 302
    assert team.memberships.count() == 1


def test_a_project_gets_another_team_and_loses_the_first(
    owner: Client, project: Project, team: Team
) -> None:
    second = make_team("Second")
    join(second, user("owner"), Role.ADMIN)
    members = reverse("projects:members", args=[project.slug])
    owner.post(reverse("projects:team_add", args=[project.slug]), {"team": second.slug})
    assert "Second" in owner.get(members).content.decode()
    for _ in range(2):
        owner.post(reverse("projects:team_remove", args=[project.slug, team.pk]))
    assert list(project.teams.all()) == [second]


def test_a_project_keeps_a_team_with_an_admin(owner: Client, project: Project, team: Team) -> None:
    project.teams.add(make_team("Empty"))
    url = reverse("projects:team_remove", args=[project.slug, team.pk])
    assert "would have no admin" in owner.post(url, follow=True).content.decode()
    assert team in project.teams.all()


def test_only_a_team_that_one_sees_can_be_added(owner: Client, project: Project) -> None:
    foreign = make_team("Foreign")
    url = reverse("projects:team_add", args=[project.slug])
    for wrong in (foreign.slug, "", "x\0", "y" * 1000):
        assert "Choose one" in owner.post(url, {"team": wrong}, follow=True).content.decode()
    assert foreign not in project.teams.all()
    assert (
        "Foreign"
        not in owner.get(reverse("projects:members", args=[project.slug])).content.decode()
    )


def test_an_admin_of_one_team_changes_no_other(owner: Client, project: Project) -> None:
    second = make_team("Second")
    project.teams.add(second)
    join(second, user("owner"), Role.VIEWER)
    other = make_user("other@example.com")
    join(second, other, Role.ADMIN)
    assert owner.post(address("member_role", second, other.pk), {"role": "10"}).status_code == 403
    assert role_of(second, "other") == Role.ADMIN


def test_projects_of_one_team_alone_are_named(team: Team, project: Project) -> None:
    shared = make_project("Shared", team=team)
    shared.teams.add(make_team())
    assert list(teams.only_team_of(team)) == [project]


@pytest.mark.parametrize("people", [1, 8])
def test_the_pages_ask_the_same_number_of_questions(
    owner: Client, project: Project, team: Team, people: int, django_assert_num_queries: object
) -> None:
    for _ in range(people):
        join(team, make_user(), Role.MEMBER)
    for name, args, count in (
        ("projects:members", [project.slug], 10),
        ("projects:team", [team.slug], 7),
        ("projects:teams", [], 3),
    ):
        with django_assert_num_queries(count):  # type: ignore[operator]
            owner.get(reverse(name, args=args))


def test_who_may_not_change_settings_is_not_led_there(
    viewer: Client, owner: Client, project: Project
) -> None:
    url = reverse("projects:members", args=[project.slug])
    keys = reverse("projects:keys", args=[project.slug])
    assert keys in owner.get(url).content.decode()
    assert keys not in viewer.get(url).content.decode()
