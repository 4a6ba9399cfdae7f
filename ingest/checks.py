"""What an item must hold to be of any use, and how much it counts. Pure. Source: ingest contract, section 7."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from ingest import checkins, envelope

# Bytes; a larger item is dropped and the rest of its envelope kept (ingest contract, section 14).
MAX_BYTES: Mapping[str, int] = {
    "client_report": 4 * 1024,
    "user_report": 16 * 1024,
    "check_in": checkins.MAX_BYTES,
    "raw_security": 64 * 1024,
    "session": 64 * 1024,
    "sessions": 1 << 20,
}
MAX_ENTRY_BYTES = 1 << 20  # one log line or span of a container
SESSION_STATUSES = frozenset({"ok", "exited", "crashed", "abnormal", "errored", "unhandled"})


@dataclass(frozen=True, slots=True)
class Checked:
    """quantity: log lines or spans in the item. too_large: entries that were taken out of the payload.

    problem: why the item is worth nothing, "" if it is fine.
    """

    quantity: int = 1
    too_large: int = 0
    problem: str = ""


def check(kind: str, payload: dict[str, Any], size: int) -> Checked:
    """payload: of a JSON item type; loses its too large entries. size: its bytes."""
    checker = _CHECKS.get(kind)
    if checker is not None:
        return Checked(problem=checker(payload))
    if kind in ("log", "span"):
        return _container(kind, payload, size)
    return Checked()


def _transaction(payload: Mapping[str, Any]) -> str:
    for name in ("start_timestamp", "timestamp"):
        if payload.get(name) is None:
            return f"a transaction needs {name}"
    contexts = payload.get("contexts")
    trace = contexts.get("trace") if isinstance(contexts, dict) else None
    if not isinstance(trace, dict) or not envelope.event_id_of(trace.get("trace_id")):
        return "a transaction needs contexts.trace.trace_id"
    return ""


def _session(payload: Mapping[str, Any]) -> str:
    if payload.get("started") is None:
        return "a session needs started"
    status = payload.get("status", "ok")
    if not isinstance(status, str) or status not in SESSION_STATUSES:
        return f"a session's status cannot be {str(status)[:40]!r}"
    return ""


def _sessions(payload: Mapping[str, Any]) -> str:
    aggregates = payload.get("aggregates")
    if not isinstance(aggregates, list) or not all(isinstance(each, dict) for each in aggregates):
        return "sessions need a list of aggregates"
    return ""


def _client_report(payload: Mapping[str, Any]) -> str:
    for name in ("discarded_events", "rate_limited_events", "filtered_events"):
        if not isinstance(payload.get(name) or [], list):
            return f"{name} is no list"
    return ""


def _container(kind: str, payload: dict[str, Any], size: int) -> Checked:
    entries = payload.get("items")
    if entries is None:
        # The first version of both: a single one as it is.
        if payload.get("span_id" if kind == "span" else "body") is None:
            return Checked(problem=f"neither a {kind} nor a list of them")
        return Checked()
    if not isinstance(entries, list):
        return Checked(problem="items is no list")
    kept = [entry for entry in entries if isinstance(entry, dict)]
    if size > MAX_ENTRY_BYTES:
        kept = [entry for entry in kept if _size(entry) <= MAX_ENTRY_BYTES]
    payload["items"] = kept
    return Checked(quantity=len(kept), too_large=len(entries) - len(kept))


def _size(entry: dict[str, Any]) -> int:
    try:
        return len(orjson.dumps(entry))
    except (TypeError, ValueError):
        return len(repr(entry))


_CHECKS: Mapping[str, Callable[[dict[str, Any]], str]] = {
    "transaction": _transaction,
    "session": _session,
    "sessions": _sessions,
    "check_in": checkins.problem_of,
    "client_report": _client_report,
}
