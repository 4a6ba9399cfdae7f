"""What is answered when something is wrong: one key, `detail`, with a sentence (REST contract, section 1.4)."""

import logging
from typing import Any

import orjson
import pydantic
from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import HttpError
from ninja.errors import ValidationError as ParameterError

from api.replies import reply

logger = logging.getLogger(__name__)

MAX_SAID = 3  # faults of one request that are named


class ApiError(Exception):
    """status: 4xx. detail: a sentence for the person who made the request."""

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers or {}


def error_reply(status: int, detail: str) -> HttpResponse:
    return reply({"detail": detail}, status=status)


def in_words(error: ValidationError) -> str:
    """Django's: of a form, a model or one value."""
    if hasattr(error, "error_dict"):
        return " ".join(
            f"{field}: {' '.join(messages)}" if field != "__all__" else " ".join(messages)
            for field, messages in error.message_dict.items()
        )
    return " ".join(error.messages)


def parameters_in_words(errors: list[dict[str, Any]]) -> str:
    """errors: of pydantic, `loc` beginning with "query", "path", "body", "form" or "file"."""
    said = []
    for error in errors[:MAX_SAID]:
        place = [str(part) for part in error.get("loc", ())]
        # ("body", name of the function's argument, field, ...): the argument is ours alone.
        names = place[2:] if place[:1] == ["body"] else place[1:]
        what = str(error.get("msg", "is wrong"))
        said.append(f"{'.'.join(names)}: {what}" if names else f"The {place[0]}: {what}")
    return "; ".join(said)[:1000] + "."


def _api_error(request: HttpRequest, error: Any) -> HttpResponse:
    answer = error_reply(error.status, error.detail)
    for name, value in error.headers.items():
        answer[name] = value
    return answer


def _http_error(request: HttpRequest, error: Any) -> HttpResponse:
    detail = str(error)
    cause = error.__cause__
    if isinstance(cause, orjson.JSONDecodeError):
        detail = f"The body is not JSON: {cause.msg}, at character {cause.pos}."
    elif isinstance(cause, ApiError):
        detail = cause.detail
    answer = error_reply(error.status_code, detail)
    if error.status_code == 401:
        answer["WWW-Authenticate"] = "Bearer"
    return answer


def _parameters(request: HttpRequest, error: Any) -> HttpResponse:
    return error_reply(400, parameters_in_words(error.errors))


def _invalid(request: HttpRequest, error: Any) -> HttpResponse:
    return error_reply(400, in_words(error))


def _invalid_schema(request: HttpRequest, error: Any) -> HttpResponse:
    return error_reply(400, parameters_in_words(error.errors()))


def _unforeseen(request: HttpRequest, error: Any) -> HttpResponse:
    logger.error("%s %s: %r", request.method, request.path_info, error, exc_info=error)
    return error_reply(500, "Something went wrong here; the server's log says what.")


def install(api: NinjaAPI) -> None:
    def handle(kind: type[Exception], status: int, said: str = "") -> None:
        def handler(request: HttpRequest, error: Any) -> HttpResponse:
            return error_reply(status, said or str(error) or "Not allowed.")

        api.add_exception_handler(kind, handler)

    handle(Http404, 404)
    handle(PermissionDenied, 403)
    handle(SuspiciousOperation, 400, "The request cannot be read.")
    handle(MultiPartParserError, 400)
    handle(UnreadablePostError, 400, "The request ended before its body did.")
    handle(RequestDataTooBig, 413, "The body is too large.")
    api.add_exception_handler(ApiError, _api_error)
    api.add_exception_handler(HttpError, _http_error)
    api.add_exception_handler(ParameterError, _parameters)
    api.add_exception_handler(ValidationError, _invalid)
    api.add_exception_handler(
        pydantic.ValidationError,
        _invalid_schema,
    )
    api.add_exception_handler(Exception, _unforeseen)
