"""From whatever a client sent to the canonical event. Pure.

Every attribute is repaired or dropped by itself, and what was done is noted: an event is never
refused for one of them. Source: the ingest contract, sections 11 to 15.
"""

from datetime import UTC, datetime
from typing import Any

from issues.payload.attributes import (
    read_dist,
    read_environment,
    read_event_id,
    read_fingerprint,
    read_level,
    read_line,
    read_modules,
    read_release,
    read_sdk,
    read_server_name,
    read_type,
)
from issues.payload.bounds import bounded, bounded_map
from issues.payload.breadcrumbs import read_breadcrumbs
from issues.payload.contexts import add_agent, read_contexts, trace_id
from issues.payload.exceptions import read_exceptions, read_threads, settle_stacks
from issues.payload.frames import read_frame, read_stacktrace
from issues.payload.images import read_debug_meta
from issues.payload.ledger import Ledger
from issues.payload.message import read_message
from issues.payload.request import header, read_request, remote_address
from issues.payload.tags import derived_tags, read_tags, tag_value
from issues.payload.text import is_reference, is_storable, repaired
from issues.payload.times import Clock, iso
from issues.payload.types import DEFAULT_LIMITS, EventData, Limits
from issues.payload.user import read_user, user_key

_REPORTS = ("csp", "hpkp", "expectct", "expectstaple", "nel")
_TRANSACTION = ("start_timestamp", "spans", "measurements", "profile")
# Names that mean nothing to us: neither shown nor kept.
_IGNORED = (
    "received",
    "project",
    "key_id",
    "site",
    "time_spent",
    "version",
    "repos",
    "ingest_path",
    "grouping_config",
    "trimHeadFrames",
)
_ALIASES: dict[str, tuple[str, ...]] = {
    "transaction": ("culprit",),
    "logentry": ("sentry.interfaces.Message",),
    "exception": ("sentry.interfaces.Exception",),
    "threads": ("sentry.interfaces.Threads",),
    "stacktrace": ("sentry.interfaces.Stacktrace",),
    "template": ("sentry.interfaces.Template",),
    "breadcrumbs": ("sentry.interfaces.Breadcrumbs",),
    "request": ("sentry.interfaces.Http", "http"),
    "user": ("sentry.interfaces.User",),
    "contexts": ("sentry.interfaces.Contexts",),
    "fingerprint": ("checksum",),
    "sdk": ("client",),
    "debug_meta": ("sentry.interfaces.DebugMeta", "debugmeta"),
}
_PLAIN = (
    "event_id",
    "timestamp",
    "level",
    "type",
    "platform",
    "logger",
    "transaction_info",
    "server_name",
    "release",
    "dist",
    "environment",
    "message",
    "tags",
    "extra",
    "modules",
    "errors",
    "_meta",
)
_READ = frozenset(
    (
        *_PLAIN,
        *_IGNORED,
        *_REPORTS,
        *_TRANSACTION,
        *_ALIASES,
        *(alias for aliases in _ALIASES.values() for alias in aliases),
    )
)


