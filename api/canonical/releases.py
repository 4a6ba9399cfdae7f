"""Releases as Bugsink's own API has them."""

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from api.auth import allow
from api.caller import ApiRequest
from api.canonical.site import CanonicalPaging, PageOut, envelope, field_error
from api.pagination import paginate
from api.replies import answers, reply
from api.stamps import read_stamp, stamp
from issues.search.sql import event_id_of
from projects.models import Release, Role
from projects.shipping import check_version
from projects.versions import parse

router = Router(tags=["Releases"])

READ = allow("project:read", "project:releases", "org:read")
WRITE = allow("project:releases")
MAX_VERSION = 250


class Wanted(Schema):
    project: str = Field("", max_length=30, description="A project's number; needed.")


class ReleaseIn(Schema):
    project: Any = Field(None, description="A project's number.")
    version: Any = None
    timestamp: Any = None


@router.get("/releases/", auth=READ, response=answers(PageOut))
def release_list(
    request: ApiRequest, wanted: Query[Wanted], paging: Query[CanonicalPaging]
) -> HttpResponse:
    """Newest first."""
    if not wanted.project.isascii() or not wanted.project.isdigit():
        return field_error("project", "A project's number is needed.")
    project = request.auth.project(wanted.project)
    page = paginate(
        Release.objects.filter(project=project),
        paging,
        key="created_at",
        kind="time",
        descending=True,
    )
    return envelope(request, page, [release_json(release) for release in page.rows])


@router.post("/releases/", auth=WRITE, response=answers(dict, status=201))
def add_release(request: ApiRequest, body: ReleaseIn) -> HttpResponse:
    number = str(body.project) if isinstance(body.project, (int, str)) else ""
    if isinstance(body.project, bool) or not number.isascii() or not number.isdigit():
        return field_error("project", "A project's number is needed.")
    if not isinstance(body.version, str) or len(body.version) > MAX_VERSION:
        return field_error("version", f"A text of up to {MAX_VERSION} characters.")
    at = timezone.now() if body.timestamp is None else read_stamp(body.timestamp)
    if at is None:
        return field_error("timestamp", "A time, as 2026-02-01T12:30:00Z.")
    project = request.auth.project(number, Role.MEMBER)
    try:
        version = check_version(body.version)
    except ValidationError as error:
        return field_error("version", " ".join(error.messages))
    made, is_new = Release.objects.get_or_create(
        project=project, version=version, defaults={"created_at": at}
    )
    if not is_new:
        return field_error("version", "There is such a release already.")
    return reply(_detail(made), status=201)


@router.get("/releases/{release}/", auth=READ, response=answers(dict))
def release_detail(request: ApiRequest, release: str) -> HttpResponse:
    key: uuid.UUID | None = event_id_of(release)
    found = Release.objects.filter(uuid=key).first() if key is not None else None
    if found is None or request.auth.role_in(found.project_id) is None:
        raise Http404("There is no such release, or it is not visible to this token.")
    return reply(_detail(found))


def release_json(release: Release) -> dict[str, Any]:
    return {
        "id": str(release.uuid),
        "project": release.project_id,
        "version": release.version,
        "date_released": stamp(release.created_at),
    }


def _detail(release: Release) -> dict[str, Any]:
    is_version = parse(release.version) is not None
    return release_json(release) | {
        "semver": release.version.rpartition("@")[2] if is_version else "",
        "is_semver": is_version,
        "sort_epoch": int(release.created_at.timestamp()),
    }
