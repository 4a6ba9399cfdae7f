"""The short way of the usual request: an envelope of a known key that has arrived whole.

gunicorn's loop takes it from the connection itself, without a thread: a dozen threads that wait for each other's
interpreter lock and for their turn to commit spend twice as much on that as on the events. All that are there at one
moment share one commit. Whatever is in any way unusual, every refusal included, goes the long way through a thread.
"""

import logging
import re
import time
from collections.abc import Sequence
from email.utils import formatdate
from functools import lru_cache
from typing import NamedTuple

import gunicorn_h1c
import orjson
from django.conf import settings

from ingest import endpoints, meter, pipeline, routes
from ingest.accept import Incoming, Limits, Refused, examine
from ingest.own_spool import Spool
from ingest.spool import Record
from projects import keys
from projects.keys import KeyCache
from projects.ref import NO_RATES, ProjectRef

logger = logging.getLogger(__name__)

# What the loop may inflate: a request costs it a millisecond at most.
MAX_INFLATED = 512 << 10
MAX_HEAD = 8 << 10
_NUMBER = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
_LENGTH = re.compile(rb"\r\ncontent-length:", re.IGNORECASE)
_FOLDED = re.compile(rb"\n[ \t]")
# Headers that change how a request is read or answered.
_UNUSUAL = ("HTTP_TRANSFER_ENCODING", "HTTP_EXPECT", "HTTP_UPGRADE")


class Arrived(NamedTuple):
    """keep_alive: whether the sender wants to go on using its connection."""

    record: Record
    keep_alive: bool


class Answer(NamedTuple):
    """text: the whole HTTP response. After a failure the connection is closed."""

    text: bytes
    is_success: bool


class _LongWay(Exception):
    """Not for here."""


class _KnownKeys:
    """Those that are in memory, of projects without limits: no look-up may wait, and nothing is counted twice."""

    def __init__(self, cache: KeyCache) -> None:
        self._cache = cache

    def get(self, public_key: str) -> ProjectRef:
        if not self._cache.knows(public_key):
            raise _LongWay
        ref = self._cache.get(public_key)
        if ref is None or (ref.key_rates, ref.project_rates) != (NO_RATES, NO_RATES):
            raise _LongWay
        return ref


def look(data: bytes, remote: str = "") -> Arrived | None:
    """What has arrived on a connection and was not taken from it yet; None: the long way. Changes nothing.

    remote: the connection's address, "" for a socket file.
    """
    if data[:10] != b"POST /api/" or _is_limited():
        return None
    end = data.find(b"\r\n\r\n", 0, MAX_HEAD)
    if end < 0:
        return None
    try:
        environ = _environ(data, data[: end + 2], len(data) - end - 4)
        return _examined(environ, data[end + 4 :], remote)
    except (_LongWay, gunicorn_h1c.ParseError):
        return None
    except Exception:
        # A disk or a fault of ours. The loop must outlive it; the long way meets the same, reports it and answers.
        return None


def _is_limited() -> bool:
    """Whether requests have to be counted, or paths to be cut, first."""
    return bool(
        settings.PATH_PREFIX or settings.RATE_LIMIT_PER_MINUTE or settings.RATE_LIMIT_PER_HOUR
    )


def _environ(data: bytes, head: bytes, length: int) -> dict[str, str]:
    """Raises _LongWay, gunicorn_h1c.ParseError. length: bytes behind the head."""
    # Two lengths, folded lines, bare line feeds: what two servers may read in two ways is left to one of them.
    if len(_LENGTH.findall(head)) != 1 or _FOLDED.search(head):
        raise _LongWay
    if head.count(b"\n") != head.count(b"\r\n"):
        raise _LongWay
    environ: dict[str, str] = gunicorn_h1c.parse_to_wsgi_environ(data)
    if environ["SERVER_PROTOCOL"] != "HTTP/1.1" or environ.get("CONTENT_LENGTH") != str(length):
        raise _LongWay
    if any(name in environ for name in _UNUSUAL):
        raise _LongWay
    return environ


def _examined(environ: dict[str, str], body: bytes, remote: str) -> Arrived:
    route = routes.find(environ.get("PATH_INFO", ""))
    if route is None or route.kind != "envelope" or not _NUMBER.fullmatch(route.project):
        raise _LongWay
    connection = environ.get("HTTP_CONNECTION", "").lower()
    if connection not in ("", "keep-alive", "close"):
        raise _LongWay
    spool = pipeline.spool()
    if not spool.is_for_a_row(body):
        raise _LongWay
    incoming = Incoming(
        kind=route.kind,
        project_id=int(route.project),
        query=environ.get("QUERY_STRING", ""),
        headers=environ,
        read=lambda: body,
        received_at=time.time(),
        sender=lambda: endpoints.sender_of(environ, remote),
    )
    limits = Limits(
        request=settings.MAX_REQUEST_BYTES,
        envelope=min(settings.MAX_ENVELOPE_BYTES, MAX_INFLATED),
        event=min(settings.MAX_EVENT_BYTES, MAX_INFLATED),
    )
    found = examine(incoming, keys=_KnownKeys(keys.cache()), spool=spool, limits=limits)
    if isinstance(found, Refused):
        raise _LongWay
    return Arrived(found, connection != "close")


def keep(arrived: Sequence[Arrived]) -> list[Answer]:
    """Spool them with one commit. The answers, whole, in the same order."""
    spool: Spool = pipeline.spool()
    try:
        errors = spool.append_all([each.record for each in arrived])
    except Exception as error:
        logger.exception("events could not be accepted")
        errors = [error for _ in arrived]
    now = time.time()
    for status, is_failure in ((200, False), (503, True)):
        took = [
            now - each.record.received_at
            for each, error in zip(arrived, errors, strict=True)
            if (error is not None) == is_failure
        ]
        if took:
            meter.answered(status, took)
    return [
        Answer(_success(each.record.event_id, each.keep_alive), True)
        if error is None
        else Answer(_failure(error), False)
        for each, error in zip(arrived, errors, strict=True)
    ]


def _success(event_id: str, keep_alive: bool) -> bytes:
    connection = "keep-alive" if keep_alive else "close"
    return _response("200 OK", connection, endpoints.accepted(event_id))


def _failure(error: Exception) -> bytes:
    """The disk failed. The sender is told to come again; nothing was kept."""
    logger.error("an event could not be accepted: %s", error)
    body = orjson.dumps({"detail": endpoints.UNABLE, "causes": []})
    more = f"Retry-After: 30\r\nX-Sentry-Error: {endpoints.UNABLE}\r\n"
    return _response("503 Service Unavailable", "close", body, more)


_CORS = "".join(f"{name}: {value}\r\n" for name, value in endpoints.CORS)


def _response(status: str, connection: str, body: bytes, more: str = "") -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nServer: gunicorn\r\nDate: {_date(int(time.time()))}\r\nConnection: {connection}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n{more}{_CORS}\r\n"
    )
    return head.encode() + body


@lru_cache(maxsize=4)
def _date(now: int) -> str:
    return formatdate(now, usegmt=True)
