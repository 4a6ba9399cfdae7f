"""The REST API: everything under /api/0/ is found, asked for its token and answered from here.

Another module adds its addresses with one line in ROUTERS, the dotted name of its router:

    router = Router(tags=["Issues"])

    @router.get("/issues/{issue}/", auth=allow("event:read"), response=answers(Issue))
    def issue(request: ApiRequest, issue: str) -> HttpResponse:
        return reply(issue_json(...))

`request.auth` is the Caller; a path's `{org}` has been checked; an empty body has become `{}`. Raise Http404,
PermissionDenied, ValidationError or ApiError: api.errors makes answers of them.
"""

import hashlib
from collections.abc import Callable, Iterator
from functools import lru_cache, wraps
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, URLPattern, get_resolver, re_path
from django.utils.cache import get_conditional_response, patch_vary_headers
from ninja import NinjaAPI
from ninja.operation import Operation
from ninja.parser import Parser

from api import errors
from api.auth import BearerToken
from api.errors import ApiError, error_reply
from api.replies import Renderer

ROUTERS: tuple[str, ...] = (
    "api.root.router",
    "api.issues.router",
    "api.events.router",
    "api.discover.router",
    "api.comments.router",
    "api.hashes.router",
    "api.tags.router",
    "api.stats.router",
    "api.organizations.router",
    "api.projects.router",
    "api.teams.router",
    "api.members.router",
    "api.releases.router",
    "api.uploads.router",
)

View = Callable[..., HttpResponseBase]


class BodyParser(Parser):
    """JSON, and nothing that a database refuses: no NUL in texts."""

    def parse_body(self, request: HttpRequest) -> Any:
        if b"\\u0000" in request.body:
            raise ApiError(400, "The body has a NUL character in a text.")
        return orjson.loads(request.body)

    def parse_querydict(self, data: Any, list_fields: list[str], request: HttpRequest) -> Any:
        found = super().parse_querydict(data, list_fields, request)
        for name, value in found.items():
            for text in value if isinstance(value, list) else (value,):
                if isinstance(text, str) and "\0" in text:
                    raise ApiError(400, f"{name[:60]!r} has a NUL character.")
        return found


class Site(NinjaAPI):
    def operations(self) -> Iterator[tuple[str, Operation]]:
        """Every endpoint with its address, as it is written down: `/organizations/{org}/`."""
        for router in self._get_bound_routers():
            for path, view in router.path_operations.items():
                for operation in view.operations:
                    yield path, operation

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """After the address: one function may answer at two of them."""
        words = operation.path.replace("path:", "").replace("{", "").replace("}", "")
        return "_".join((operation.methods[0].lower(), *words.replace("-", "_").split("/"))).strip(
            "_"
        )


site = Site(
    title="Bugsink Lite",
    version=settings.VERSION,
    openapi_url=None,
    docs_url=None,
    urls_namespace="rest",
    renderer=Renderer(),
    parser=BodyParser(),
)
errors.install(site)


@lru_cache(maxsize=1)
def schema() -> dict[str, Any]:
    """The OpenAPI document. The scopes stand in the descriptions and, for programs, as `x-scopes`."""
    urls()
    document: dict[str, Any] = dict(site.get_openapi_schema(path_prefix="/api/0"))
    document["servers"] = [{"url": settings.BASE_URL}]
    for path, operation in site.operations():
        where = "/api/0" + path.replace("{path:", "{")
        auth = operation.auth_callbacks[0]
        scopes = list(auth.any_of) if isinstance(auth, BearerToken) else []
        said = " or ".join(f"`{scope}`" for scope in scopes)
        for method in operation.methods:
            details = document["paths"][where][method.lower()]
            words = details.get("description", "")
            line = f"Scope: {said}." if scopes else "Any valid token."
            details["description"] = f"{words}\n\n{line}" if words else line
            details["x-scopes"] = scopes
    return document


def door(view: View) -> View:
    """What all endpoints have in common and the library has not."""

    @wraps(view)
    def through(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        if "\0" in request.path_info:
            return error_reply(404, "There is no such address.")
        is_head = request.method == "HEAD"
        if is_head:
            request.method = "GET"
        answer = view(request, **kwargs)
        if answer.status_code == 405:
            allowed = answer["Allow"]
            answer = error_reply(405, f"{request.method} is not for this address: {allowed}.")
            answer["Allow"] = allowed
        answer.headers.setdefault("Cache-Control", "private, no-cache")
        patch_vary_headers(answer, ("Authorization",))
        if request.method == "GET" and answer.status_code == 200:
            answer = _unless_known(request, answer)
        if is_head:
            request.method = "HEAD"
            if isinstance(answer, HttpResponse):
                length = len(answer.content)
                answer.content = b""
                answer["Content-Length"] = str(length)
        return answer

    through.csrf_exempt = True  # type: ignore[attr-defined]  # tokens do not come along by themselves
    return through


def _unless_known(request: HttpRequest, answer: HttpResponseBase) -> HttpResponseBase:
    """304 for who has it already: clients poll."""
    if not isinstance(answer, HttpResponse) or answer.has_header("ETag"):
        return answer
    etag = f'"{hashlib.blake2b(answer.content, digest_size=12).hexdigest()}"'
    answer["ETag"] = etag
    return get_conditional_response(request, etag=etag, response=answer) or answer


def other(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
    """No address of the API. Without the slash at the end it is the same as with it: nobody is redirected."""
    path = request.path_info
    if not path.endswith("/"):
        try:
            match = get_resolver().resolve(path + "/")
        except Resolver404:
            match = None
        if match is not None and match.func is not other:
            request.resolver_match = match
            answer: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
            return answer
    return error_reply(404, "There is no such address in the API.")


other.csrf_exempt = True  # type: ignore[attr-defined]


@lru_cache(maxsize=1)
def urls() -> tuple[list[Any], str, str]:
    """For the URLconf: `path("api/0/", urls())`."""
    for name in ROUTERS:
        site.add_router("", name)
    patterns, _, namespace = site.urls
    kept = []
    for pattern in patterns:
        assert isinstance(pattern, URLPattern)
        if pattern.name != "api-root":  # the library's own, without a token
            pattern.callback = door(pattern.callback)
            kept.append(pattern)
    return [*kept, re_path(r"^(?P<rest>(?s:.*))$", other, name="other")], "rest", namespace
