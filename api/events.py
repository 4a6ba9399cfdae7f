"""Events: of an issue, of a project, one by its id, as they are stored, and the files that came with them."""

import re
from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from ninja import Query, Router, Schema
from pydantic import ConfigDict, Field

from api.auth import allow
from api.both import both
from api.caller import ApiRequest
from api.errors import ApiError
from api.event_find import Asked, Found, event_in, event_of, of_issue, of_projects
from api.event_rows import event_json, full_rows, short_rows
from api.issue_find import issue_of
from api.pagination import Page, Paging
from api.replies import answers, reply
from api.spans import span
from api.stamps import stamp
from issues import attachments
from issues.models import Attachment, AttachmentData
from issues.views.issue_detail import load
from projects.models import Project

router = Router(tags=["Events"])

READ = allow("event:read")
LOOK = allow("event:read", "project:read")
MAX_FILES = 100
BYTES = "application/octet-stream"
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9.+-]{1,60}/[A-Za-z0-9.+-]{1,60}")


class EventOut(Schema):
    """docs/api.md says what each field means."""

    model_config = ConfigDict(extra="allow")

    id: str
    eventID: str
    groupID: str
    projectID: str
    title: str
    message: str
    dateCreated: str
    type: str
    platform: str
    tags: list[dict[str, str]]


class Filters(Schema):
    query: str = Field("", max_length=4000)
    statsPeriod: str = Field("", max_length=40, description="14d, 24h, 4w …")
    start: str = Field("", max_length=60)
    end: str = Field("", max_length=60)
    environment: list[str] = Field([], max_length=100)
    sort: str = Field("-timestamp", max_length=40, description="-timestamp or timestamp.")
    full: str = Field("", max_length=10, description="true: with all that the events held.")

    def asked(self) -> Asked:
        """Raises ApiError 400."""
        if self.sort not in ("timestamp", "-timestamp"):
            raise ApiError(400, "sort: is -timestamp or timestamp.")
        try:
            found = span(self.statsPeriod, self.start, self.end, timezone.now())
        except ValueError as error:
            raise ApiError(400, str(error)) from error
        return Asked(self.query, self.environment, found, self.sort == "timestamp")

    @property
    def is_full(self) -> bool:
        return self.full.lower() in ("1", "true", "yes")


@both(router, "get", "{issue}/events/", auth=READ, response=answers(list[EventOut]))
def issue_events(
    request: ApiRequest, issue: str, filters: Query[Filters], paging: Query[Paging]
) -> HttpResponse:
    """Newest first, by time of receipt. The search is that of the issue's page of events."""
    found = issue_of(request.auth, issue)
    page = of_issue(request.auth, found, filters.asked(), paging, timezone.now())
    return _page(request, page, filters, {found.project_id: found.project})


@both(router, "get", "{issue}/events/{event}/", auth=READ, response=answers(EventOut))
def issue_event(request: ApiRequest, issue: str, event: str) -> HttpResponse:
    """event: an id, latest, oldest or recommended."""
    found = issue_of(request.auth, issue)
    return reply(event_json(event_of(found, event), found))


@router.get("/projects/{org}/{project}/events/", auth=LOOK, response=answers(list[EventOut]))
def project_events(
    request: ApiRequest, org: str, project: str, filters: Query[Filters], paging: Query[Paging]
) -> HttpResponse:
    found = request.auth.project(project)
    page = of_projects(request.auth, [found], filters.asked(), paging, timezone.now())
    return _page(request, page, filters, {found.pk: found})


def _page(
    request: ApiRequest, page: Page[Found], filters: Filters, projects: Mapping[int, Project]
) -> HttpResponse:
    rows = (
        full_rows([each.event for each in page.rows], projects)
        if filters.is_full
        else short_rows(page.rows)
    )
    return reply(rows, headers=page.headers(request))


@router.get("/projects/{org}/{project}/events/{event}/", auth=LOOK, response=answers(EventOut))
def project_event(request: ApiRequest, org: str, project: str, event: str) -> HttpResponse:
    """By the SDK's event id."""
    return reply(event_json(*event_in(request.auth.project(project), event)))


@router.get("/projects/{org}/{project}/events/{event}/json/", auth=LOOK, response=answers(dict))
def stored_event(request: ApiRequest, org: str, project: str, event: str) -> HttpResponse:
    """The payload as it is stored."""
    shown = load(event_in(request.auth.project(project), event)[0])
    if shown.trouble:
        raise Http404(shown.trouble)
    return reply(shown.data)


@router.get(
    "/projects/{org}/{project}/events/{event}/attachments/",
    auth=LOOK,
    response=answers(list[dict[str, Any]]),
)
def event_attachments(request: ApiRequest, org: str, project: str, event: str) -> HttpResponse:
    found, _ = event_in(request.auth.project(project), event)
    files = attachments.of_event(found.project_id, found.event_id)[:MAX_FILES]
    return reply([_file_json(file) for file in files])


@router.get(
    "/projects/{org}/{project}/events/{event}/attachments/{attachment}/",
    auth=LOOK,
    response=answers(dict),
)
def event_attachment(
    request: ApiRequest, org: str, project: str, event: str, attachment: str, download: str = ""
) -> HttpResponse:
    """download: with any value, the bytes."""
    found, _ = event_in(request.auth.project(project), event)
    is_number = attachment.isascii() and attachment.isdigit() and len(attachment) < 20
    number = int(attachment) if is_number else 0
    file = Attachment.objects.filter(
        pk=number if number < 2**63 else 0, project_id=found.project_id, event_id=found.event_id
    ).first()
    if file is None:
        raise Http404("This event has no such attachment.")
    if "download" not in request.GET:
        return reply(_file_json(file))
    data = AttachmentData.objects.filter(pk=file.pk, project_id=file.project_id).first()
    if data is None:
        raise Http404("The bytes of this attachment are no longer kept.")
    # What somebody sent is never a page of ours.
    kind = file.content_type if _MEDIA_TYPE.fullmatch(file.content_type) else BYTES
    answer = HttpResponse(data.load(), content_type=kind)
    header = content_disposition_header(True, file.name)
    answer["Content-Disposition"] = header or "attachment"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def _file_json(file: Attachment) -> dict[str, Any]:
    return {
        "id": str(file.pk),
        "event_id": file.event_id.hex,
        "name": file.name,
        "type": file.attachment_type,
        "size": file.size,
        "mimetype": file.content_type,
        "dateCreated": stamp(file.received_at),
        "sha1": file.digest,
        "headers": {"Content-Type": file.content_type},
    }
