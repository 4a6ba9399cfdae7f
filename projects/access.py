"""Who may see and do what. The first line of every view.

A role comes from the teams that hold the project; of several the highest counts. Administrators of the
installation are admins everywhere. Not a member: 404, so that names of projects do not leak. Role too low: 403.
"""

from collections.abc import Collection, Mapping

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max, Q, QuerySet
from django.http import Http404

from projects.models import Membership, Project, Role, Team, User

AnyUser = User | AnonymousUser
MAX_KEY = 2**63 - 1  # of the database; an address may name any number


def roles(user: AnyUser) -> Mapping[int, Role]:
    """Project id -> role, from the user's teams. Says nothing of an administrator's wider rights."""
    if not isinstance(user, User):
        return {}
    rows = (
        Membership.objects.filter(user=user, team__projects__isnull=False)
        .values_list("team__projects")
        .annotate(role=Max("role"))
        .order_by()
    )
    return {project_id: Role(role) for project_id, role in rows}


def visible_projects(user: AnyUser) -> QuerySet[Project]:
    if not isinstance(user, User):
        return Project.objects.none()
    if user.is_admin:
        return Project.objects.all()
    return Project.objects.filter(teams__memberships__user=user).distinct()


def role_in(user: AnyUser, project_id: int) -> Role | None:
    if not isinstance(user, User):
        return None
    if user.is_admin:
        # What is being deleted is there for nobody any more; its rows still are.
        return Role.ADMIN if Project.objects.filter(pk=project_id).exists() else None
    highest = Membership.objects.filter(user=user, team__projects=project_id).aggregate(
        role=Max("role")
    )["role"]
    return None if highest is None else Role(highest)


def require(user: AnyUser, project_id: int, role: Role) -> Role:
    """The user's role. Raises Http404 for a stranger, PermissionDenied for a role below the wanted one."""
    found = role_in(user, project_id)
    if found is None:
        raise Http404("There is no such project.")
    if found < role:
        raise PermissionDenied(f"This needs the role {role.label} in the project.")
    return found


def get_project(user: AnyUser, slug: str, role: Role) -> Project:
    """Raises Http404 for a stranger, PermissionDenied for a role below the wanted one."""
    project = Project.objects.filter(slug=slug).first()
    if project is None:
        raise Http404("There is no such project.")
    require(user, project.pk, role)
    return project


def people_of(project_ids: Collection[int], *, role: Role = Role.VIEWER) -> QuerySet[User]:
    """The active members, of at least that role, of the teams that hold any of these projects."""
    return (
        User.objects.filter(
            is_active=True,
            memberships__role__gte=role,
            memberships__team__projects__in=project_ids,
        )
        .distinct()
        .order_by("name", "email")
    )


def teams_of(project_ids: Collection[int], *, all_of: bool = False) -> QuerySet[Team]:
    """The teams that hold any of these projects; all_of: that hold every one of them."""
    teams = Team.objects.filter(projects__in=project_ids).distinct().order_by("name")
    if not all_of:
        return teams
    held = Count("projects", filter=Q(projects__in=project_ids), distinct=True)
    return Team.objects.annotate(held=held).filter(held=len(set(project_ids))).order_by("name")


def sees_every_issue(user: AnyUser) -> bool:
    """Whether lists need not name the projects: an administrator, while no project is being deleted."""
    return (
        isinstance(user, User)
        and user.is_admin
        and not Project.everything.filter(deleted_at__isnull=False).exists()
    )


def may_create_project(user: AnyUser) -> bool:
    """Administrators of the installation, and admins of any team, for that team."""
    if not isinstance(user, User):
        return False
    return user.is_admin or user.memberships.filter(role=Role.ADMIN).exists()


def administrator(user: AnyUser) -> User:
    """The user. Raises PermissionDenied for anybody who does not administrate the installation."""
    if not isinstance(user, User) or not user.is_admin:
        raise PermissionDenied("This is for administrators of the installation.")
    return user


def visible_teams(user: AnyUser) -> QuerySet[Team]:
    """One's own; administrators see all."""
    if not isinstance(user, User):
        return Team.objects.none()
    if user.is_admin:
        return Team.objects.all()
    return Team.objects.filter(memberships__user=user)


def may_change_team(user: AnyUser, team: Team) -> bool:
    if not isinstance(user, User) or not user.is_active:
        return False
    return user.is_admin or team.memberships.filter(user_id=user.pk, role=Role.ADMIN).exists()


def get_team(user: AnyUser, slug: str, role: Role) -> Team:
    """role: VIEWER to look, ADMIN to change. Raises Http404 for a stranger, PermissionDenied for too low a role."""
    team = visible_teams(user).filter(slug=slug).first()
    if team is None:
        raise Http404("There is no such team.")
    if role > Role.VIEWER and not may_change_team(user, team):
        raise PermissionDenied(f"This needs the role {Role.ADMIN.label} in the team.")
    return team
