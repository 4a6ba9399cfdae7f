"""Issues: lists, one, changes of one and of many, and where ids lead. The verbs and the language are the pages'."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import ConfigDict, Field

from api.auth import allow
from api.both import both
from api.caller import ApiRequest, Caller
from api.errors import ApiError
from api.event_find import anywhere
from api.event_rows import event_json
from api.issue_changes import Change, read_change
from api.issue_find import SORTS, Wanted, chosen, issue_of, search, sees_all, trending
from api.issue_json import status_details
from api.issue_rows import SERIES, detail, rows
from api.issue_verbs import apply
from api.pagination import Page, Paging, paginate, paginate_list
from api.replies import answers, nothing, reply
from api.spans import Span, length, span
from issues import removal
from issues.models import Issue
from projects.access import roles
from projects.models import Project, Role

router = Router(tags=["Issues"])

READ, WRITE, DELETE = allow("event:read"), allow("event:write"), allow("event:admin")
AT_ONCE = 1000  # issues that one request changes
LISTED = ("project", "assignee", "assigned_team", "resolved_in")


class IssueOut(Schema):
    """docs/api.md says what each field means."""

    model_config = ConfigDict(extra="allow")

    id: str
    shortId: str
    title: str
    culprit: str
    permalink: str
    level: str
    status: str
    substatus: str | None
    statusDetails: dict[str, Any]
    count: str
    userCount: int
    firstSeen: str
    lastSeen: str


class Filters(Schema):
    """Unknown ones are passed over."""

    query: str | None = Field(None, max_length=4000, description="None: is:unresolved. Empty: all.")
    sort: str = Field("date", max_length=40, description=", ".join(SORTS))
    statsPeriod: str = Field("", max_length=40, description="14d, 24h, 4w …")
    start: str = Field("", max_length=60)
    end: str = Field("", max_length=60)
    environment: list[str] = Field([], max_length=100)


class OrganizationFilters(Filters):
    project: list[str] = Field([], max_length=100, description="Slugs or numbers; -1: all.")
    groupStatsPeriod: str = Field("24h", max_length=40, description="24h or 14d: which series.")


class Selection(Schema):
    """Which issues a change of many is about."""

    id: list[str] = Field([], max_length=AT_ONCE, description="Numbers or short ids.")
    status: list[str] = Field([], max_length=10, description="Those that are so now.")
    query: str | None = Field(None, max_length=4000)


class OrganizationSelection(Selection):
    project: list[str] = Field([], max_length=100)


class ChangeIn(Schema):
    """All is optional; other keys are passed over."""

    status: Any = Field(None, description="resolved, resolvedInNextRelease, unresolved, ignored")
    statusDetails: Any = Field(None, description="inRelease, inCommit, ignoreDuration …")
    substatus: Any = None
    assignedTo: Any = Field(None, description="user:5, team:3, an e-mail, #team; empty for nobody")
    priority: Any = Field(None, description="high, medium, low")
    isBookmarked: Any = None
    isSubscribed: Any = None
    isPublic: Any = None
    hasSeen: Any = None
    merge: Any = Field(None, description="Of many: make them one.")
    discard: Any = Field(None, description="Delete, and keep no more such events.")
    query: Any = Field(None, description="Of many: narrows the selection.")
    ignoreDuration: Any = Field(None, description="Also inside statusDetails: minutes.")
    ignoreCount: Any = None
    ignoreWindow: Any = None
    ignoreUserCount: Any = None
    ignoreUserWindow: Any = None
    ignoreUntil: Any = None
    snoozeDuration: Any = Field(None, description="The same by its older name.")
    snoozeCount: Any = None
    snoozeWindow: Any = None
    snoozeUserCount: Any = None
    snoozeUserWindow: Any = None


# --- lists ---


@router.get("/projects/{org}/{project}/issues/", auth=READ, response=answers(list[IssueOut]))
def project_issues(
    request: ApiRequest, org: str, project: str, filters: Query[Filters], paging: Query[Paging]
) -> HttpResponse:
    """statsPeriod chooses the series, and is no filter."""
    caller = request.auth
    series = _series(filters.statsPeriod if "statsPeriod" in request.GET else "24h")
    return _list(request, [caller.project(project)], filters, paging, Span(), series)


@router.get("/organizations/{org}/issues/", auth=READ, response=answers(list[IssueOut]))
@router.post("/organizations/{org}/issues/", auth=READ, response=answers(list[IssueOut]))
def organization_issues(
    request: ApiRequest, org: str, filters: Query[OrganizationFilters], paging: Query[Paging]
) -> HttpResponse:
    """A time keeps issues with an event in it. By POST, it is the same search."""
    caller = request.auth
    projects = caller.projects_named(filters.project)
    wanted = _span(filters.statsPeriod, filters.start, filters.end, timezone.now())
    is_all = not any(filters.project) and sees_all(caller)
    series = _series(filters.groupStatsPeriod)
    return _list(request, projects, filters, paging, wanted, series, is_all=is_all)


def _list(
    request: ApiRequest,
    projects: Collection[Project],
    filters: Filters,
    paging: Paging,
    wanted: Span,
    series: str,
    *,
    is_all: bool = False,
) -> HttpResponse:
    caller, now = request.auth, timezone.now()
    if filters.sort not in SORTS:
        raise ApiError(400, f"sort: is one of {', '.join(SORTS)}.")
    asked = Wanted(filters.query, filters.environment, wanted)
    found = search(caller, projects, asked, now, is_all=is_all)
    page: Page[Any]
    if column := SORTS[filters.sort]:
        page = paginate(
            found.select_related(*LISTED),
            paging,
            key=column,
            kind="time" if column.endswith("seen") else "number",
            descending=True,
        )
        issues = list(page.rows)
    else:
        page = paginate_list(trending(found, projects, now), paging)
        kept = Issue.objects.select_related(*LISTED).in_bulk(list(page.rows))
        issues = [kept[pk] for pk in page.rows if pk in kept]
    return reply(rows(issues, caller, now, series=series), headers=page.headers(request))


def _series(period: str) -> str:
    """The nearest that there is."""
    if period in SERIES or not period:
        return period
    try:
        return "24h" if length(period).total_seconds() <= 86_400 else "14d"
    except ValueError as error:
        raise ApiError(400, str(error)) from error


def _span(period: str, start: str, end: str, now: datetime) -> Span:
    try:
        return span(period, start, end, now)
    except ValueError as error:
        raise ApiError(400, str(error)) from error


# --- one ---


@both(router, "get", "{issue}/", auth=READ, response=answers(IssueOut))
def issue_detail(request: ApiRequest, issue: str) -> HttpResponse:
    """By number or short id."""
    return reply(detail(issue_of(request.auth, issue), request.auth, timezone.now()))


@both(router, "put", "{issue}/", auth=WRITE, response=answers(IssueOut))
def change_issue(request: ApiRequest, issue: str, body: ChangeIn) -> HttpResponse:
    """Answers with the whole issue as it is then."""
    caller, now = request.auth, timezone.now()
    change = _read(body, now)
    role = Role.MEMBER if change.is_for_all else Role.VIEWER
    found = issue_of(caller, issue, role)
    _check(change, caller)
    if change.merge:
        raise ApiError(400, "merge: goes with ?id=, for several issues.")
    apply([found], change, caller, now)
    if change.discard:
        return nothing(204)
    return reply(detail(issue_of(caller, str(found.pk)), caller, now))


@both(router, "delete", "{issue}/", auth=DELETE, response=answers(None, status=202))
def delete_issue(request: ApiRequest, issue: str) -> HttpResponse:
    """It is gone at once; its events follow in the background."""
    found = issue_of(request.auth, issue, Role.MEMBER)
    removal.delete([found], by=request.auth.user, now=timezone.now())
    return nothing(202)


# --- many ---


@router.put("/projects/{org}/{project}/issues/", auth=WRITE, response={**answers(dict), 204: None})
def change_project_issues(
    request: ApiRequest, org: str, project: str, selection: Query[Selection], body: ChangeIn
) -> HttpResponse:
    """Without a selection all issues of the project are meant."""
    found = request.auth.project(project)
    return _change_many(request, [found], selection, body)


@router.put("/organizations/{org}/issues/", auth=WRITE, response={**answers(dict), 204: None})
def change_organization_issues(
    request: ApiRequest, org: str, selection: Query[OrganizationSelection], body: ChangeIn
) -> HttpResponse:
    if not (selection.id or selection.status or _query(selection, body) is not None):
        raise ApiError(400, "Say which issues: id, status or query.")
    projects = request.auth.projects_named(selection.project)
    return _change_many(request, projects, selection, body)


@router.delete("/projects/{org}/{project}/issues/", auth=DELETE, response=answers(None, status=204))
def delete_project_issues(
    request: ApiRequest, org: str, project: str, selection: Query[Selection]
) -> HttpResponse:
    return _delete_many(request, [request.auth.project(project)], selection)


@router.delete("/organizations/{org}/issues/", auth=DELETE, response=answers(None, status=204))
def delete_organization_issues(
    request: ApiRequest, org: str, selection: Query[OrganizationSelection]
) -> HttpResponse:
    projects = request.auth.projects_named(selection.project)
    return _delete_many(request, projects, selection)


def _change_many(
    request: ApiRequest, projects: Collection[Project], selection: Selection, body: ChangeIn
) -> HttpResponse:
    caller, now = request.auth, timezone.now()
    change = _read(body, now)
    if change.is_empty:
        raise ApiError(400, "The body says nothing that could be changed.")
    _check(change, caller)
    query = _query(selection, body)
    issues = _chosen(caller, projects, selection, query, now, change.is_for_all)
    if not issues:
        return nothing(204)
    into = apply(issues, change, caller, now)
    if into is not None:
        children = [str(issue.pk) for issue in issues if issue.pk != into.pk]
        return reply({"merge": {"parent": str(into.pk), "children": children}})
    if change.discard:
        return nothing(204)
    first = issue_of(caller, str(issues[0].pk))
    sent = body.status if isinstance(body.status, str) else None
    status = {"muted": "ignored", "archived": "ignored", "resolvedInNextRelease": "resolved"}
    answer = {"status": status.get(sent or "", sent), "statusDetails": status_details(first)}
    return reply({name: value for name, value in answer.items() if sent is not None})


def _delete_many(
    request: ApiRequest, projects: Collection[Project], selection: Selection
) -> HttpResponse:
    if not selection.id and selection.query is None:
        raise ApiError(400, "Say which issues: id or query.")
    caller, now = request.auth, timezone.now()
    issues = _chosen(caller, projects, selection, selection.query, now, True)
    removal.delete(issues, by=caller.user, now=now)
    return nothing(204)


def _query(selection: Selection, body: ChangeIn) -> str | None:
    """One client sends it in the body. It narrows the selection there, too: never are all issues meant then."""
    inside = body.query
    if inside is not None and not isinstance(inside, str):
        raise ApiError(400, "query: takes a text.")
    return selection.query if inside is None else " ".join(filter(None, (selection.query, inside)))


def _chosen(
    caller: Caller,
    projects: Collection[Project],
    selection: Selection,
    query: str | None,
    now: datetime,
    is_for_all: bool,
) -> list[Issue]:
    """Raises ApiError 400 for too many, PermissionDenied for those that the person may only look at."""
    if is_for_all:
        mine = triable(caller, projects)
        if not mine:
            raise PermissionDenied(f"This needs the role {Role.MEMBER.label} in the project.")
        projects = mine
    return chosen(
        caller,
        projects,
        ids=selection.id,
        wanted=Wanted(query) if query is not None else None,
        statuses=selection.status,
        now=now,
        most=AT_ONCE,
    )


def triable(caller: Caller, projects: Collection[Project]) -> list[Project]:
    """Those whose issues the caller may decide about."""
    if caller.user is None or caller.user.is_admin:
        return list(projects)
    found = roles(caller.user)
    return [each for each in projects if found.get(each.pk, Role.VIEWER) >= Role.MEMBER]


def _read(body: ChangeIn, now: datetime) -> Change:
    try:
        return read_change(body.model_dump(exclude_unset=True), now)
    except ValueError as error:
        raise ApiError(400, str(error)) from error


def _check(change: Change, caller: Caller) -> None:
    if change.discard and not caller.may("event:admin"):
        raise ApiError(403, "discard: this needs the scope event:admin.")


# --- where ids lead ---


@router.get("/organizations/{org}/shortids/{short_id}/", auth=READ, response=answers(dict))
def short_id(request: ApiRequest, org: str, short_id: str) -> HttpResponse:
    issue = issue_of(request.auth, short_id)
    if issue.short_id.upper() != short_id.upper() and short_id.isdigit():
        raise Http404("That is no short id.")
    return reply(
        {
            "organizationSlug": settings.ORGANIZATION_SLUG,
            "projectSlug": issue.project.slug,
            "groupId": str(issue.pk),
            "shortId": issue.short_id,
            "group": detail(issue, request.auth, timezone.now()),
        }
    )


@router.get(
    "/organizations/{org}/eventids/{event_id}/",
    auth=allow("event:read", "project:read"),
    response=answers(dict),
)
def event_id(request: ApiRequest, org: str, event_id: str) -> HttpResponse:
    event, issue = anywhere(request.auth, event_id)
    return reply(
        {
            "organizationSlug": settings.ORGANIZATION_SLUG,
            "projectSlug": issue.project.slug,
            "groupId": str(issue.pk),
            "eventId": event.event_id.hex,
            "event": event_json(event, issue),
        }
    )
