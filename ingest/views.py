"""HTTP in and out of the ingest endpoints. A bare WSGI application in front of Django.

No middleware, no redirect, no host check and no form limit can come between an SDK and its 200
(docs/decisions/0009-wsgi-door.md).
"""

import logging
import re
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import orjson
from django.conf import settings

from ingest import accept as accept_module
from ingest import endpoints, logs, meter, pipeline, routes
from ingest.accept import Accepted, BodyBroken, BodyTooLarge, Incoming, Limits, Refused, accept
from ingest.decoders.values import Options
from ingest.routes import Route
from projects import keys
from projects.keys import KeysUnavailable

logger = logging.getLogger(__name__)

StartResponse = Callable[[str, list[tuple[str, str]]], Any]
Environ = dict[str, Any]

_NUMBER = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)

_PREFLIGHT = [
    *endpoints.CORS,
    (
        "Access-Control-Allow-Headers",
        "x-sentry-auth, x-requested-with, x-forwarded-for, origin, referer, accept, content-type, authentication, "
        "authorization, content-encoding, transfer-encoding, sentry-trace, baggage, traceparent",
    ),
    ("Access-Control-Max-Age", "3600"),
    ("Content-Length", "0"),
]
_STATUS = {
    400: "400 Bad Request",
    401: "401 Unauthorized",
    403: "403 Forbidden",
    404: "404 Not Found",
    405: "405 Method Not Allowed",
    413: "413 Content Too Large",
    415: "415 Unsupported Media Type",
    429: "429 Too Many Requests",
    503: "503 Service Unavailable",
}


def is_ingest(path: str) -> bool:
    """Whether a path is answered here."""
    return routes.find(path) is not None


def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    began = time.monotonic()

    def start(status: str, headers: list[tuple[str, str]]) -> Any:
        if environ["REQUEST_METHOD"] != "OPTIONS":
            meter.answered(int(status[:3]), [time.monotonic() - began])
        return start_response(status, headers)

    return _application(environ, start)


def _application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    route = routes.find(environ.get("PATH_INFO", ""))
    if route is None:
        return _refuse(start_response, 404, "no such endpoint")
    method = environ["REQUEST_METHOD"]
    allowed = ", ".join((*route.methods, "OPTIONS"))
    if method == "OPTIONS":
        start_response("200 OK", [*_PREFLIGHT, ("Access-Control-Allow-Methods", allowed)])
        return [b""]
    if method not in route.methods:
        detail = f"only {' and '.join(route.methods)} is understood here"
        return _refuse(start_response, 405, detail, [("Allow", allowed)])
    if not route.project and route.kind == "envelope":
        return _refuse(start_response, 404, "the path must be /api/PROJECT/envelope/")
    if route.project and _NUMBER.fullmatch(route.project) is None:
        detail = f"a project's id is a number: {accept_module.DSN_HINT}"
        return _refuse(start_response, 404, detail)
    if problem := endpoints.problem_of(route):
        return _refuse(start_response, 404, problem)
    return _answer(route, environ, start_response)


