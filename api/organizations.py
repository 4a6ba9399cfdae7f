"""The organisation, and lists of what it has."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from ninja import Query, Router, Schema

from api.auth import allow
from api.caller import ApiRequest
from api.organization import ORGANIZATION_ID
from api.pagination import Page, Paging, paginate_list
from api.replies import answers, reply
from projects.models import User

router = Router(tags=["Organisation"])


class Choice(Schema):
    id: str
    name: str


class Links(Schema):
    organizationUrl: str
    regionUrl: str


class Organization(Schema):
    id: str
    slug: str
    name: str
    dateCreated: datetime
    isEarlyAdopter: bool
    require2FA: bool
    requireEmailVerification: bool
    features: list[str]
    links: Links
    status: Choice
    avatar: dict[str, str | None]


class Repository(Schema):
    id: str
    name: str


class Monitor(Schema):
    id: str
    slug: str
    name: str
    status: str


def organization_json() -> dict[str, Any]:
    # An installation knows no date of its own: its first account was made with it.
    first = User.objects.order_by("pk").values_list("date_joined", flat=True).first()
    return {
        "id": ORGANIZATION_ID,
        "slug": settings.ORGANIZATION_SLUG,
        "name": settings.ORGANIZATION_NAME,
        "dateCreated": first or datetime.fromtimestamp(0).astimezone(),
        "isEarlyAdopter": False,
        "require2FA": False,
        "requireEmailVerification": False,
        "features": [],
        # The region must be empty: a client refuses one without TLS, and takes its own host when there is none.
        "links": {"organizationUrl": settings.BASE_URL, "regionUrl": ""},
        "status": {"id": "active", "name": "active"},
        "avatar": {"avatarType": "letter_avatar", "avatarUuid": None},
    }


@router.get(
    "/organizations/", auth=allow("org:read", "org:ci"), response=answers(list[Organization])
)
def organizations(request: ApiRequest, paging: Query[Paging]) -> HttpResponse:
    """There is one."""
    page = paginate_list([organization_json()], paging)
    return reply(page.rows, headers=page.headers(request))


@router.get(
    "/organizations/{org}/", auth=allow("org:read", "org:ci"), response=answers(Organization)
)
def organization(request: ApiRequest, org: str) -> HttpResponse:
    return reply(organization_json())


@router.get(
    "/organizations/{org}/repos/",
    auth=allow("org:read", "org:ci", "project:releases"),
    response=answers(list[Repository]),
)
def repositories(request: ApiRequest, org: str, paging: Query[Paging]) -> HttpResponse:
    """None: commits come with the releases."""
    page: Page[None] = paginate_list([], paging)
    return reply(page.rows, headers=page.headers(request))


@router.get(
    "/organizations/{org}/monitors/",
    auth=allow("org:read", "project:read"),
    response=answers(list[Monitor]),
)
def monitors(request: ApiRequest, org: str, paging: Query[Paging]) -> HttpResponse:
    """None as yet; check-ins are accepted and counted."""
    page: Page[None] = paginate_list([], paging)
    return reply(page.rows, headers=page.headers(request))
