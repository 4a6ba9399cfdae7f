"""The hot path: decide, spool, answer. No query, no payload parsed (but for /store/).

Everything it needs is an argument, so that it can be tried without a server.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from ingest import auth, compression, envelope, legacy, lenient
from ingest.envelope import Envelope, Item
from ingest.headroom import Headroom
from ingest.limits import QUOTA_CATEGORIES, Limited, RateLimiter, over_quota
from ingest.reasons import RefusalReason, category
from ingest.spool import Record, SpoolFull, sent_by
from projects.ref import ProjectRef

# Item types that come at most once in an envelope and carry its event id.
EVENT_TYPES = frozenset({"event", "transaction", "feedback"})
DSN_HINT = "a DSN looks like https://KEY@HOST/PROJECT and stands in the project's settings"
FULL_RETRY_SECONDS = 60
HEAD_BYTES = 16 * 1024
# Endpoints for what no quota of events limits.
NOT_EVENTS = frozenset({"attachments", "cron", "nel", "otlp_logs", "otlp_traces"})


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes."""

    request: int
    envelope: int
    event: int


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request to an ingest endpoint.

    sender: -> its IP address, "" if nobody knows.
    project_id: from the path, None on /api/store/. headers: a WSGI environ. read: the body, once; raises BodyTooLarge,
    BodyBroken. received_at: seconds since 1970. path_key: the public key, where it may stand in the path.
    convert: for the endpoints that take neither an envelope nor an event: the inflated body -> (event id, envelope to
    spool). Raises legacy.BodyError, legacy.WrongContentType, compression.TooLarge.
    """

    kind: str  # ingest.routes.Route.kind
    project_id: int | None
    query: str
    headers: Mapping[str, str]
    read: Callable[[], bytes]
    received_at: float
    path_key: str = ""
    sender: Callable[[], str] = str
    convert: Callable[[bytes], tuple[str, bytes]] | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The record is on disk. event_id: "" if the envelope has none."""

    event_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was kept. detail: for the sender, who has no other hint."""

    status: int
    reason: RefusalReason
    detail: str
    client: str = ""
    retry_after: int | None = None  # seconds
    limits: str = ""  # X-Sentry-Rate-Limits


class BodyTooLarge(Exception):
    """More bytes than the limit for a request."""


class BodyBroken(Exception):
    """The client went away in the middle."""


class Keys(Protocol):
    def get(self, public_key: str) -> ProjectRef | None: ...


class Appender(Protocol):
    def append(self, record: Record) -> None: ...
    def is_full(self) -> bool: ...


def accept(
    incoming: Incoming,
    *,
    keys: Keys,
    spool: Appender,
    limits: Limits,
    rates: RateLimiter | None = None,
) -> Accepted | Refused:
    """Raises projects.keys.KeysUnavailable, and OSError or sqlite3.Error when the disk fails."""
    found = examine(incoming, keys=keys, spool=spool, limits=limits, rates=rates)
    if isinstance(found, Refused):
        return found
    try:
        spool.append(found)
    except SpoolFull:
        return full(found.sdk)
    return Accepted(found.event_id)


def examine(
    incoming: Incoming,
    *,
    keys: Keys,
    spool: Appender,
    limits: Limits,
    rates: RateLimiter | None = None,
) -> Record | Refused:
    """All but the appending: what is to be spooled. Raises projects.keys.KeysUnavailable."""
    with Headroom() as headroom:
        return _examine(incoming, keys, spool, limits, rates, headroom)


def _examine(
    incoming: Incoming,
    keys: Keys,
    spool: Appender,
    limits: Limits,
    rates: RateLimiter | None,
    headroom: Headroom,
) -> Record | Refused:
    who = auth.credentials(incoming.query, incoming.headers, incoming.path_key)
    project: ProjectRef | None = None
    if who.key:
        found = _authorize(who.key, incoming, keys, who.client)
        if isinstance(found, Refused):
            _drain(incoming)
            return found
        project = found
        if rates is not None and (limited := rates.check(project, who.key, incoming.received_at)):
            _drain(incoming)
            return _limited(limited, who.client)
    if spool.is_full():
        _drain(incoming)
        return full(who.client)
    try:
        body = incoming.read()
    except BodyTooLarge:
        detail = f"the request is larger than {limits.request} bytes"
        return Refused(413, RefusalReason.TOO_LARGE, detail, who.client)
    except BodyBroken:
        detail = "the body ended before its announced length"
        return Refused(400, RefusalReason.UNREADABLE_BODY, detail, who.client)

    encoding = incoming.headers.get("HTTP_CONTENT_ENCODING", "")
    kind = incoming.kind
    if kind == "store" and "x-sentry-envelope" in incoming.headers.get("CONTENT_TYPE", ""):
        kind = "envelope"
    limited = over_quota(project, incoming.received_at) if project is not None else None
    if limited is not None and _is_event(kind, body, encoding):
        return _limited(limited, who.client)
    try:
        if kind == "envelope":
            framed = envelope.frame(headroom.inflate(body, encoding, limits.envelope))
            _check_sizes(framed, limits)
            envelope_key = auth.from_envelope(framed.headers.get("dsn"))
            if project is None:
                found = _authorize(envelope_key, incoming, keys, who.client)
                if isinstance(found, Refused):
                    return found
                project = found
                if rates is not None:
                    limited = rates.check(project, envelope_key, incoming.received_at)
                    if limited is not None:
                        return _limited(limited, who.client)
            elif envelope_key and envelope_key != who.key:
                detail = "the key of the request and the key in the envelope's dsn differ"
                return Refused(403, RefusalReason.WRONG_PROJECT, detail, who.client)
            limited = over_quota(project, incoming.received_at)
            if limited is not None and any(_counts(item.type) for item in framed.items):
                return _limited(limited, who.client)
            event_id = _event_id(framed)
        elif project is None:
            return _no_key(who.client)
        elif incoming.convert is not None:
            event_id, body = incoming.convert(headroom.inflate(body, encoding, limits.envelope))
            kind, encoding = "envelope", ""
        else:
            inflated = headroom.inflate(body, encoding, limits.event)
            _, event = legacy.read_store(inflated, limits.event)
            event_id = envelope.event_id_of(event.get("event_id")) or uuid.uuid4().hex
    except (compression.TooLarge, envelope.HeaderTooLarge) as error:
        return Refused(413, RefusalReason.TOO_LARGE, str(error), who.client)
    except compression.UnknownEncoding as error:
        return Refused(415, RefusalReason.BAD_ENCODING, str(error), who.client)
    except compression.CompressionError as error:
        return Refused(400, RefusalReason.BAD_ENCODING, str(error), who.client)
    except legacy.WrongContentType as error:
        return Refused(415, RefusalReason.WRONG_TYPE, str(error), who.client)
    except (envelope.EnvelopeError, legacy.BodyError) as error:
        return Refused(400, RefusalReason.UNREADABLE_BODY, str(error), who.client)

    return Record(
        project_id=project.project_id,
        received_at=incoming.received_at,
        kind=kind,
        encoding=encoding,
        event_id=event_id,
        client=sent_by(who.client, incoming.sender() if project.store_ip else ""),
        body=body,
    )


def _authorize(key: str, incoming: Incoming, keys: Keys, client: str) -> ProjectRef | Refused:
    if not key:
        return _no_key(client)
    ref = keys.get(key)
    if ref is None:
        detail = f"no project has the key {key[:4]}...; {DSN_HINT}"
        return Refused(403, RefusalReason.UNKNOWN_KEY, detail, client)
    if incoming.project_id is not None and ref.project_id != incoming.project_id:
        detail = (
            f"the key {key[:4]}... does not belong to project {incoming.project_id}: "
            f"compare the key and the number at the end of the DSN; {DSN_HINT}"
        )
        return Refused(403, RefusalReason.WRONG_PROJECT, detail, client)
    if not ref.is_active:
        detail = f"the key {key[:4]}... is switched off; the project's settings have others"
        return Refused(403, RefusalReason.DISABLED_KEY, detail, client)
    return ref


def _no_key(client: str) -> Refused:
    detail = f"no key in query, X-Sentry-Auth header or envelope; {DSN_HINT}"
    return Refused(401, RefusalReason.NO_KEY, detail, client)


def full(client: str) -> Refused:
    detail = "the server has no room for more events at the moment"
    return Refused(429, RefusalReason.RATE_LIMITED, detail, client, FULL_RETRY_SECONDS)


def _limited(limited: Limited, client: str) -> Refused:
    reason = RefusalReason.QUOTA if limited.reason == "quota" else RefusalReason.RATE_LIMITED
    return Refused(429, reason, limited.detail(), client, limited.seconds, limited.header())


def _counts(item_type: str) -> bool:
    """Whether items of this type are limited by the quota."""
    return category(item_type) in QUOTA_CATEGORIES and item_type in EVENT_TYPES


def _is_event(kind: str, body: bytes, encoding: str) -> bool:
    """Whether a request is about an event, or cannot be looked into.

    Decided by a glance at its first bytes: who is over quota shall not cost an inflated body.
    """
    if kind != "envelope":
        return kind not in NOT_EVENTS
    first = envelope.first_type(compression.head(body, encoding, HEAD_BYTES))
    return first is None or _counts(first)


def _drain(incoming: Incoming) -> None:
    """Proxies turn an answer to a half-read request into 502, and SDKs then never see the reason."""
    try:
        incoming.read()
    except (BodyTooLarge, BodyBroken):
        return


def _check_sizes(framed: Envelope, limits: Limits) -> None:
    for item in framed.items:
        if item.end - item.start > limits.event and item.type in EVENT_TYPES:
            raise compression.TooLarge(f"{item.type} larger than {limits.event} bytes")


def _event_id(framed: Envelope) -> str:
    """The id the answer names: the header's, else the event's own, else a new one; "" without an event."""
    if framed.event_id:
        return framed.event_id
    for item in framed.items:
        if item.type in EVENT_TYPES:
            return _payload_id(framed, item) or uuid.uuid4().hex
    return ""


def _payload_id(framed: Envelope, item: Item) -> str:
    # Only envelopes without an id in their header come here: written by hand, or by very few clients.
    try:
        payload = lenient.loads(framed.payload(item))
    except lenient.JSONError:
        return ""
    return envelope.event_id_of(payload.get("event_id")) if isinstance(payload, dict) else ""
