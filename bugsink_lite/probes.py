"""What machines ask: /health/live, /health/ready and /metrics. Answered at the door, under any host name.

Beside Django: a probe has no session and no cookie, calls the server by an address that no setting names, and wants its
answer when the database gives none.
"""

import ipaddress
import json
import secrets
import shutil
import time
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from django.db import connection

from bugsink_lite import metrics
from ingest import gauges, pipeline

PATHS = frozenset({"/health/live", "/health/ready", "/metrics"})
# What a proxy adds. Behind one on this machine every visitor would seem to be a neighbour.
_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")


@dataclass(frozen=True, slots=True)
class Check:
    """detail: for those who may see the metrics."""

    is_ok: bool
    detail: str


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    status, media, body = _answer(environ)
    headers = [
        ("Content-Type", media),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
    ]
    if status.startswith("401"):
        headers.append(("WWW-Authenticate", "Bearer"))
    start_response(status, headers)
    return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]


def _answer(environ: Mapping[str, Any]) -> tuple[str, str, bytes]:
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
        return _json("405 Method Not Allowed", {"detail": "only GET is understood here"})
    path = environ["PATH_INFO"]
    if path == "/health/live":
        return _json("200 OK", {"status": "ok"})
    is_trusted = may_see(environ, settings.METRICS_TOKEN)
    if path == "/health/ready":
        return _ready(environ, is_trusted=is_trusted)
    if not is_trusted:
        return _json("401 Unauthorized", {"detail": "this needs METRICS_TOKEN"})
    return "200 OK", metrics.CONTENT_TYPE, metrics.text(time.time()).encode()


def _json(status: str, value: object) -> tuple[str, str, bytes]:
    return status, "application/json", json.dumps(value).encode() + b"\n"


def may_see(environ: Mapping[str, Any], token: str) -> bool:
    """With a token whoever shows it; without one whoever asks from this machine, and not through a proxy."""
    if token:
        shown = str(environ.get("HTTP_AUTHORIZATION", ""))
        kind, _, value = shown.partition(" ")
        if kind.lower() == "basic":
            # Of monitoring that knows no other kind: the token is the password.
            try:
                value = b64decode(value, validate=True).decode().partition(":")[2]
            except ValueError:
                return False
        elif kind.lower() != "bearer":
            return False
        return secrets.compare_digest(value.strip().encode(), token.encode())
    if any(environ.get(name) for name in _FORWARDED):
        return False
    try:
        address = ipaddress.ip_address(str(environ.get("REMOTE_ADDR", "")))
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


# --- ready -------------------------------------------------------------------------------------


def _ready(environ: Mapping[str, Any], *, is_trusted: bool) -> tuple[str, str, bytes]:
    """?only=spool,disk: for a proxy before several machines, which must go on accepting without a database."""
    only = parse_qs(str(environ.get("QUERY_STRING", ""))).get("only", [""])[0]
    wanted = [name for name in only.split(",") if name] or list(CHECKS)
    if not set(wanted) <= set(CHECKS):
        return _json("400 Bad Request", {"detail": f"only knows {', '.join(CHECKS)}"})
    found = {name: CHECKS[name]() for name in wanted}
    is_ok = all(check.is_ok for check in found.values())
    checks: dict[str, object] = {
        name: {"status": _word(check.is_ok)} | ({"detail": check.detail} if is_trusted else {})
        for name, check in found.items()
    }
    status = "200 OK" if is_ok else "503 Service Unavailable"
    return _json(status, {"status": _word(is_ok), "checks": checks})


def _word(is_ok: bool) -> str:
    return "ok" if is_ok else "failed"


def _database() -> Check:
    metrics.drop_stale_connection()
    began = time.monotonic()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    except Exception as error:
        connection.close()
        return Check(False, " ".join(str(error).split()))
    return Check(True, f"answers in {(time.monotonic() - began) * 1000:.1f} ms")


def _spool() -> Check:
    try:
        is_full = pipeline.spool().is_full()
    except Exception as error:
        return Check(False, str(error))
    if is_full:
        return Check(False, "full: requests are answered with 429")
    return Check(True, f"takes up to {settings.SPOOL_MAX_BYTES} bytes")


def _digest() -> Check:
    found = gauges.waiting(settings.SPOOL_DIR)
    lag = max(0.0, time.time() - found.oldest_at) if found.oldest_at is not None else 0.0
    detail = f"{found.records} records wait, the oldest for {lag:.1f} s"
    return Check(lag <= settings.READY_LAG_SECONDS, detail)


def _disk() -> Check:
    try:
        free = shutil.disk_usage(settings.DATA_DIR).free
    except OSError as error:
        return Check(False, str(error))
    return Check(free >= settings.READY_FREE_BYTES, f"{free} bytes free")


CHECKS: Mapping[str, Callable[[], Check]] = {
    "database": _database,
    "spool": _spool,
    "digest": _digest,
    "disk": _disk,
}
