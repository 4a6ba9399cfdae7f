"""A project as the API shows one (REST contract, section 3.3)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import prefetch_related_objects
from ninja import Schema

from api.team_json import TeamShort, team_short
from projects.models import Project


class ProjectJson(Schema):
    id: str
    slug: str
    name: str
    platform: str | None
    dateCreated: datetime
    firstEvent: datetime | None
    isMember: bool
    hasAccess: bool
    isBookmarked: bool
    status: str
    features: list[str]
    access: list[str]
    environments: list[str]
    hasProfiles: bool
    hasReplays: bool
    hasLogs: bool
    firstTransactionEvent: bool
    team: TeamShort | None
    teams: list[TeamShort]


def projects_json(projects: Iterable[Project]) -> list[dict[str, Any]]:
    """Two queries, however many there are."""
    projects = list(projects)
    prefetch_related_objects(projects, "teams", "environments")
    return [_project_json(project) for project in projects]


def project_json(project: Project) -> dict[str, Any]:
    return projects_json([project])[0]


def _project_json(project: Project) -> dict[str, Any]:
    teams = [team_short(team) for team in project.teams.all() if team.deleted_at is None]
    teams.sort(key=lambda team: str(team["slug"]))
    return {
        "id": str(project.pk),
        "slug": project.slug,
        "name": project.name,
        "platform": project.platform or None,
        "dateCreated": project.created_at,
        "firstEvent": project.first_event_at,
        "isMember": True,
        "hasAccess": True,
        "isBookmarked": False,
        "status": "active",
        "features": [],
        "access": [],
        "environments": sorted(each.name for each in project.environments.all()),
        "hasProfiles": False,
        "hasReplays": False,
        "hasLogs": False,
        "firstTransactionEvent": False,
        "team": teams[0] if teams else None,
        "teams": teams,
    }
