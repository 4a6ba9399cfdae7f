"""Contexts: what the event happened in, as named objects. Pure."""

from typing import Any

from issues.payload.agents import contexts_of
from issues.payload.attributes import read_event_id
from issues.payload.bounds import bounded_map
from issues.payload.ledger import Ledger
from issues.payload.text import attribute, cut, is_reference

Contexts = dict[str, dict[str, Any]]


def read_contexts(value: Any, ledger: Ledger) -> Contexts:
    """value: an object of objects; what is none becomes {"value": ...}."""
    if value.__class__ is not dict:
        if value is not None:
            ledger.note("contexts", value)
        return {}
    limits = ledger.limits
    found: Contexts = {}
    for key, context in value.items():
        if context is None or context == {}:
            continue
        if len(found) == limits.contexts:
            ledger.cut_entries(("contexts",), len(value))
            break
        name = cut(key, limits.key_length)
        if context.__class__ is not dict:
            context = {"value": context}
        if any(each is None or _is_reference(each) for each in context.values()):
            context = {
                k: each
                for k, each in context.items()
                if each is not None and not _is_reference(each)
            }
        found[name] = bounded_map(
            context,
            length=limits.context_length,
            entry_length=limits.context_length,
            depth=limits.context_depth,
            path=("contexts", name),
            ledger=ledger,
        )
    system = found.get("os")
    version = system.get("version") if system else None
    if system and version.__class__ is str and version != version.strip():
        found["os"] = {**system, "version": version.strip()}
    return found


def add_agent(contexts: Contexts, user_agent: str) -> None:
    """Add browser, os and device from a User-Agent header, where the sender told none."""
    if not user_agent or ("browser" in contexts and "os" in contexts and "device" in contexts):
        return
    for name, context in contexts_of(user_agent[:1024]):
        if name not in contexts:
            contexts[name] = dict(context)


def find_context(contexts: Contexts, kind: str) -> dict[str, Any]:
    """The context of a kind: that of this name, else the first of this `type`, else {}."""
    if kind in contexts:
        return contexts[kind]
    return next((each for each in contexts.values() if each.get("type") == kind), {})


def trace_id(contexts: Contexts) -> str:
    """32 hex digits, or ""."""
    return read_event_id(find_context(contexts, "trace").get("trace_id"))


def title(context: dict[str, Any]) -> str:
    """Name and version: "Chrome 120.0.0"."""
    parts = (attribute(context.get("name")), attribute(context.get("version")))
    return " ".join(parts) if all(parts) else parts[0]


def _is_reference(value: Any) -> bool:
    return value.__class__ is str and is_reference(value)
