"""What each endpoint takes and answers, beyond envelopes: bodies in, the shape of a success out."""

import base64
import binascii
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings

from ingest import auth, checkins, envelope, logs, minidump, multipart, otlp, security, sender
from ingest.accept import Limits
from ingest.legacy import media_type
from ingest.routes import Route

Environ = dict[str, Any]
Converter = Callable[[bytes], tuple[str, bytes]]
Answer = tuple[str, list[tuple[str, str]], bytes]  # status line, headers, body

# One transparent pixel.
GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")

# Bytes of the whole request, where the endpoint takes less than the installation.
_MAX_BYTES = {
    "security": security.MAX_BYTES,
    "nel": security.MAX_BYTES,
    "cron": checkins.MAX_BYTES,
    "logs": logs.MAX_BYTES,
}


def limits(kind: str, general: Limits) -> Limits:
    least = _MAX_BYTES.get(kind)
    if least is None:
        return general
    return Limits(min(general.request, least), min(general.envelope, least), general.event)


def problem_of(route: Route) -> str:
    """Why there cannot be such an endpoint; "" if there can."""
    if route.kind == "cron" and checkins.SLUG.fullmatch(route.slug) is None:
        return "a monitor's slug is 1 to 50 letters, digits, dashes and underscores"
    if route.kind == "unreal":
        return "Unreal's own crash reports are not read here: send the minidump to /api/PROJECT/minidump/"
    if route.kind == "attachments" and not envelope.event_id_of(route.event_id):
        return "an event's id is 32 hex digits"
    if route.kind == "logs":
        return logs.problem_of(route.format)
    return ""


def converter(route: Route, environ: Environ, general: Limits) -> Converter | None:
    """How a body becomes an envelope; None for envelopes and events as they are, and for log lines."""
    if route.kind in ("envelope", "store", "logs"):
        return None
    content_type = environ.get("CONTENT_TYPE") or ""
    query = environ.get("QUERY_STRING", "")
    if route.kind == "security":
        return partial(
            security.to_envelope,
            content_type=content_type,
            query=query,
            user_agent=environ.get("HTTP_USER_AGENT", ""),
            referer=environ.get("HTTP_REFERER", ""),
            new_id=_new_id,
        )
    if route.kind == "cron":
        return partial(checkins.to_envelope, query=query, slug=route.slug, new_id=_new_id())
    if route.kind in ("otlp_logs", "otlp_traces"):
        return partial(otlp.to_envelope, content_type=content_type, kind=route.kind)
    if route.kind == "nel":
        # Accepted and dropped: only counted.
        return lambda body: ("", envelope.build({}, iter([({"type": "nel"}, b"")])))
    if route.kind == "minidump":
        return lambda body: minidump.to_envelope(
            multipart.parse(body, content_type),
            new_id=_new_id(),
            event_limit=general.event,
            dump_limit=general.envelope,
        )
    if route.kind == "attachments":
        event_id = envelope.event_id_of(route.event_id)
        return lambda body: minidump.attachments_to_envelope(
            multipart.parse(body, content_type), event_id
        )
    raise ValueError(route.kind)


def sender_of(environ: Environ, remote: str) -> str:
    """The sender's IP address. remote: the connection's."""
    forwarded = environ.get("HTTP_X_FORWARDED_FOR") or ""
    return sender.address(remote, forwarded, settings.TRUSTED_PROXIES)


def query_body(environ: Environ) -> bytes | None:
    """The event of `GET /store/?sentry_data=`: base64 of JSON or zlib, or JSON; None if there is none."""
    data = auth.fields(environ.get("QUERY_STRING", "")).get("sentry_data")
    if not data:
        return None
    # A plus sign that nobody escaped arrives as a blank; some write the alphabet that is safe in URLs.
    text = data.replace(" ", "+") if not data.lstrip().startswith("{") else data
    raw: bytes = text.encode("utf-8", "replace")
    try:
        return base64.b64decode(raw.translate(bytes.maketrans(b"-_", b"+/")), validate=True)
    except binascii.Error:
        return raw


# Readable by scripts of any origin: browsers' SDKs look at them.
CORS = [
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "X-Sentry-Error, X-Sentry-Rate-Limits, Retry-After"),
]
UNABLE = "the server cannot keep events at the moment"


def success(route: Route, environ: Environ, event_id: str) -> Answer:
    """The answer to a request whose record is on disk."""
    if route.kind == "cron":
        return "202 Accepted", [], b""
    if route.kind == "minidump":
        return "200 OK", [("Content-Type", "text/plain")], str(uuid.UUID(event_id)).encode()
    if route.kind in ("otlp_logs", "otlp_traces"):
        media = media_type(environ.get("CONTENT_TYPE") or "")
        return "200 OK", [("Content-Type", media)], b"{}" if media == otlp.JSON else b""
    if environ["REQUEST_METHOD"] == "GET":
        return "200 OK", [("Content-Type", "image/gif"), ("Cache-Control", "no-store")], GIF
    return "200 OK", [("Content-Type", "application/json")], accepted(event_id)


def accepted(event_id: str) -> bytes:
    """The body that SDKs expect."""
    return b'{"id":"%s"}' % event_id.encode() if event_id else b"{}"


def _new_id() -> str:
    return uuid.uuid4().hex
