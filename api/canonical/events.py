"""Events as Bugsink's own API has them. Their UUID is the one that the SDK gave them."""

import uuid
from typing import Any

from django.http import HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from api.auth import allow
from api.caller import ApiRequest
from api.canonical.site import CanonicalPaging, PageOut, envelope, field_error
from api.event_find import anywhere
from api.event_json import title_of
from api.issue_find import issue_of
from api.mcp.report import stack_text
from api.pagination import paginate
from api.replies import answers, reply
from api.stamps import stamp
from issues import frames
from issues.models import Event, Issue
from issues.views.issue_detail import load, message

router = Router(tags=["Events"])

READ = allow("event:read", "project:read")


class Wanted(Schema):
    issue: str = Field("", max_length=100, description="UUID or friendly id; needed.")
    order: str = Field("desc", max_length=10)


@router.get("/events/", auth=READ, response=answers(PageOut))
def event_list(
    request: ApiRequest, wanted: Query[Wanted], paging: Query[CanonicalPaging]
) -> HttpResponse:
    if not wanted.issue:
        return field_error("issue", "A UUID or friendly id is needed.")
    if wanted.order not in ("asc", "desc"):
        return field_error("order", "Is asc or desc.")
    issue = issue_of(request.auth, wanted.issue)
    page = paginate(
        Event.objects.filter(issue_id=issue.pk),
        paging,
        key="received_at",
        kind="time",
        descending=wanted.order == "desc",
    )
    return envelope(request, page, [event_json(event, issue) for event in page.rows])


@router.get("/events/{event}/", auth=READ, response=answers(dict))
def event_detail(request: ApiRequest, event: str) -> HttpResponse:
    found, issue = anywhere(request.auth, event)
    data = load(found).data
    return reply(event_json(found, issue) | {"data": data, "stacktrace_md": markdown(data)})


@router.get("/events/{event}/stacktrace/", auth=READ, response=answers(str))
def event_stacktrace(request: ApiRequest, event: str) -> HttpResponse:
    """Markdown."""
    found, _ = anywhere(request.auth, event)
    text = markdown(load(found).data)
    return HttpResponse(text, content_type="text/markdown; charset=utf-8")


def event_json(event: Event, issue: Issue) -> dict[str, Any]:
    key = str(uuid.UUID(event.event_id.hex))
    return {
        "id": key,
        "event_id": event.event_id.hex,
        "issue": str(issue.uuid),
        "project": event.project_id,
        "timestamp": stamp(event.timestamp),
        "ingested_at": stamp(event.received_at),
        "digested_at": stamp(event.digested_at),
        "digest_order": event.pk,
        "grouping": event.grouphash_id,
    }


def markdown(data: Any) -> str:
    view = frames.View()
    rows, loose = frames.exceptions(data, view), frames.event_stack(data, view)
    stack = stack_text(rows, loose, with_variables=True)
    parts = [f"# {title_of(data)}"]
    if text := message(data):
        parts.append(text)
    if stack:
        fence = "```"
        while fence in stack:
            fence += "`"
        parts.append(f"{fence}\n{stack}\n{fence}")
    return "\n\n".join(parts) + "\n"
