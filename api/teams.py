"""Teams and their members."""

from django.http import HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from api.auth import allow
from api.caller import ApiRequest
from api.pagination import Paging, paginate
from api.replies import answers, nothing, reply
from api.team_json import TeamFull, teams_json
from projects import deletion, teams

router = Router(tags=["Teams"])

SEE = allow("team:read", "org:read")


class TeamName(Schema):
    name: str = Field(min_length=1, max_length=100)


@router.get("/organizations/{org}/teams/", auth=SEE, response=answers(list[TeamFull]))
def organization_teams(request: ApiRequest, org: str, paging: Query[Paging]) -> HttpResponse:
    """The visible ones, by slug."""
    page = paginate(request.auth.teams(), paging, key="slug", kind="text")
    return reply(teams_json(page.rows, request.auth), headers=page.headers(request))


@router.post(
    "/organizations/{org}/teams/",
    auth=allow("team:write"),
    response=answers(TeamFull, status=201),
)
def new_team(request: ApiRequest, org: str, body: TeamName) -> HttpResponse:
    """For administrators; who makes it is its first admin."""
    made = teams.create_team(body.name, by=request.auth.administrator())
    return reply(teams_json([made], request.auth)[0], status=201)


@router.get("/teams/{org}/{team}/", auth=SEE, response=answers(TeamFull))
def team(request: ApiRequest, org: str, team: str) -> HttpResponse:
    return reply(teams_json([request.auth.team(team)], request.auth)[0])


@router.put("/teams/{org}/{team}/", auth=allow("team:write"), response=answers(TeamFull))
def rename_team(request: ApiRequest, org: str, team: str, body: TeamName) -> HttpResponse:
    """The slug stays."""
    found = request.auth.team(team, change=True)
    teams.rename_team(found, body.name)
    return reply(teams_json([found], request.auth)[0])


@router.delete("/teams/{org}/{team}/", auth=allow("team:admin"), response=answers(None, status=204))
def delete_team(request: ApiRequest, org: str, team: str) -> HttpResponse:
    """Not while it is the only team of a project: 400."""
    found = request.auth.team(team, change=True)
    deletion.delete_team(found, by=request.auth.user, now=timezone.now())
    return nothing()