def _answer(route: Route, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    general = Limits(
        request=settings.MAX_REQUEST_BYTES,
        envelope=settings.MAX_ENVELOPE_BYTES,
        event=settings.MAX_EVENT_BYTES,
    )
    limits = endpoints.limits(route.kind, general)

    read: Callable[[], bytes] = partial(read_body, environ, limits.request)
    if route.kind == "store" and environ["REQUEST_METHOD"] == "GET":
        given = endpoints.query_body(environ)
        if given is None:
            detail = "GET needs the event in the query, as sentry_data; everything else is a POST"
            return _refuse(start_response, 405, detail, [("Allow", "POST, OPTIONS")])
        read = partial(bytes, given)
    incoming = Incoming(
        kind=route.kind,
        project_id=int(route.project) if route.project else None,
        query=environ.get("QUERY_STRING", ""),
        headers=environ,
        read=read,
        received_at=time.time(),
        path_key=route.key,
        sender=partial(endpoints.sender_of, environ, environ.get("REMOTE_ADDR") or ""),
        convert=endpoints.converter(route, environ, general),
    )
    known = keys.cache()
    try:
        take = partial(_lines, route) if route.kind == "logs" else accept
        result = take(
            incoming,
            keys=known,
            spool=pipeline.spool(),
            limits=limits,
            rates=pipeline.rates(),
        )
    except KeysUnavailable:
        detail = "the database is away and this key is not among the last known ones"
        return _refuse(start_response, 503, detail, [("Retry-After", "10")])
    except Exception:
        # The disk failed, or a fault of ours. The sender is told to come again; nothing was kept.
        logger.exception("an event could not be accepted")
        return _refuse(start_response, 503, endpoints.UNABLE, [("Retry-After", "30")])
    if isinstance(result, Refused):
        _remember(incoming, result)
    if isinstance(result, Accepted) or (route.kind == "cron" and result.status == 429):
        # A check-in is never told to wait: its sender is `curl -f` in a script, which would fail for it.
        event_id = result.event_id if isinstance(result, Accepted) else ""
        status, headers, body = endpoints.success(route, environ, event_id)
        if isinstance(result, logs.Answered):
            body = result.body
        start_response(status, [*headers, ("Content-Length", str(len(body))), *endpoints.CORS])
        return [body]
    extra = []
    if result.retry_after is not None:
        seconds = str(result.retry_after)
        extra = [
            ("Retry-After", seconds),
            ("X-Sentry-Rate-Limits", result.limits or f"{seconds}::organization:full"),
        ]
    return _refuse(start_response, result.status, result.detail, extra)


def _lines(route: Route, incoming: Incoming, **parts: Any) -> logs.Answered | Refused:
    """accept() for log lines."""
    return logs.accept_lines(
        incoming,
        content_type=incoming.headers.get("CONTENT_TYPE") or "",
        format_=route.format,
        defaults=log_options(),
        recent=pipeline.recent_lines,
        **parts,
    )


def log_options() -> Options:
    """What the installation says about all log lines."""
    return Options(
        level=settings.LOGS_LEVEL,
        slow_ms=settings.LOGS_SLOW_STATEMENT_MS,
        mask=settings.LOGS_MASK_LITERALS,
    )


def _remember(incoming: Incoming, refused: Refused) -> None:
    """The project's people see why, if the path named a project that there is."""
    project_id = incoming.project_id
    if project_id is None or not keys.cache().knows_project(project_id):
        return
    pipeline.refusals.add(
        project_id,
        refused.reason,
        status=refused.status,
        detail=refused.detail,
        client=refused.client,
        at=datetime.fromtimestamp(incoming.received_at, UTC),
    )


def _refuse(
    start_response: StartResponse,
    status: int,
    detail: str,
    extra: list[tuple[str, str]] | None = None,
) -> Iterable[bytes]:
    body = orjson.dumps({"detail": detail, "causes": []})
    # A header is one line of ASCII; the sender's own words may stand in the detail.
    line = " ".join(detail.encode("ascii", "replace").decode().split())[:300]
    start_response(
        _STATUS[status],
        [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("X-Sentry-Error", line),
            *endpoints.CORS,
            *(extra or []),
        ],
    )
    return [body]


def read_body(environ: Environ, limit: int) -> bytes:
    """The whole request body, chunked or with a length.

    Django would read a chunked body as empty: it limits the stream to a Content-Length that is not there (ingest
    contract, section 16). limit: bytes. Raises BodyTooLarge, BodyBroken.
    """
    stream = environ["wsgi.input"]
    length = environ.get("CONTENT_LENGTH") or ""
    try:
        if length:
            expected = int(length)
            if expected > limit:
                raise BodyTooLarge
            body: bytes = stream.read(expected)
            if len(body) < expected:
                raise BodyBroken
            return body
        if environ.get("wsgi.input_terminated"):
            body = stream.read(limit + 1)
            if len(body) > limit:
                raise BodyTooLarge
            return body
    except (OSError, ValueError) as error:
        raise BodyBroken from error
    return b""
