"""Projects, their teams and their keys: see, make, change, delete."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from api.auth import allow
from api.caller import ApiRequest
from api.errors import ApiError
from api.pagination import Paging, paginate
from api.project_json import ProjectJson, project_json, projects_json
from api.replies import answers, nothing, reply
from api.team_json import TeamFull, teams_json
from projects import deletion, dsn, setup, teams
from projects.forms import check_prefix
from projects.models import PrefixAlias, Project, ProjectKey, Role, Team

router = Router(tags=["Projects"])

SEE = allow("project:read", "org:read")
CHANGE = allow("project:write")


class ProjectNew(Schema):
    name: str = Field(min_length=1, max_length=100)
    slug: str = Field("", max_length=50)
    platform: str | None = Field(None, max_length=64, pattern=r"^[A-Za-z0-9._-]*$")


class ProjectNewInTeams(ProjectNew):
    team_slugs: list[str] = Field(default_factory=list, max_length=20)


class ProjectChange(Schema):
    """What is not given stays."""

    name: str | None = Field(None, min_length=1, max_length=100)
    slug: str | None = Field(None, min_length=1, max_length=50)
    platform: str | None = Field(None, max_length=64, pattern=r"^[A-Za-z0-9._-]*$")
    prefix: str | None = Field(None, max_length=32, description="Of short ids: WEB makes WEB-1.")


class RateLimit(Schema):
    window: int = Field(description="Seconds: 60 or 3600.")
    count: int = Field(ge=0, le=2_000_000_000, description="Requests; 0: no limit.")


class KeyNew(Schema):
    name: str | None = Field(None, max_length=100)
    label: str | None = Field(None, max_length=100)
    rateLimit: RateLimit | None = None


class KeyChange(KeyNew):
    isActive: bool | None = None


class KeyJson(Schema):
    id: str
    name: str
    label: str
    public: str
    secret: str
    projectId: int
    isActive: bool
    dateCreated: datetime | None
    rateLimit: RateLimit | None
    dsn: dict[str, str]


# --- projects ------------------------------------------------------------------------------------


def _projects(request: ApiRequest, paging: Paging) -> HttpResponse:
    page = paginate(request.auth.projects(), paging, key="slug", kind="text")
    return reply(projects_json(page.rows), headers=page.headers(request))


@router.get("/organizations/{org}/projects/", auth=SEE, response=answers(list[ProjectJson]))
def organization_projects(request: ApiRequest, org: str, paging: Query[Paging]) -> HttpResponse:
    """The visible projects, by slug."""
    return _projects(request, paging)


@router.get("/projects/", auth=SEE, response=answers(list[ProjectJson]))
def all_projects(request: ApiRequest, paging: Query[Paging]) -> HttpResponse:
    """The same as those of the organisation."""
    return _projects(request, paging)


@router.get(
    "/teams/{org}/{team}/projects/",
    auth=allow("team:read", "org:read", "project:read"),
    response=answers(list[ProjectJson]),
)
def team_projects(request: ApiRequest, org: str, team: str, paging: Query[Paging]) -> HttpResponse:
    found = request.auth.team(team)
    visible = request.auth.projects().values("pk")
    rows = Project.objects.filter(teams=found, pk__in=visible)
    page = paginate(rows, paging, key="slug", kind="text")
    return reply(projects_json(page.rows), headers=page.headers(request))


@router.get("/projects/{org}/{project}/", auth=SEE, response=answers(ProjectJson))
def project(request: ApiRequest, org: str, project: str) -> HttpResponse:
    return reply(project_json(request.auth.project(project)))


@router.put("/projects/{org}/{project}/", auth=CHANGE, response=answers(ProjectJson, 409))
def change_project(
    request: ApiRequest, org: str, project: str, body: ProjectChange
) -> HttpResponse:
    """Another slug changes the addresses; the numbers in DSNs stay. Short ids with the old prefix still lead here."""
    found = request.auth.project(project, Role.ADMIN)
    old_prefix = found.prefix
    if body.name is not None:
        found.name = body.name.strip()
    if body.slug is not None and body.slug != found.slug:
        check_slug(body.slug)
        found.slug = body.slug
    if body.platform is not None:
        found.platform = body.platform
    if body.prefix is not None:
        found.prefix = body.prefix.strip().upper()
        check_prefix(found.prefix, found)
    found.full_clean()
    with transaction.atomic():
        found.save(update_fields=["name", "slug", "platform", "prefix"])
        if found.prefix != old_prefix:
            PrefixAlias.objects.filter(project=found, prefix=found.prefix).delete()
            PrefixAlias.objects.get_or_create(prefix=old_prefix, defaults={"project": found})
    return reply(project_json(found))


def check_slug(slug: str) -> None:
    """Raises ApiError: 400 for one that will not do, 409 for one that is taken."""
    if slug.isdigit() or slug in setup.RESERVED_SLUGS or slug != slug.lower():
        raise ApiError(400, "slug: small letters, digits, - and _, and not digits alone.")
    if Project.everything.filter(slug=slug).exists():
        raise ApiError(409, f"The slug {slug!r} is taken.")


@router.delete(
    "/projects/{org}/{project}/",
    auth=allow("project:admin"),
    response=answers(None, status=204),
)
def delete_project(request: ApiRequest, org: str, project: str) -> HttpResponse:
    """For good, with all events. It is hidden at once; the rows go in the background."""
    found = request.auth.project(project, Role.ADMIN)
    deletion.delete_project(found, by=request.auth.user, now=timezone.now())
    return nothing()


def make_project(request: ApiRequest, body: ProjectNew, of: list[Team]) -> HttpResponse:
    if body.slug:
        check_slug(body.slug)
    made = setup.create_project(body.name, slug=body.slug, platform=body.platform or "", teams=of)
    return reply(project_json(made), status=201)


@router.post(
    "/teams/{org}/{team}/projects/",
    auth=CHANGE,
    response=answers(ProjectJson, 409, status=201),
)
def new_project_of_team(request: ApiRequest, org: str, team: str, body: ProjectNew) -> HttpResponse:
    """With its first key. For admins of the team."""
    return make_project(request, body, [request.auth.team(team, change=True)])


@router.post(
    "/organizations/{org}/projects/",
    auth=CHANGE,
    response=answers(ProjectJson, 409, status=201),
)
def new_project(request: ApiRequest, org: str, body: ProjectNewInTeams) -> HttpResponse:
    """Without teams: that of everybody, for administrators only."""
    caller = request.auth
    caller.refuse_if_bound()
    of = [caller.team(slug, change=True) for slug in body.team_slugs]
    if not of and caller.user is not None and not caller.user.is_admin:
        raise PermissionDenied("Name a team whose admin you are: team_slugs.")
    return make_project(request, body, of)


# --- its teams -----------------------------------------------------------------------------------


@router.get(
    "/projects/{org}/{project}/teams/",
    auth=allow("project:read", "org:read", "team:read"),
    response=answers(list[TeamFull]),
)
def project_teams(
    request: ApiRequest, org: str, project: str, paging: Query[Paging]
) -> HttpResponse:
    found = request.auth.project(project)
    page = paginate(Team.objects.filter(projects=found), paging, key="slug", kind="text")
    return reply(teams_json(page.rows, request.auth), headers=page.headers(request))


@router.post(
    "/projects/{org}/{project}/teams/{team}/",
    auth=CHANGE,
    response=answers(ProjectJson, status=201),
)
def add_team(request: ApiRequest, org: str, project: str, team: str) -> HttpResponse:
    """Its members see the project from now on. Doing it twice is doing it once."""
    found = request.auth.project(project, Role.ADMIN)
    request.auth.refuse_if_bound()
    teams.add_to_project(found, request.auth.team(team))
    return reply(project_json(found), status=201)


@router.delete(
    "/projects/{org}/{project}/teams/{team}/", auth=CHANGE, response=answers(ProjectJson)
)
def remove_team(request: ApiRequest, org: str, project: str, team: str) -> HttpResponse:
    """A project keeps a team that has an admin: 400 otherwise."""
    found = request.auth.project(project, Role.ADMIN)
    request.auth.refuse_if_bound()
    teams.remove_from_project(found, request.auth.team(team))
    return reply(project_json(found))


# --- its keys ------------------------------------------------------------------------------------


def key_json(key: ProjectKey) -> dict[str, Any]:
    public = dsn.build(settings.BASE_URL, key.public_key, key.project_id)
    security = f"{settings.BASE_URL}/api/{key.project_id}/security/?sentry_key={key.public_key}"
    limit = None
    if key.rate_per_minute:
        limit = {"window": 60, "count": key.rate_per_minute}
    elif key.rate_per_hour:
        limit = {"window": 3600, "count": key.rate_per_hour}
    return {
        "id": key.public_key,
        "name": str(key),
        "label": str(key),
        "public": key.public_key,
        "secret": "",  # there is none: SDKs stopped sending it long ago
        "projectId": key.project_id,
        "isActive": key.is_active,
        "dateCreated": key.created_at,
        "rateLimit": limit,
        "dsn": {
            "public": public,
            "secret": public,
            "csp": security,
            "security": security,
            "minidump": security.replace("/security/", "/minidump/"),
        },
    }


def _keys(project: Project) -> "QuerySet[ProjectKey]":
    return ProjectKey.objects.filter(project=project)


def _key(project: Project, ref: str) -> ProjectKey:
    found = _keys(project).filter(public_key=ref.lower()).first()
    if found is None:
        raise Http404("There is no such key in this project.")
    return found


def _take(key: ProjectKey, body: KeyNew) -> None:
    name = body.name if body.name is not None else body.label
    if name is not None:
        key.label = name.strip()
    if "rateLimit" in body.model_fields_set:
        key.rate_per_minute = key.rate_per_hour = 0
        if body.rateLimit is not None:
            if body.rateLimit.window == 60:
                key.rate_per_minute = body.rateLimit.count
            elif body.rateLimit.window == 3600:
                key.rate_per_hour = body.rateLimit.count
            else:
                raise ApiError(400, "rateLimit.window: 60 or 3600 seconds.")


@router.get("/projects/{org}/{project}/keys/", auth=SEE, response=answers(list[KeyJson]))
def keys(request: ApiRequest, org: str, project: str, paging: Query[Paging]) -> HttpResponse:
    page = paginate(_keys(request.auth.project(project)), paging)
    return reply([key_json(key) for key in page.rows], headers=page.headers(request))


@router.post("/projects/{org}/{project}/keys/", auth=CHANGE, response=answers(KeyJson, status=201))
def new_key(request: ApiRequest, org: str, project: str, body: KeyNew) -> HttpResponse:
    key = ProjectKey(project=request.auth.project(project, Role.ADMIN))
    _take(key, body)
    key.save()
    return reply(key_json(key), status=201)


@router.get("/projects/{org}/{project}/keys/{key}/", auth=SEE, response=answers(KeyJson))
def key(request: ApiRequest, org: str, project: str, key: str) -> HttpResponse:
    return reply(key_json(_key(request.auth.project(project), key)))


@router.put("/projects/{org}/{project}/keys/{key}/", auth=CHANGE, response=answers(KeyJson))
def change_key(
    request: ApiRequest, org: str, project: str, key: str, body: KeyChange
) -> HttpResponse:
    """`isActive: false` revokes it: what is sent with it is refused."""
    found = _key(request.auth.project(project, Role.ADMIN), key)
    _take(found, body)
    if body.isActive is not None:
        found.is_active = body.isActive
    found.save()  # not update(): the cache of keys listens
    return reply(key_json(found))


@router.delete(
    "/projects/{org}/{project}/keys/{key}/",
    auth=CHANGE,
    response=answers(None, 409, status=204),
)
def delete_key(request: ApiRequest, org: str, project: str, key: str) -> HttpResponse:
    """Only one that was revoked before: something may still send with it."""
    found = _key(request.auth.project(project, Role.ADMIN), key)
    if found.is_active:
        raise ApiError(409, "Revoke the key first: something may still send with it.")
    found.delete()
    return nothing()