def normalize(
    raw: dict[str, Any],
    *,
    received_at: datetime,
    sent_at: datetime | None = None,
    event_id: str | None = None,
    store_ip: bool = False,
    clean: bool = False,
    is_sketch: bool = False,
    limits: Limits = DEFAULT_LIMITS,
) -> EventData:
    """Understand an event. Never raises, whatever JSON values `raw` holds.

    received_at, sent_at: aware; sent_at is from the envelope's header, by the sender's clock.
    event_id: from the envelope's header; wins over the payload's if it is one.
    store_ip: keep addresses of clients (the project's setting).
    clean: the caller knows that no string in `raw` holds a NUL or a lone surrogate, because the
    bytes it was read from had no such escape. Saves looking through all of them.
    is_sketch: `raw` is what `issues.payload.sketch` made of an event.

    `raw` is not changed, but what was fine in it is not copied either: the result shares it.
    """
    if not clean and not is_storable(raw):
        raw = repaired(raw)
    received_at = received_at.astimezone(UTC)
    get = raw.get
    ledger = Ledger(limits, is_sketch=is_sketch)
    ledger.take_errors(get("errors"))

    # Several readers look at what others found, so the order matters; that of `data` is below.
    clock = Clock(get("timestamp"), received_at, sent_at, ledger)
    tags, words = read_tags(get("tags"), ledger)
    logentry = read_message(
        [get("logentry"), get("sentry.interfaces.Message"), get("message")], ledger
    )
    exceptions = read_exceptions(_pick(raw, "exception"), ledger)
    threads = read_threads(_pick(raw, "threads"), ledger)
    stacktrace = read_stacktrace(_pick(raw, "stacktrace"), ("stacktrace",), ledger)
    stacktrace = settle_stacks(exceptions, threads, stacktrace)
    template = _pick(raw, "template")
    request = read_request(_pick(raw, "request"), ledger, store_ip=store_ip)
    user = read_user(
        _pick(raw, "user"), remote_address(_pick(raw, "request")), ledger, store_ip=store_ip
    )
    contexts = read_contexts(_pick(raw, "contexts"), ledger)
    add_agent(contexts, header(request, "User-Agent"))
    if words:
        contexts["log"] = {**contexts.get("log", {}), "tags": [word[:200] for word in words[:100]]}
    sdk = bounded_map(
        read_sdk(get("sdk"), get("client")),
        length=limits.context_length,
        entry_length=limits.context_length,
        depth=limits.context_depth,
        path=("sdk",),
        ledger=ledger,
    )
    fingerprint = read_fingerprint(_pick(raw, "fingerprint"), ledger)

    kind = read_type(get("type"), raw, has_exception=bool(exceptions))
    level = read_level(get("level"))
    if not level:
        sent = get("level")
        if sent is not None and not (sent.__class__ is str and is_reference(sent)):
            ledger.note("level", sent)
        level = "info" if kind == "transaction" else "error"
    attributes = {
        "level": level,
        "platform": read_line("platform", get("platform"), 64, ledger) or "other",
        "logger": read_line("logger", get("logger"), 64, ledger),
        "transaction": ledger.attribute("transaction", _pick(raw, "transaction"), 200),
        "server_name": read_server_name(get("server_name"), ledger) or tags.get("server_name", ""),
        "release": read_release(get("release"), ledger),
        "dist": read_dist(get("dist"), ledger),
        "environment": read_environment(get("environment"), ledger),
    }
    data: dict[str, Any] = {
        "event_id": read_event_id(event_id) or read_event_id(get("event_id")),
        "type": kind,
        "timestamp": iso(clock.timestamp),
        "received": iso(received_at),
        **attributes,
        "logentry": logentry,
        "exception": {"values": exceptions} if exceptions else None,
        "threads": {"values": threads} if threads else None,
        "stacktrace": stacktrace,
        "template": read_frame(template, ("template",), ledger)
        if template.__class__ is dict
        else None,
        "request": request,
        "user": user,
        "contexts": contexts,
        "tags": tags,
        "extra": _read_extra(get("extra"), ledger),
        "modules": read_modules(get("modules"), ledger),
        "sdk": sdk,
        "fingerprint": list(fingerprint),
        "debug_meta": read_debug_meta(_pick(raw, "debug_meta"), exceptions, threads, ledger),
    }
    breadcrumbs = read_breadcrumbs(_pick(raw, "breadcrumbs"), clock, ledger)
    if breadcrumbs:
        data["breadcrumbs"] = {"values": breadcrumbs}
    data.update(_kept_as_sent(raw, kind, ledger))
    meta = _read_meta(get("_meta"), ledger)
    data["_meta"] = ledger.meta(meta)
    data["errors"] = ledger.notes
    event = {key: value for key, value in data.items() if value}

    all_tags = {**tags}
    own = {
        **attributes,
        "user": user_key(user),
        "trace": trace_id(contexts),
        "sdk.name": sdk.get("name", ""),
    }
    del own["platform"]
    for name, text in derived_tags(own, request, exceptions, contexts):
        if text and name not in all_tags:
            all_tags[name] = tag_value(text, limits.tag_length)
    return EventData(
        event_id=data["event_id"],
        type=kind,
        timestamp=clock.timestamp,
        received_at=received_at,
        message=logentry.get("formatted", ""),
        user_key=own["user"],
        trace_id=own["trace"],
        fingerprint=fingerprint,
        tags=all_tags,
        data=event,
        notes=tuple(ledger.notes),
        **attributes,
    )


def _pick(raw: dict[str, Any], name: str) -> Any:
    """An attribute under its own name or an older one."""
    value = raw.get(name)
    if value is None:
        for alias in _ALIASES[name]:
            value = raw.get(alias)
            if value is not None:
                break
    return value


def _read_extra(value: Any, ledger: Ledger) -> dict[str, Any]:
    if value is None:
        return {}
    if value.__class__ is not dict:
        value = {"value": value}
    if any(each.__class__ is str and is_reference(each) for each in value.values()):
        value = {
            key: each
            for key, each in value.items()
            if not (each.__class__ is str and is_reference(each))
        }
    limits = ledger.limits
    return bounded_map(
        value,
        length=limits.extra_length,
        entry_length=limits.extra_value_length,
        depth=limits.extra_depth,
        path=("extra",),
        ledger=ledger,
    )


def _kept_as_sent(raw: dict[str, Any], kind: str, ledger: Ledger) -> dict[str, Any]:
    """What has no form of ours: reports, a transaction's parts, and names nobody knows."""
    found: dict[str, Any] = {}
    info = raw.get("transaction_info")
    if info.__class__ is dict:
        found["transaction_info"] = bounded(
            info, length=1024, depth=3, path=("transaction_info",), ledger=ledger
        )
    for name in _REPORTS:
        report = raw.get(name)
        if report.__class__ is dict:
            found[name] = bounded(report, length=64 * 1024, depth=7, path=(name,), ledger=ledger)
    if kind == "transaction":
        for name in _TRANSACTION:
            part = raw.get(name)
            if part is not None:
                found[name] = bounded(
                    part, length=1024 * 1024, depth=10, path=(name,), ledger=ledger
                )
    if not raw.keys() <= _READ:
        unknown = raw.keys() - _READ
        others = {key: raw[key] for key in raw if key in unknown and raw[key] is not None}
        found["unknown"] = bounded_map(
            others,
            length=ledger.limits.extra_length,
            entry_length=ledger.limits.extra_value_length,
            depth=ledger.limits.extra_depth,
            path=("unknown",),
            ledger=ledger,
            count=100,
        )
    return found


def _read_meta(value: Any, ledger: Ledger) -> dict[str, Any]:
    """The sender's `_meta`, ours to change: it mirrors the payload, so it may be deep."""
    if value.__class__ is not dict or not value:
        return {}
    kept = bounded(value, length=64 * 1024, depth=30, path=("_meta",), ledger=ledger)
    return dict(repaired(kept))
