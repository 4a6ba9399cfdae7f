"""Tags of an issue and their values, and the names of tags in a project or in all of them."""

from collections.abc import Collection
from typing import Any

from django.http import Http404, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from api.auth import allow
from api.both import both
from api.caller import ApiRequest
from api.errors import ApiError
from api.issue_find import issue_of
from api.pagination import Paging, paginate_list
from api.replies import answers, reply
from api.stamps import stamp
from issues.event_list import tags_of
from issues.models import Issue
from issues.search import tags as search_tags
from issues.tag_values import TagRow, ValueRow, all_tags, values_of

router = Router(tags=["Tags"])

READ = allow("event:read")
MAX_KEYS = 1000
MAX_VALUES = 1000  # of one tag


class ValueOut(Schema):
    key: str
    name: str
    value: str
    count: int
    firstSeen: str
    lastSeen: str


class TagOut(Schema):
    """totalValues: events that have the tag."""

    key: str
    name: str
    totalValues: int
    uniqueValues: int
    topValues: list[ValueOut]


class KeyOut(Schema):
    key: str
    name: str


class Wanted(Schema):
    key: list[str] = Field([], max_length=100, description="Only these.")


class Order(Schema):
    sort: str = Field("-count", max_length=20, description="-count, -last_seen or -first_seen.")


@both(router, "get", "{issue}/tags/", auth=READ, response=answers(list[TagOut]))
def issue_tags(request: ApiRequest, issue: str, wanted: Query[Wanted]) -> HttpResponse:
    """Exact for everything that was ever digested, whether or not it is still stored."""
    rows = all_tags(issue_of(request.auth, issue))
    names = {name for name in wanted.key if name}
    return reply([_tag(row, row.values) for row in rows if not names or row.key in names])


@both(router, "get", "{issue}/tags/{key}/", auth=READ, response=answers(TagOut))
def issue_tag(request: ApiRequest, issue: str, key: str) -> HttpResponse:
    found = issue_of(request.auth, issue)
    values = values_of(found, key[:300], "")
    if values is None:
        raise Http404("No event of this issue has had that tag.")
    return reply(_tag(values.tag, values.rows))


@both(router, "get", "{issue}/tags/{key}/values/", auth=READ, response=answers(list[ValueOut]))
def issue_tag_values(
    request: ApiRequest, issue: str, key: str, order: Query[Order], paging: Query[Paging]
) -> HttpResponse:
    """The commonest first; of a tag with very many values the first thousand."""
    found = issue_of(request.auth, issue)
    rows = _values(found, key[:300])
    if not rows:
        raise Http404("No event of this issue has had that tag.")
    if order.sort == "-last_seen":
        rows.sort(key=lambda row: row.last_seen, reverse=True)
    elif order.sort == "-first_seen":
        rows.sort(key=lambda row: row.first_seen, reverse=True)
    elif order.sort not in ("-count", "count"):
        raise ApiError(400, "sort: is -count, -last_seen or -first_seen.")
    page = paginate_list(rows, paging)
    return reply([_value(key, row) for row in page.rows], headers=page.headers(request))


def _values(issue: Issue, key: str) -> list[ValueRow]:
    if not tags_of(issue).filter(key=key).exists():
        return []
    rows: list[ValueRow] = []
    cursor = ""
    while len(rows) < MAX_VALUES:
        found = values_of(issue, key, cursor)
        if found is None:
            break
        rows += found.rows
        cursor = found.older
        if not cursor:
            break
    return rows


def _tag(row: TagRow, values: Collection[ValueRow]) -> dict[str, Any]:
    return {
        "key": row.key,
        "name": _name(row.key),
        "totalValues": row.events,
        "uniqueValues": row.value_count,
        "topValues": [_value(row.key, value) for value in values],
    }


def _value(key: str, row: ValueRow) -> dict[str, Any]:
    return {
        "key": key,
        "name": row.text,
        "value": row.text,
        "count": row.events,
        "firstSeen": stamp(row.first_seen),
        "lastSeen": stamp(row.last_seen),
    }


def _name(key: str) -> str:
    words = key.replace("_", " ").replace(".", " ")
    return words[:1].upper() + words[1:]


@router.get("/organizations/{org}/tags/", auth=READ, response=answers(list[KeyOut]))
def organization_tags(request: ApiRequest, org: str) -> HttpResponse:
    return _keys(list(request.auth.projects().values_list("pk", flat=True)))


@router.get("/projects/{org}/{project}/tags/", auth=READ, response=answers(list[KeyOut]))
def project_tags(request: ApiRequest, org: str, project: str) -> HttpResponse:
    return _keys([request.auth.project(project).pk])


def _keys(project_ids: Collection[int]) -> HttpResponse:
    keys, _ = search_tags.keys_of(project_ids, limit=MAX_KEYS)
    return reply([{"key": key, "name": _name(key)} for key in sorted(keys)])
