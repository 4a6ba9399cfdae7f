"""The search of events over projects, with chosen fields and counts, and the check of such a search beforehand."""

from collections.abc import Collection
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field as Said

from api.auth import allow
from api.caller import ApiRequest
from api.discover_fields import MAX_FIELDS, Field, event_row, grouped, ordered, read_field, value_of
from api.errors import ApiError
from api.event_find import Asked, Found, of_projects, read
from api.pagination import Page, Paging
from api.replies import answers, reply
from api.spans import span
from issues.models import GroupHash
from projects.models import Project

router = Router(tags=["Events"])

READ = allow("event:read")
MAX_GROUPED = 2000  # events that are counted for one answer
MAX_PAGES = 20  # that are read for them, of up to 1,000 payloads each
ERRORS = ("", "errors", "discover", "error-events", "issuePlatform")
_DEFAULT_FIELDS = ("id", "title", "timestamp", "issue", "project")


class Filters(Schema):
    dataset: str = Said("errors", max_length=40, description="errors; of others there is nothing.")
    query: str = Said("", max_length=4000)
    field: list[str] = Said([], max_length=100, description="title, timestamp, tags[x], count() …")
    sort: list[str] = Said([], max_length=20, description="Any of the fields; - for descending.")
    orderby: list[str] = Said([], max_length=20, description="The same.")
    project: list[str] = Said([], max_length=100)
    environment: list[str] = Said([], max_length=100)
    statsPeriod: str = Said("", max_length=40)
    start: str = Said("", max_length=60)
    end: str = Said("", max_length=60)

    def asked(self) -> Asked:
        """Raises ApiError 400."""
        try:
            found = span(self.statsPeriod, self.start, self.end, timezone.now())
        except ValueError as error:
            raise ApiError(400, str(error)) from error
        return Asked(self.query, self.environment, found, self.sorts[:1] == ["timestamp"])

    @property
    def sorts(self) -> list[str]:
        return [name for name in (self.sort or self.orderby) if name]

    def fields(self) -> list[Field]:
        """Raises ApiError 400."""
        names = [name for name in self.field if name] or list(_DEFAULT_FIELDS)
        if len(names) > MAX_FIELDS:
            raise ApiError(400, f"field: {MAX_FIELDS} at most.")
        try:
            return [read_field(name) for name in dict.fromkeys(names)]
        except ValueError as error:
            raise ApiError(400, f"field: {error}") from error


class RowsOut(Schema):
    data: list[dict[str, Any]]
    meta: dict[str, Any]


@router.get("/organizations/{org}/events/", auth=READ, response=answers(RowsOut))
def event_search(
    request: ApiRequest, org: str, filters: Query[Filters], paging: Query[Paging]
) -> HttpResponse:
    """Counts are about the newest 2,000 events that match, of those that were looked at; `meta` says so then."""
    projects = request.auth.projects_named(filters.project)
    if filters.dataset not in ERRORS:
        return reply({"data": [], "meta": {"fields": {}}})
    fields = filters.fields()
    sorts = _checked(filters.sorts, fields)
    meta: dict[str, Any] = {"fields": {field.name: field.type for field in fields}}
    if any(field.call for field in fields):
        found, is_cut = _newest(request, projects, filters)
        rows = ordered(grouped(_rows(found, projects), fields), sorts or ["-count()"])
        if is_cut:
            meta["notes"] = [
                f"Of the newest {len(found):,} that match, of the events that were looked at."
            ]
        return reply({"data": rows[: paging.size], "meta": meta})
    page = of_projects(request.auth, projects, filters.asked(), paging, timezone.now())
    plain = [
        {field.name: value_of(row, field) for field in fields}
        | {"id": row["id"], "project.name": row["project"]}
        for row in _rows(page.rows, projects)
    ]
    if sorts and sorts[0].removeprefix("-") != "timestamp":
        plain = ordered(plain, sorts)
    return reply({"data": plain, "meta": meta}, headers=page.headers(request))


def _checked(sorts: list[str], fields: list[Field]) -> list[str]:
    """As the fields are called. Clients write `-count` for `count()`, too. Raises ApiError 400."""
    names = {"timestamp": "timestamp"}
    for field in fields:
        names[field.name] = names[field.alias] = field.name
    found = []
    for sort in sorts:
        name = sort.removeprefix("-")
        if name not in names:
            raise ApiError(400, f"sort: “{name[:60]}” is not among the fields.")
        found.append(sort[: len(sort) - len(name)] + names[name])
    return found


def _newest(
    request: ApiRequest, projects: Collection[Project], filters: Filters
) -> tuple[list[Found], bool]:
    found: list[Found] = []
    paging = Paging(limit=100, per_page=None, cursor="")
    for _ in range(MAX_PAGES):
        page: Page[Found] = of_projects(
            request.auth, projects, filters.asked(), paging, timezone.now()
        )
        found += page.rows
        if not page.has_next:
            return found, False
        if len(found) >= MAX_GROUPED:
            break
        paging = Paging(limit=100, per_page=None, cursor=page.next)
    return found, True


def _rows(found: Collection[Found], projects: Collection[Project]) -> list[dict[str, Any]]:
    """One query, for the issues."""
    hashes = (
        GroupHash.objects.filter(pk__in={each.event.grouphash_id for each in found})
        .select_related("issue")
        .defer("why")
    )
    issues = {row.pk: row.issue for row in hashes}
    named = {project.pk: project for project in projects}
    rows = []
    for each in found:
        event, issue = each.event, issues.get(each.event.grouphash_id)
        project = named[event.project_id]
        short = f"{project.prefix}-{issue.number}" if issue else ""
        row = event_row(
            event_id=event.event_id.hex,
            at=event.timestamp,
            level=event.level_name,
            platform=event.platform,
            issue=(issue.pk if issue else event.issue_id, short),
            project=(project.pk, project.slug, project.name),
            title=each.glance.title or (issue.title if issue else ""),
            culprit=issue.culprit if issue else "",
            fields=each.glance.fields,
            tags=each.glance.tags,
            trace=event.trace_id.hex if event.trace_id else "",
        )
        rows.append(row)
    return rows


@router.get("/organizations/{org}/events/validate/", auth=READ, response={200: dict, 400: dict})
def validate_search(request: ApiRequest, org: str, filters: Query[Filters]) -> HttpResponse:
    """Whether a search would be understood. 400 has the same form, with what is wrong."""
    projects = request.auth.projects_named(filters.project)
    query_error: str | None = None
    try:
        read(request.auth, [p.pk for p in projects], filters.asked(), timezone.now())
    except ApiError as error:
        query_error = error.detail
    fields = [_judged(name) for name in filters.field if name]
    sorts = [_judged(name) for name in filters.sorts]
    is_known = filters.dataset in ERRORS
    dataset = {
        "name": filters.dataset,
        "valid": is_known,
        "error": None if is_known else "There are only errors here.",
    }
    is_valid = query_error is None and is_known and all(each["valid"] for each in [*fields, *sorts])
    answer = {
        "valid": is_valid,
        "projects": [],
        "dataset": [dataset],
        "environment": [],
        "field": fields,
        "query": {"valid": query_error is None, "error": query_error, "fields": []},
        "orderby": sorts,
    }
    return reply(answer, status=200 if is_valid else 400)


def _judged(name: str) -> dict[str, Any]:
    try:
        field = read_field(name.removeprefix("-"))
    except ValueError as error:
        return {"name": name, "valid": False, "error": str(error), "attrType": None}
    is_sort = name.startswith("-")
    return {
        "name": name,
        "valid": True,
        "error": None,
        "attrType": None if is_sort else field.attr_type,
    }
