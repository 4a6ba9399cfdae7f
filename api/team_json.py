"""A team as the API shows one (REST contract, section 3.2)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from ninja import Schema

from api.caller import Caller
from projects.models import Membership, Team


class TeamShort(Schema):
    id: str
    slug: str
    name: str


class TeamFull(TeamShort):
    dateCreated: datetime
    isMember: bool
    memberCount: int


def team_short(team: Team) -> dict[str, Any]:
    return {"id": str(team.pk), "slug": team.slug, "name": team.name}


def teams_json(teams: Iterable[Team], caller: Caller) -> list[dict[str, Any]]:
    """One query."""
    teams = list(teams)
    members: dict[int, set[int]] = {team.pk: set() for team in teams}
    for team_id, user_id in Membership.objects.filter(team__in=teams).values_list(
        "team_id", "user_id"
    ):
        members[team_id].add(user_id)
    own = None if caller.user is None else caller.user.pk
    return [
        team_short(team)
        | {
            "dateCreated": team.created_at,
            "isMember": own in members[team.pk],
            "memberCount": len(members[team.pk]),
        }
        for team in teams
    ]
