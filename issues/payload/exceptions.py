"""Exceptions, threads, and the stacks that old clients put beside them. Pure."""

from collections.abc import Callable
from typing import Any

from issues.payload.bounds import bounded, bounded_map
from issues.payload.frames import read_stacktrace
from issues.payload.ledger import Ledger
from issues.payload.text import attribute, cut, is_reference, to_bool, to_int, to_text
from issues.payload.types import Path

_EXCEPTION = frozenset(("type", "value", "module", "mechanism", "stacktrace", "raw_stacktrace"))
_STACKS = ("stacktrace", "raw_stacktrace")
_BOOLEANS = ("handled", "synthetic", "is_exception_group")
_INTEGERS = ("exception_id", "parent_id")


def read_exceptions(value: Any, ledger: Ledger) -> list[dict[str, Any]]:
    """The exceptions, oldest cause first; those without type, value and frames are none.

    value: {"values": [...]}, a list, one exception, or a string: the value of one.
    """
    members = entries(value, "exception", ledger, _is_exception)
    limits = ledger.limits
    most = limits.exceptions_first + limits.exceptions_last
    if len(members) > most:
        ledger.cut_entries(("exception", "values"), len(members))
        members = members[: limits.exceptions_first] + members[-limits.exceptions_last :]
    found: list[dict[str, Any]] = []
    for member in members:
        path = ("exception", "values", len(found))
        exception = _read_exception(member, path, ledger)
        if exception:
            found.append(exception)
    # raven-js puts the mechanism beside the list.
    if value.__class__ is dict and "values" in value and found and "mechanism" not in found[-1]:
        path = ("exception", "values", len(found) - 1)
        mechanism = _read_mechanism(value.get("mechanism"), path, ledger)
        if mechanism:
            found[-1]["mechanism"] = mechanism
    return found


def read_threads(value: Any, ledger: Ledger) -> list[dict[str, Any]]:
    """value: {"values": [...]} or a list."""
    threads: list[dict[str, Any]] = []
    for member in entries(value, "threads", ledger, _is_thread):
        path = ("threads", "values", len(threads))
        if member.__class__ is dict:
            thread = _read_thread(member, path, ledger)
            if thread:
                threads.append(thread)
        else:
            ledger.note("threads", member)
    return threads


def settle_stacks(
    exceptions: list[dict[str, Any]],
    threads: list[dict[str, Any]],
    stacktrace: dict[str, Any],
) -> dict[str, Any]:
    """Give a single exception without a stack the one beside it: the event's, else the crashed
    thread's. Changes its arguments; returns what is left of the event's own stack."""
    if len(exceptions) != 1 or "stacktrace" in exceptions[0]:
        return stacktrace
    if stacktrace:
        exceptions[0]["stacktrace"] = stacktrace
        return {}
    crashed = [thread for thread in threads if thread.get("crashed")]
    if len(crashed) == 1 and "stacktrace" in crashed[0]:
        exceptions[0]["stacktrace"] = crashed[0].pop("stacktrace")
        if "id" in crashed[0]:
            exceptions[0].setdefault("thread_id", crashed[0]["id"])
    return {}


def entries(
    value: Any, name: str, ledger: Ledger, is_member: Callable[[Any], bool] | None = None
) -> list[Any]:
    """The members of a list interface, without nulls.

    value: a list, {"values": a list}, or in place of either list a single value of which
    `is_member` is true; anything else is noted and yields nothing.
    """
    members = value["values"] if value.__class__ is dict and "values" in value else value
    if members.__class__ is list:
        return [member for member in members if member is not None]
    if is_member is not None and is_member(members):
        return [members]
    if members is not None and members != {}:
        ledger.note(name, value)
    return []


def _is_exception(value: Any) -> bool:
    return value.__class__ is str or (value.__class__ is dict and not _EXCEPTION.isdisjoint(value))


def _is_thread(value: Any) -> bool:
    return value.__class__ is dict and "stacktrace" in value


def _read_exception(value: Any, path: Path, ledger: Ledger) -> dict[str, Any]:
    if value.__class__ is str:
        value = {"value": value}
    if value.__class__ is not dict:
        ledger.note("exception", value)
        return {}
    limits = ledger.limits
    found: dict[str, Any] = {}
    kind = ledger.attribute(
        "exception.type", value.get("type"), limits.exception_type, (*path, "type")
    )
    if kind and kind != "<unknown>":
        found["type"] = kind
    text = to_text(value.get("value"))
    if text and not is_reference(text):
        found["value"] = ledger.cut_text(text, limits.message, (*path, "value"))
    for name in _STACKS:
        stack = read_stacktrace(value.get(name), (*path, name), ledger)
        if stack:
            found[name] = stack
    if not found:
        return {}
    module = ledger.attribute(
        "exception.module", value.get("module"), limits.text, (*path, "module")
    )
    if module:
        found["module"] = module
    mechanism = _read_mechanism(value.get("mechanism"), path, ledger)
    if mechanism:
        found["mechanism"] = mechanism
    if len(value) > len(_EXCEPTION & value.keys()):
        found.update(_rest(value, _EXCEPTION, path, ledger))
    return found


def _read_mechanism(value: Any, path: Path, ledger: Ledger) -> dict[str, Any]:
    """value: an object, or a string: its type."""
    if value.__class__ is str:
        value = {"type": value}
    if value.__class__ is not dict:
        if value is not None:
            ledger.note("exception.mechanism", value)
        return {}
    limits = ledger.limits
    found: dict[str, Any] = {}
    for key, member in value.items():
        if member is None:
            continue
        place = (*path, "mechanism", cut(key, limits.key_length))
        good: Any
        if key in _BOOLEANS:
            good = to_bool(member)
        elif key in _INTEGERS:
            good = to_int(member)
        elif key in ("type", "description", "help_link", "source"):
            good = ledger.attribute(f"mechanism.{key}", member, limits.text, place) or None
        else:
            good = bounded(member, length=2048, depth=5, path=place, ledger=ledger)
        if good is not None:
            found[cut(key, limits.key_length)] = good
    return found


def _read_thread(value: dict[str, Any], path: Path, ledger: Ledger) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key in ("crashed", "current", "main"):
        flag = to_bool(value.get(key))
        if flag is not None:
            found[key] = flag
    for key in ("name", "state"):
        text = ledger.attribute(f"thread.{key}", value.get(key), 256, (*path, key))
        if text:
            found[key] = text
    for name in _STACKS:
        stack = read_stacktrace(value.get(name), (*path, name), ledger)
        if stack:
            found[name] = stack
    read = {"crashed", "current", "main", "name", "state", *_STACKS}
    found.update(_rest(value, read, path, ledger))
    return found


def _rest(
    value: dict[str, Any], read: frozenset[str] | set[str], path: Path, ledger: Ledger
) -> dict[str, Any]:
    """The members nobody has read yet: kept, within bounds. Ids are numbers or strings."""
    others = {key: each for key, each in value.items() if key not in read and each is not None}
    for key in ("id", "thread_id"):
        if key in others and others[key].__class__ is not int:
            text = cut(attribute(others.pop(key)), 128)
            if text:
                others[key] = text
    return bounded_map(
        others, length=8192, entry_length=4096, depth=5, path=path, ledger=ledger, count=50
    )
