"""Projects and teams as Bugsink's own API has them."""

import uuid
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Sum
from django.http import Http404, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from api.auth import allow
from api.caller import ApiRequest, Caller
from api.canonical.site import CanonicalPaging, PageOut, envelope, field_error
from api.errors import in_words
from api.pagination import paginate
from api.replies import answers, reply
from issues.models import Event, Issue
from issues.search.sql import event_id_of
from projects import access, dsn, teams
from projects.models import Project, Role, Team
from projects.setup import create_project

router = Router(tags=["Projects"])

READ = allow("project:read", "org:read")
WRITE = allow("project:write")
TEAM_READ, TEAM_WRITE = allow("team:read", "org:read"), allow("team:write")


class ProjectIn(Schema):
    team: Any = Field(None, description="A team's UUID.")
    name: Any = None


class TeamIn(Schema):
    name: Any = None


class Wanted(Schema):
    team: str = Field("", max_length=40, description="A team's UUID.")


@router.get("/projects/", auth=READ, response=answers(PageOut))
def project_list(
    request: ApiRequest, wanted: Query[Wanted], paging: Query[CanonicalPaging]
) -> HttpResponse:
    """By name."""
    projects = request.auth.projects().prefetch_related("teams", "keys")
    if wanted.team:
        projects = projects.filter(teams__uuid=_uuid(wanted.team))
    page = paginate(projects, paging, key="name", kind="text")
    counts = _counts([project.pk for project in page.rows])
    rows = [project_json(project, counts) for project in page.rows]
    return envelope(request, page, rows)


@router.post("/projects/", auth=WRITE, response=answers(dict, status=201))
def add_project(request: ApiRequest, body: ProjectIn) -> HttpResponse:
    caller = request.auth
    caller.refuse_if_bound()
    if not isinstance(body.name, str) or not body.name.strip():
        return field_error("name", "A name is needed.")
    key = event_id_of(body.team) if isinstance(body.team, str) else None
    team = caller.teams().filter(uuid=key).first() if key is not None else None
    if team is None:
        return field_error("team", "The UUID of a team is needed.")
    if caller.user is not None and not access.may_change_team(caller.user, team):
        raise PermissionDenied(f"This needs the role {Role.ADMIN.label} in the team.")
    try:
        made = create_project(body.name, teams=[team])
    except ValidationError as error:
        return field_error("name", in_words(error))
    return reply(project_json(made, {}), status=201)


@router.get("/projects/{project}/", auth=READ, response=answers(dict))
def project_detail(request: ApiRequest, project: str, expand: str = "") -> HttpResponse:
    """expand: team."""
    found = request.auth.project(project)
    shown = project_json(found, _counts([found.pk]))
    if expand == "team" and (team := found.teams.order_by("pk").first()) is not None:
        shown["team"] = team_json(team)
    return reply(shown)


@router.patch("/projects/{project}/", auth=WRITE, response=answers(dict))
def change_project(request: ApiRequest, project: str, body: ProjectIn) -> HttpResponse:
    """Its name."""
    found = request.auth.project(project, Role.ADMIN)
    if body.name is not None:
        if not isinstance(body.name, str) or not 0 < len(body.name.strip()) <= 100:
            return field_error("name", "A project's name has 1 to 100 characters.")
        found.name = body.name.strip()
        found.save(update_fields=["name"])
    return reply(project_json(found, _counts([found.pk])))


def _counts(project_ids: list[int]) -> dict[int, tuple[int, int]]:
    """Digested and stored events."""
    digested = dict(
        Issue.objects.filter(project__in=project_ids)
        .order_by()
        .values_list("project_id")
        .annotate(events=Sum("event_count"))
    )
    stored = dict(
        Event.objects.filter(project_id__in=project_ids)
        .order_by()
        .values_list("project_id")
        .annotate(events=Count("pk"))
    )
    return {pk: (digested.get(pk) or 0, stored.get(pk, 0)) for pk in project_ids}


def project_json(project: Project, counts: dict[int, tuple[int, int]]) -> dict[str, Any]:
    team = min(project.teams.all(), key=lambda team: team.pk, default=None)
    keys = [key for key in project.keys.all() if key.is_active]
    digested, stored = counts.get(project.pk, (0, 0))
    return {
        "id": project.pk,
        "team": str(team.uuid) if team else None,
        "name": project.name,
        "slug": project.slug,
        "dsn": dsn.build(settings.BASE_URL, keys[0].public_key, project.pk) if keys else None,
        "digested_event_count": digested,
        "stored_event_count": stored,
        "alert_on_new_issue": True,
        "alert_on_regression": True,
        "alert_on_unmute": True,
        "visibility": "team_members",
        "retention_max_event_count": 0,
        "grouping_mechanism": project.grouping_config,
    }


# --- teams ---


@router.get("/teams/", auth=TEAM_READ, response=answers(PageOut))
def team_list(request: ApiRequest, paging: Query[CanonicalPaging]) -> HttpResponse:
    """By name."""
    page = paginate(request.auth.teams(), paging, key="name", kind="text")
    return envelope(request, page, [team_json(team) for team in page.rows])


@router.post("/teams/", auth=TEAM_WRITE, response=answers(dict, status=201))
def add_team(request: ApiRequest, body: TeamIn) -> HttpResponse:
    user = access.administrator(_person(request.auth))
    if not isinstance(body.name, str):
        return field_error("name", "A name is needed.")
    try:
        made = teams.create_team(body.name, by=user)
    except ValidationError as error:
        return field_error("name", in_words(error))
    return reply(team_json(made), status=201)


@router.get("/teams/{team}/", auth=TEAM_READ, response=answers(dict))
def team_detail(request: ApiRequest, team: str) -> HttpResponse:
    return reply(team_json(_team(request.auth, team)))


@router.patch("/teams/{team}/", auth=TEAM_WRITE, response=answers(dict))
def change_team(request: ApiRequest, team: str, body: TeamIn) -> HttpResponse:
    """Its name."""
    found = _team(request.auth, team)
    user = request.auth.user
    if user is not None and not access.may_change_team(user, found):
        raise PermissionDenied(f"This needs the role {Role.ADMIN.label} in the team.")
    request.auth.refuse_if_bound()
    if body.name is not None:
        if not isinstance(body.name, str):
            return field_error("name", "A name is needed.")
        try:
            teams.rename_team(found, body.name)
        except ValidationError as error:
            return field_error("name", in_words(error))
    return reply(team_json(found))


def team_json(team: Team) -> dict[str, Any]:
    return {"id": str(team.uuid), "name": team.name, "visibility": "joinable"}


def _person(caller: Caller) -> Any:
    caller.refuse_if_bound()
    if caller.user is None:
        raise PermissionDenied("A team has somebody who made it; this token is nobody's.")
    return caller.user


def _team(caller: Caller, ref: str) -> Team:
    found = caller.teams().filter(uuid=_uuid(ref)).first()
    if found is None:
        raise Http404("There is no such team, or it is not visible to this token.")
    return found


def _uuid(text: str) -> uuid.UUID:
    key = event_id_of(text)
    if key is None:
        raise Http404("A team is named by its UUID.")
    return key
