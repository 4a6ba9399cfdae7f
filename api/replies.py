"""JSON out. Times may be in the data as they are: they are written in UTC with a final `Z`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from ninja import Schema
from ninja.renderers import BaseRenderer

OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC | orjson.OPT_NON_STR_KEYS
MEDIA_TYPE = "application/json"
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Detail(Schema):
    """Of every error."""

    detail: str


class Renderer(BaseRenderer):
    media_type = MEDIA_TYPE

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return orjson.dumps(data, option=OPTIONS)


def reply(data: Any, *, status: int = 200, headers: Mapping[str, str] = NO_HEADERS) -> HttpResponse:
    """data: anything that orjson writes. Endpoints return this; the declared schema is for the documentation."""
    answer = HttpResponse(
        orjson.dumps(data, option=OPTIONS), status=status, content_type=MEDIA_TYPE
    )
    for name, value in headers.items():
        answer[name] = value
    return answer


def nothing(status: int = 204) -> HttpResponse:
    """Done, without a body."""
    answer = HttpResponse(status=status)
    del answer["Content-Type"]
    return answer


def answers(ok: Any, *more: int, status: int = 200) -> dict[Any, Any]:
    """For `response=`: what comes when all is well, and the errors that every endpoint has, and some more.

    ok: a schema, or None for an answer without a body.
    """
    return {status: ok, frozenset({400, 401, 403, 404, *more}): Detail}
