"""Roles come from teams; strangers learn nothing, not even that something exists."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404

from projects.access import (
    get_project,
    may_create_project,
    people_of,
    role_in,
    roles,
    visible_projects,
)
from projects.models import Project, Role, Team
from tests.factories import join, make_project, make_team, make_user

pytestmark = pytest.mark.django_db


def test_the_highest_role_of_several_teams_counts(project: Project, team: Team) -> None:
    user, second = make_user(), make_team()
    project.teams.add(second)
    join(team, user, Role.VIEWER)
    join(second, user, Role.ADMIN)
    assert role_in(user, project.pk) == Role.ADMIN
    assert roles(user) == {project.pk: Role.ADMIN}
    assert list(visible_projects(user)) == [project]


def test_an_administrator_of_the_installation_is_admin_everywhere(project: Project) -> None:
    user = make_user(is_admin=True)
    assert role_in(user, project.pk) == Role.ADMIN
    assert get_project(user, project.slug, Role.ADMIN) == project
    assert list(visible_projects(user)) == [project]


def test_no_member_no_project(project: Project) -> None:
    user = make_user()
    join(make_team(), user, Role.ADMIN)
    with pytest.raises(Http404):
        get_project(user, project.slug, Role.VIEWER)
    with pytest.raises(Http404):
        get_project(user, "nothing-of-the-kind", Role.VIEWER)
    assert list(visible_projects(user)) == []
    assert role_in(user, project.pk) is None


@pytest.mark.parametrize(
    ("has", "wants", "may"),
    [
        (Role.VIEWER, Role.VIEWER, True),
        (Role.VIEWER, Role.MEMBER, False),
        (Role.MEMBER, Role.ADMIN, False),
        (Role.ADMIN, Role.MEMBER, True),
    ],
)
def test_a_higher_role_may_what_a_lower_one_may(
    project: Project, team: Team, has: Role, wants: Role, may: bool
) -> None:
    user = make_user()
    join(team, user, has)
    if may:
        assert get_project(user, project.slug, wants) == project
    else:
        with pytest.raises(PermissionDenied):
            get_project(user, project.slug, wants)


def test_who_is_not_signed_in_sees_nothing(project: Project) -> None:
    nobody = AnonymousUser()
    assert not visible_projects(nobody).exists()
    assert role_in(nobody, project.pk) is None
    assert roles(nobody) == {}
    assert not may_create_project(nobody)


def test_people_are_the_active_members_once(project: Project, team: Team) -> None:
    ada, gone = make_user(name="Ada"), make_user(is_active=False)
    for each in (team, second := make_team()):
        join(each, ada, Role.MEMBER)
        join(each, gone, Role.MEMBER)
    project.teams.add(second)
    assert list(people_of([project.pk, make_project(team=team).pk])) == [ada]


def test_admins_of_any_team_may_make_projects(team: Team) -> None:
    admin, member = make_user(), make_user()
    join(team, admin, Role.ADMIN)
    join(team, member, Role.MEMBER)
    assert may_create_project(admin)
    assert not may_create_project(member)
