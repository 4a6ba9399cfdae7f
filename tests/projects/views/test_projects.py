import pytest
from django.test import Client
from django.urls import reverse

from projects.models import Project, Role, Team, User
from tests.factories import join, make_team

pytestmark = pytest.mark.django_db
NEW = "/projects/new/"


def test_an_admin_of_a_team_makes_a_project(owner: Client, team: Team) -> None:
    answer = owner.post(NEW, {"name": "Web Shop", "platform": "python-django", "team": team.pk})
    project = Project.objects.get()
    assert answer["Location"] == reverse("ingest:setup", args=[project.slug])
    assert (project.slug, project.prefix, project.platform) == (
        "web-shop",
        "WEB-SHOP",
        "python-django",
    )
    assert list(project.teams.all()) == [team]
    assert project.keys.get().is_active


def test_only_for_ones_own_teams(owner: Client, team: Team) -> None:
    foreign = make_team("Foreign")
    answer = owner.post(NEW, {"name": "X", "platform": "other", "team": foreign.pk})
    assert "team" in answer.context["form"].errors
    assert "Foreign" not in owner.get(NEW).content.decode()


def test_a_member_may_not(member: Client) -> None:
    assert member.get(NEW).status_code == 403
    assert member.post(NEW, {"name": "X", "platform": "other"}).status_code == 403
    assert not Project.objects.exists()


def test_the_first_project_of_an_installation_needs_no_team(administrator: Client) -> None:
    administrator.post(NEW, {"name": "First", "platform": "other"})
    assert Project.objects.get().teams.exists()


@pytest.mark.parametrize("name", ["", "   ", "…", "x" * 101])
def test_a_name_is_needed(owner: Client, team: Team, name: str) -> None:
    answer = owner.post(NEW, {"name": name, "platform": "other", "team": team.pk})
    assert "name" in answer.context["form"].errors


def test_a_team_admin_sees_own_teams_to_choose(owner: Client, team: Team) -> None:
    second = make_team("Second")
    join(second, User.objects.get(email="owner@example.com"), Role.ADMIN)
    page = owner.get(NEW).content.decode()
    assert team.name in page
    assert "Second" in page
