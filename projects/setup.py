"""Making users, teams and projects: what commands and forms share."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.text import slugify

from projects.models import Membership, Project, ProjectKey, Role, Team, User

# A slug is part of a path beside these.
RESERVED_SLUGS = frozenset({"new"})


def create_admin(email: str, password: str) -> User:
    """An administrator of the installation, and admin of the first team. Raises ValidationError."""
    email = User.objects.normalize_email(email)
    validate_email(email)
    if User.objects.filter(email=email).exists():
        raise ValidationError(
            f"There is a user {email} already; set-password changes the password."
        )
    with transaction.atomic():
        user = User.objects.create_user(email, password, is_admin=True)
        Membership.objects.create(team=default_team(), user=user, role=Role.ADMIN)
    return user


def default_team() -> Team:
    """The oldest team; made with the installation."""
    return Team.objects.order_by("pk").first() or Team.objects.create(
        name="Everybody", slug="everybody"
    )


def create_project(
    name: str, *, slug: str = "", platform: str = "", teams: Iterable[Team] = ()
) -> Project:
    """A project with its first key, in the default team unless others are named. Raises ValidationError."""
    name = name.strip()
    if not name or len(name) > 100:
        raise ValidationError("A project's name has 1 to 100 characters.")
    with transaction.atomic():
        project = Project(name=name, slug=_free_slug(slug or name), platform=platform)
        project.prefix = _free_prefix(project.slug)
        project.full_clean()
        project.save()
        project.teams.set(list(teams) or [default_team()])
        ProjectKey.objects.create(project=project, label="Default")
    return project


def _free_slug(wanted: str) -> str:
    base = slugify(wanted)[:40] or "project"
    slug, number = base, 1
    while slug in RESERVED_SLUGS or Project.objects.filter(slug=slug).exists():
        number += 1
        slug = f"{base}-{number}"
    return slug


def _free_prefix(slug: str) -> str:
    """The slug in capitals; a letter comes first."""
    base = slug.upper().lstrip("-_0123456789")[:26] or "P"
    prefix, number = base, 1
    while (
        Project.objects.filter(prefix=prefix).exists()
        or Project.objects.filter(prefix_aliases__prefix=prefix).exists()
    ):
        number += 1
        prefix = f"{base}{number}"
    return prefix
