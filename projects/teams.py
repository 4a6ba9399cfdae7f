"""What is done with teams and their members. A team keeps an admin, a project keeps a team that has one."""

from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify

from projects.access import MAX_KEY
from projects.models import Membership, Project, Role, Team, User

RESERVED_SLUGS = frozenset({"new"})


def create_team(name: str, *, by: User) -> Team:
    """Its first admin is who made it. Raises ValidationError."""
    name = _checked(name)
    with transaction.atomic():
        team = Team.objects.create(name=name, slug=_free_slug(name))
        Membership.objects.create(team=team, user=by, role=Role.ADMIN)
    return team


def rename_team(team: Team, name: str) -> None:
    """Its address stays. Raises ValidationError."""
    team.name = _checked(name)
    team.save(update_fields=["name"])


def _checked(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 100 or "\0" in name:
        raise ValidationError("A team’s name has 1 to 100 characters.")
    return name


def _free_slug(name: str) -> str:
    base = slugify(name)[:40].strip("-_") or "team"
    slug, number = base, 1
    while slug in RESERVED_SLUGS or Team.everything.filter(slug=slug).exists():
        number += 1
        slug = f"{base}-{number}"
    return slug


def set_role(team: Team, user_id: int, role: Role) -> Membership | None:
    """None: not in the team. Raises ValidationError for the last admin."""
    with transaction.atomic():
        found = _locked(team, user_id)
        if found is not None and found.role != role:
            if role < Role.ADMIN:
                _refuse_for_last_admin(team, found)
            found.role = role
            found.save(update_fields=["role"])
    return found


def remove_member(team: Team, user_id: int) -> Membership | None:
    """None: was not in the team. Raises ValidationError for the last admin."""
    with transaction.atomic():
        found = _locked(team, user_id)
        if found is not None:
            _refuse_for_last_admin(team, found)
            Membership.objects.filter(pk=found.pk).delete()
    return found


def _locked(team: Team, user_id: int) -> Membership | None:
    if user_id > MAX_KEY:
        return None
    # The team's row: two admins who remove each other at the same moment wait for one another.
    Team.objects.select_for_update().get(pk=team.pk)
    return Membership.objects.select_related("user").filter(team=team, user_id=user_id).first()


def _refuse_for_last_admin(team: Team, leaving: Membership) -> None:
    if leaving.role < Role.ADMIN:
        return
    others = team.memberships.exclude(pk=leaving.pk).filter(role=Role.ADMIN, user__is_active=True)
    if not others.exists():
        raise ValidationError(
            f"{leaving.user.display_name} is the last admin of {team.name}. Make somebody else admin first."
        )


def add_to_project(project: Project, team: Team) -> None:
    project.teams.add(team)


def remove_from_project(project: Project, team: Team) -> None:
    """Raises ValidationError if no team with an admin would be left."""
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=project.pk)
        others = project.teams.filter(deleted_at__isnull=True).exclude(pk=team.pk)
        if not others.filter(
            memberships__role=Role.ADMIN, memberships__user__is_active=True
        ).exists():
            raise ValidationError(
                f"Without {team.name} the project would have no admin. Add another team first."
            )
        project.teams.remove(team)


def only_team_of(team: Team) -> Collection[Project]:
    """Projects that no other team holds."""
    held = Project.objects.filter(teams=team)
    shared = held.filter(
        pk__in=Project.teams.through.objects.exclude(team=team).values("project_id")
    )
    return list(held.exclude(pk__in=shared.values("pk")).order_by("name"))
