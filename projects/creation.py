"""A new project: with a name in addresses, a prefix, a team and a first key."""

import re

from django.conf import settings
from django.db import transaction
from django.utils.text import slugify

from projects.models import (
    Membership,
    PrefixAlias,
    Project,
    ProjectKey,
    Role,
    Team,
    User,
)

MAX_SLUG = 50
MAX_PREFIX = 32


def create_project(name: str, *, platform: str, team: Team | None, by: User) -> Project:
    """team: None makes the installation's first team, with `by` as its admin."""
    with transaction.atomic():
        if team is None:
            team = first_team(by)
        slug = free_slug(name)
        project = Project.objects.create(
            name=name, slug=slug, prefix=free_prefix(slug), platform=platform
        )
        project.teams.add(team)
        ProjectKey.objects.create(project=project, label="Default")
    return project


def first_team(by: User) -> Team:
    name = settings.ORGANIZATION_NAME
    team, made = Team.objects.get_or_create(
        slug=slugify(name)[:MAX_SLUG] or "team", defaults={"name": name[:100]}
    )
    if made:
        Membership.objects.create(team=team, user=by, role=Role.ADMIN)
    return team


def free_slug(name: str) -> str:
    base = slugify(name)[: MAX_SLUG - 4].strip("-") or "project"
    taken = set(Project.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    taken.add("new")
    return next(slug for slug in _numbered(base, "-") if slug not in taken)


def free_prefix(slug: str) -> str:
    base = re.sub(r"[^A-Z0-9_-]", "", slug.upper()).strip("-_")[: MAX_PREFIX - 4]
    base = base if base[:1].isalpha() else f"P{base}"
    taken = set(Project.objects.filter(prefix__startswith=base).values_list("prefix", flat=True))
    taken |= set(PrefixAlias.objects.filter(prefix__startswith=base).values_list("prefix", flat=True))
    return next(prefix for prefix in _numbered(base, "") if prefix not in taken)


def _numbered(base: str, joint: str) -> list[str]:
    return [base, *(f"{base}{joint}{number}" for number in range(2, 1000))]
