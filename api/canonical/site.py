"""Bugsink's own API, at /api/canonical/0/: snake_case, pages in an envelope. Source: the REST contract, section 7."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, re_path
from ninja import Schema

from api import errors
from api.pagination import Page, Paging
from api.replies import Renderer, reply
from api.site import BodyParser, Site, door, other

PAGE = 250
ROUTERS = (
    "api.canonical.projects.router",
    "api.canonical.issues.router",
    "api.canonical.events.router",
    "api.canonical.releases.router",
)

site = Site(
    title="Bugsink Lite, canonical API",
    version=settings.VERSION,
    openapi_url=None,
    docs_url=None,
    urls_namespace="canonical",
    renderer=Renderer(),
    parser=BodyParser(),
)
errors.install(site)


class CanonicalPaging(Paging):
    """250 rows at most."""

    @property
    def size(self) -> int:
        return min(self.limit or self.per_page or PAGE, PAGE)


class PageOut(Schema):
    """next, previous: absolute addresses."""

    next: str | None
    previous: str | None
    results: list[dict[str, Any]]


def envelope(request: HttpRequest, page: Page[Any], rows: Sequence[dict[str, Any]]) -> HttpResponse:
    def address(cursor: str, there: bool) -> str | None:
        query = request.GET.copy()
        query["cursor"] = cursor
        place = quote(request.path_info, safe="/")
        return f"{settings.BASE_URL}{place}?{query.urlencode(safe=':')}" if there else None

    found = {
        "next": address(page.next, page.has_next),
        "previous": address(page.previous, page.has_previous),
        "results": list(rows),
    }
    return reply(found)


def field_error(field: str, text: str) -> HttpResponse:
    return reply({field: [text]}, status=400)


@lru_cache(maxsize=1)
def urls() -> tuple[list[Any], str, str]:
    """For the URLconf: `path("api/canonical/0/", urls())`."""
    for name in ROUTERS:
        site.add_router("", name)
    patterns, _, namespace = site.urls
    kept = []
    for pattern in patterns:
        assert isinstance(pattern, URLPattern)
        if pattern.name != "api-root":
            pattern.callback = door(pattern.callback)
            kept.append(pattern)
    extra = [
        path("schema/", door(schema), name="schema"),
        re_path(r"^(?P<rest>(?s:.*))$", other, name="other"),
    ]
    return [*kept, *extra], "canonical", namespace


def schema(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document. It tells nothing of the installation."""
    return reply(site.get_openapi_schema(path_prefix="/api/canonical/0"))
