"""Releases, their commits and deploys, under the organisation and under a project: what build tools call."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from django.db.models import Min
from django.http import Http404, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import AfterValidator, Field

from api.auth import allow
from api.caller import ApiRequest
from api.errors import ApiError
from api.pagination import Paging, paginate
from api.release_json import (
    CommitJson,
    DeployJson,
    ReleaseJson,
    commit_json,
    deploy_json,
    release_json,
    releases_json,
)
from api.replies import answers, nothing, reply
from issues.models import Issue, IssueTag
from projects import shipping
from projects.models import Commit, Deploy, Project, Release, Role

router = Router(tags=["Releases"])

SEE = allow("project:releases", "project:read", "org:read")
CHANGE = allow("project:releases")


def _utc(value: datetime) -> datetime:
    """Without a zone it is UTC. Raises ValueError."""
    try:
        found = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("no such time") from error
    if not 1971 <= found.year <= 2200:
        raise ValueError("no time of these days")
    return found


Time = Annotated[datetime, AfterValidator(_utc)]


class CommitIn(Schema):
    id: str = Field(min_length=1, max_length=64)
    repository: str | None = None
    message: str | None = None
    author_name: str | None = None
    author_email: str | None = None
    timestamp: Time | None = None


class RefIn(Schema):
    repository: str = ""
    commit: str = Field(min_length=1, max_length=64)
    previousCommit: str | None = None


class ReleaseChange(Schema):
    """What is not given stays."""

    projects: list[str | int] | None = Field(None, max_length=100, description="Slugs or numbers.")
    url: str | None = Field(None, max_length=500)
    ref: str | None = Field(None, max_length=250)
    dateStarted: Time | None = None
    dateReleased: Time | None = None
    status: Literal["open", "archived"] | None = None
    commits: list[CommitIn] | None = Field(None, max_length=shipping.MAX_COMMITS)
    refs: list[RefIn] | None = Field(None, max_length=100)


class ReleaseNew(ReleaseChange):
    version: str = Field(min_length=1, max_length=250)


class DeployNew(Schema):
    environment: str = Field(min_length=1, max_length=64)
    name: str | None = Field(None, max_length=200)
    url: str | None = Field(None, max_length=500)
    dateStarted: Time | None = None
    dateFinished: Time | None = None
    projects: list[str | int] | None = Field(None, max_length=100)


class Wanted(Schema):
    project: list[str] = Field(default_factory=list, description="Slugs or numbers; -1: all.")
    query: str = Field("", max_length=250, description="Part of the version.")


# --- what both forms of the addresses share ------------------------------------------------------


def _of(projects: Sequence[Project], version: str) -> list[Release]:
    """Raises Http404."""
    rows = Release.objects.filter(project__in=projects, version=version).select_related("project")
    found = list(rows.order_by("pk"))
    if not found:
        raise Http404(f"There is no release {version[:100]!r}, or it is not visible to this token.")
    return found


def _scope(request: ApiRequest, project: str | None) -> list[Project]:
    """The projects that an address speaks of."""
    caller = request.auth
    return list(caller.projects()) if project is None else [caller.project(project)]


def _list(
    request: ApiRequest, projects: Sequence[Project], query: str, paging: Paging
) -> HttpResponse:
    rows = Release.objects.filter(project__in=projects)
    if query:
        rows = rows.filter(version__icontains=query)
    # One of each version, however many projects ship it.
    versions = rows.order_by().values("version").annotate(at=Min("created_at"), first=Min("pk"))
    page = paginate(versions, paging, key="at", tie="first", kind="time", descending=True)
    found = releases_json(projects, [row["version"] for row in page.rows])
    return reply(found, headers=page.headers(request))


def _tell(request: ApiRequest, releases: Sequence[Release], body: ReleaseChange) -> HttpResponse:
    """Write down what was given of these releases."""
    for release in releases:
        request.auth.require(release.project_id, Role.MEMBER)
    fields: dict[str, Any] = {}
    given = body.model_fields_set
    for name, column in (("url", "url"), ("ref", "ref")):
        if name in given:
            fields[column] = getattr(body, name) or ""
    if "dateReleased" in given:
        fields["released_at"] = body.dateReleased
    if body.status is not None:
        fields["is_archived"] = body.status == "archived"
    shipping.change(releases, **fields)
    facts = _commits(body)
    if facts is not None:
        shipping.set_commits(releases, facts)
    projects = list(Project.objects.filter(pk__in=[r.project_id for r in releases]))
    return reply(release_json(releases, projects))


def _commits(body: ReleaseChange) -> list[shipping.CommitFacts] | None:
    """None: nothing was said of them. refs name the newest commit of a repository."""
    now = timezone.now()
    if body.commits is not None:
        return [
            shipping.CommitFacts(
                sha=each.id,
                at=each.timestamp or now,
                message=(each.message or "").strip(),
                author_name=each.author_name or "",
                author_email=each.author_email or "",
                repository=each.repository or "",
            )
            for each in body.commits
        ]
    if body.refs is not None:
        return [
            # sentry-cli writes a range as A..B where it knows no commit before.
            shipping.CommitFacts(
                sha=each.commit.rpartition("..")[2] or each.commit,
                at=now,
                repository=each.repository,
            )
            for each in body.refs
        ]
    return None


def _make(request: ApiRequest, refs: Sequence[str], body: ReleaseNew) -> HttpResponse:
    version = shipping.check_version(body.version)
    if refs:
        projects = request.auth.each_project(refs, Role.MEMBER)
        found, is_new = shipping.record(projects, version, now=timezone.now())
        if is_new and body.dateStarted is not None:
            shipping.change(found, created_at=body.dateStarted)
    else:
        is_new = False
        try:
            found = _of(list(request.auth.projects()), version)
        except Http404 as error:
            raise ApiError(400, "A new release needs its projects: projects.") from error
    answer = _tell(request, found, body)
    answer.status_code = 201 if is_new else 200
    return answer


def _change(
    request: ApiRequest, projects: Sequence[Project], version: str, body: ReleaseChange
) -> HttpResponse:
    found = _of(projects, version)
    if body.projects:
        named = request.auth.each_project([str(each) for each in body.projects], Role.MEMBER)
        more, _ = shipping.record(named, version, now=timezone.now())
        known = {release.pk for release in found}
        found += [release for release in more if release.pk not in known]
    return _tell(request, found, body)


def _delete(request: ApiRequest, projects: Sequence[Project], version: str) -> HttpResponse:
    found = _of(projects, version)
    for release in found:
        request.auth.require(release.project_id, Role.MEMBER)
    pks = [release.pk for release in found]
    is_used = (
        Issue.objects.filter(first_release__in=pks).exists()
        or Issue.objects.filter(last_release__in=pks).exists()
        or Issue.objects.filter(resolved_in__in=pks).exists()
        or IssueTag.objects.filter(
            project_id__in=[r.project_id for r in found], key="release", value=version
        ).exists()
    )
    if is_used:
        raise ApiError(400, "Events or issues speak of this release; it stays. Archive it instead.")
    Release.objects.filter(pk__in=pks).delete()
    return nothing()


def _info(projects: Sequence[Project], version: str) -> HttpResponse:
    return reply(release_json(_of(projects, version), projects))


def _commit_list(
    request: ApiRequest, projects: Sequence[Project], version: str, paging: Paging
) -> HttpResponse:
    """Of several projects that ship it all were told the same."""
    found = _of(projects, version)
    with_commits = Commit.objects.filter(release__in=found).order_by("release").first()
    rows = Commit.objects.filter(release=with_commits.release if with_commits else None)
    page = paginate(rows, paging, key="position")
    return reply([commit_json(row) for row in page.rows], headers=page.headers(request))


def _deploy_list(
    request: ApiRequest, projects: Sequence[Project], version: str, paging: Paging
) -> HttpResponse:
    rows = Deploy.objects.filter(release__in=_of(projects, version))
    page = paginate(rows, paging, key="finished_at", kind="time", descending=True)
    return reply([deploy_json(row) for row in page.rows], headers=page.headers(request))


def _deploy(
    request: ApiRequest, projects: Sequence[Project], version: str, body: DeployNew
) -> HttpResponse:
    if body.projects:
        projects = request.auth.each_project([str(each) for each in body.projects], Role.MEMBER)
    found = _of(projects, version)
    for release in found:
        request.auth.require(release.project_id, Role.MEMBER)
    made = shipping.deploy(
        found,
        body.environment,
        name=body.name or "",
        url=body.url or "",
        started_at=body.dateStarted,
        finished_at=body.dateFinished or timezone.now(),
    )
    return reply(deploy_json(made[0]), status=201)


# --- under the organisation: the longer addresses first, since a version may hold slashes ---------

ORG = "/organizations/{org}/releases/"
ONE = ORG + "{path:version}/"
MADE = answers(ReleaseJson) | {201: ReleaseJson}


@router.get(ORG, auth=SEE, response=answers(list[ReleaseJson]))
def releases(
    request: ApiRequest, org: str, wanted: Query[Wanted], paging: Query[Paging]
) -> HttpResponse:
    """Latest first."""
    projects = request.auth.projects_named(wanted.project)
    return _list(request, projects, wanted.query, paging)


@router.post(ORG, auth=CHANGE, response=MADE)
def new_release(request: ApiRequest, org: str, body: ReleaseNew) -> HttpResponse:
    """200 if it was there: what was given is written down, the projects are added."""
    return _make(request, [str(each) for each in body.projects or ()], body)


@router.get(ONE + "commits/", auth=SEE, response=answers(list[CommitJson]))
def commits(request: ApiRequest, org: str, version: str, paging: Query[Paging]) -> HttpResponse:
    """Newest first."""
    return _commit_list(request, _scope(request, None), version, paging)


@router.get(
    ONE + "previous-with-commits/", auth=SEE, response=answers(ReleaseJson | dict[str, Any])
)
def previous(request: ApiRequest, org: str, version: str) -> HttpResponse:
    """The newest earlier release that has commits; an empty object if there is none."""
    projects = _scope(request, None)
    found = shipping.before(projects, _of(projects, version))
    return reply(release_json([found], projects) if found else {})


@router.get(ONE + "deploys/", auth=SEE, response=answers(list[DeployJson]))
def deploys(request: ApiRequest, org: str, version: str, paging: Query[Paging]) -> HttpResponse:
    return _deploy_list(request, _scope(request, None), version, paging)


@router.post(ONE + "deploys/", auth=CHANGE, response=answers(DeployJson, status=201))
def new_deploy(request: ApiRequest, org: str, version: str, body: DeployNew) -> HttpResponse:
    return _deploy(request, _scope(request, None), version, body)


@router.get(ONE, auth=SEE, response=answers(ReleaseJson))
def release(request: ApiRequest, org: str, version: str) -> HttpResponse:
    return _info(_scope(request, None), version)


@router.put(ONE, auth=CHANGE, response=answers(ReleaseJson))
def change_release(
    request: ApiRequest, org: str, version: str, body: ReleaseChange
) -> HttpResponse:
    """`dateReleased` finalizes; `commits` replaces those that were there."""
    return _change(request, _scope(request, None), version, body)


@router.delete(ONE, auth=CHANGE, response=answers(None, status=204))
def delete_release(request: ApiRequest, org: str, version: str) -> HttpResponse:
    """Only one that neither events nor issues speak of: 400 otherwise."""
    return _delete(request, _scope(request, None), version)


# --- under a project -----------------------------------------------------------------------------

OF_PROJECT = "/projects/{org}/{project}/releases/"
ONE_OF = OF_PROJECT + "{path:version}/"


@router.get(OF_PROJECT, auth=SEE, response=answers(list[ReleaseJson]))
def project_releases(
    request: ApiRequest, org: str, project: str, wanted: Query[Wanted], paging: Query[Paging]
) -> HttpResponse:
    """Latest first."""
    return _list(request, _scope(request, project), wanted.query, paging)


@router.post(OF_PROJECT, auth=CHANGE, response=MADE)
def new_project_release(
    request: ApiRequest, org: str, project: str, body: ReleaseNew
) -> HttpResponse:
    """200 if it was there: what was given is written down."""
    found = request.auth.project(project, Role.MEMBER)
    return _make(request, [str(found.pk)], body)


@router.get(ONE_OF + "commits/", auth=SEE, response=answers(list[CommitJson]))
def project_commits(
    request: ApiRequest, org: str, project: str, version: str, paging: Query[Paging]
) -> HttpResponse:
    """Newest first."""
    return _commit_list(request, _scope(request, project), version, paging)


@router.get(ONE_OF + "deploys/", auth=SEE, response=answers(list[DeployJson]))
def project_deploys(
    request: ApiRequest, org: str, project: str, version: str, paging: Query[Paging]
) -> HttpResponse:
    return _deploy_list(request, _scope(request, project), version, paging)


@router.post(ONE_OF + "deploys/", auth=CHANGE, response=answers(DeployJson, status=201))
def new_project_deploy(
    request: ApiRequest, org: str, project: str, version: str, body: DeployNew
) -> HttpResponse:
    return _deploy(request, _scope(request, project), version, body)


@router.get(ONE_OF, auth=SEE, response=answers(ReleaseJson))
def project_release(request: ApiRequest, org: str, project: str, version: str) -> HttpResponse:
    return _info(_scope(request, project), version)


@router.put(ONE_OF, auth=CHANGE, response=answers(ReleaseJson))
def change_project_release(
    request: ApiRequest,
    org: str,
    project: str,
    version: str,
    body: ReleaseChange,
) -> HttpResponse:
    """`dateReleased` finalizes; `commits` replaces those that were there."""
    return _change(request, _scope(request, project), version, body)


@router.delete(ONE_OF, auth=CHANGE, response=answers(None, status=204))
def delete_project_release(
    request: ApiRequest, org: str, project: str, version: str
) -> HttpResponse:
    """Only one that neither events nor issues speak of: 400 otherwise."""
    return _delete(request, _scope(request, project), version)
