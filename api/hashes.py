"""The grouphashes of an issue: what it is made of, and taking some of them out again."""

from typing import Any

from django.db.models import OuterRef, Subquery
from django.http import HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from api.auth import allow
from api.both import both
from api.caller import ApiRequest
from api.errors import ApiError
from api.event_find import Found
from api.event_rows import short_rows
from api.issue_find import issue_of
from api.issue_rows import detail
from api.issue_verbs import MOVE_SECONDS
from api.pagination import Paging, paginate
from api.replies import answers, reply
from issues import merging, moving
from issues.event_list import glances
from issues.glance import NOTHING
from issues.models import Event, GroupHash, Issue
from projects.models import Role

router = Router(tags=["Issues"])

READ, WRITE = allow("event:read"), allow("event:write")


class HashOut(Schema):
    """latestEvent: of those that are stored."""

    id: str
    latestEvent: dict[str, Any] | None


class Chosen(Schema):
    id: list[str] = Field([], max_length=merging.MAX_HASHES, description="Hashes.")


@both(router, "get", "{issue}/hashes/", auth=READ, response=answers(list[HashOut]))
def hash_list(request: ApiRequest, issue: str, paging: Query[Paging]) -> HttpResponse:
    found = issue_of(request.auth, issue)
    hashes = GroupHash.objects.filter(issue=found).defer("why")
    page = paginate(hashes, paging)
    latest = _latest(found, [row.pk for row in page.rows])
    rows = [{"id": row.hash, "latestEvent": latest.get(row.pk)} for row in page.rows]
    return reply(rows, headers=page.headers(request))


def _latest(issue: Issue, hash_keys: list[int]) -> dict[int, dict[str, Any]]:
    """By hash. Each is one look along the issue's index of events."""
    mine = Event.objects.filter(issue_id=issue.pk, grouphash_id=OuterRef("pk"))
    newest = Subquery(mine.order_by("-received_at", "-pk").values("pk")[:1])
    keys = GroupHash.objects.filter(pk__in=hash_keys).annotate(newest=newest)
    wanted = [pk for pk in keys.values_list("newest", flat=True) if pk is not None]
    events = list(Event.objects.filter(pk__in=wanted).order_by("pk"))
    seen = glances(events)
    rows = short_rows([Found(event, seen.get(event.pk, NOTHING)) for event in events])
    return {event.grouphash_id: row for event, row in zip(events, rows, strict=True)}


@both(router, "delete", "{issue}/hashes/", auth=WRITE, response=answers(dict))
def unmerge(request: ApiRequest, issue: str, chosen: Query[Chosen]) -> HttpResponse:
    """Take hashes, and all events they ever placed, out into an issue of their own, which is the answer."""
    found = issue_of(request.auth, issue, Role.MEMBER)
    if not chosen.id:
        raise ApiError(400, "id: name the hashes to take out.")
    names = {name.lower()[:32].replace("\0", "") for name in chosen.id}
    keys = list(GroupHash.objects.filter(issue=found, hash__in=names).values_list("pk", flat=True))
    if len(keys) != len(names):
        raise ApiError(400, "id: these hashes do not belong to the issue, or no longer.")
    try:
        done = merging.unmerge(found, keys, by=request.auth.user, now=timezone.now())
    except merging.CannotMove as error:
        raise ApiError(400, str(error)) from error
    moving.relocate(MOVE_SECONDS, project_id=found.project_id)
    into = issue_of(request.auth, str(done.into.pk))
    return reply(detail(into, request.auth, timezone.now()))
