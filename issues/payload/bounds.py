"""Values of any shape, cut to a length and a depth. Pure, never recursive.

Length counts the characters of strings and keys, and nothing for numbers: it is meant for what
a reader and a database have to carry. Entries are kept from the front.
"""

from collections.abc import Iterator
from math import isfinite
from typing import Any

from orjson import dumps

from issues.payload.ledger import Ledger
from issues.payload.text import INT_MAX, INT_MIN, cut, scalar
from issues.payload.types import Path

# A number, true, false and null; with it a list of a million nulls has a length, too.
_SCALAR_LENGTH = 4


def measure(root: Any, depth: int, length: int, key_length: int) -> int:
    """The length of a list or object if it may stay as it is, else -1.

    -1: longer than `length`, nested deeper than `depth`, or holding a number or key that
    cannot stay. Goes level by level, which gives the depth for nothing.
    """
    left = length
    level: list[Any] = [root]
    for _ in range(depth):
        below: list[Any] = []
        for container in level:
            if container.__class__ is dict:
                for key in container:
                    size = len(key)
                    if size > key_length:
                        return -1
                    left -= size
                container = container.values()
            for value in container:
                kind = value.__class__
                if kind is str:
                    left -= len(value)
                elif kind is dict or kind is list:
                    below.append(value)
                else:
                    left -= _SCALAR_LENGTH
                    if kind is int:
                        if not INT_MIN <= value <= INT_MAX:
                            return -1
                    elif kind is float:
                        if not isfinite(value):
                            return -1
                    elif value is not None and kind is not bool:
                        return -1
            if left < 0:
                return -1
        if not below:
            return length - left
        level = below
    return -1


def map_fits(
    entries: dict[str, Any],
    count: int,
    length: int,
    entry_length: int,
    depth: int,
    key_length: int,
) -> bool:
    """May this object stay as it is, with its own limit for each value?

    Called for every frame and breadcrumb, hence no keyword arguments.
    """
    if len(entries) > count:
        return False
    left = length
    for key, value in entries.items():
        left -= len(key)
        if len(key) > key_length:
            return False
        kind = value.__class__
        if kind is str:
            size = len(value)
            if size > entry_length:
                return False
            left -= size
        elif kind is dict or kind is list:
            if value:
                size = _glance(value, depth - 1, key_length)
                if size < 0:
                    size = measure(value, depth - 1, entry_length, key_length)
                if size < 0 or size > entry_length:
                    return False
                left -= size
        elif kind is int:
            if not INT_MIN <= value <= INT_MAX:
                return False
        elif kind is float:
            if not isfinite(value):
                return False
        elif value is not None and kind is not bool:
            return False
    return left >= 0


def _glance(value: Any, depth: int, length: int) -> int:
    """The length of a small list or object that may stay, else -1: the writer's quick answer.

    Its text shows how deep it can be at most, and "null" where a NaN could be.
    """
    try:
        text = dumps(value)
    except (TypeError, ValueError):
        return -1
    if len(text) > length or text.count(b"{") + text.count(b"[") > depth or b"null" in text:
        return -1
    return len(text)


def bounded(value: Any, *, length: int, depth: int, path: Path, ledger: Ledger) -> Any:
    """Any JSON value, cut to `length` characters and `depth` levels of nesting."""
    return _bounded(value, length, depth, path, ledger)[0]


def bounded_map(
    entries: dict[str, Any],
    *,
    length: int,
    entry_length: int,
    depth: int,
    path: Path,
    ledger: Ledger,
    count: int = 1000,
) -> dict[str, Any]:
    """An object, cut to `count` entries and `length` characters, each value to `entry_length`.

    Returns the object itself if all is well.
    """
    key_length = ledger.limits.key_length
    if map_fits(entries, count, length, entry_length, depth, key_length):
        return entries
    kept: dict[str, Any] = {}
    left = length
    for key, value in entries.items():
        if len(kept) >= count or left <= 0:
            ledger.cut_entries(path, len(entries))
            break
        name = cut(key, key_length)
        left -= len(name)
        room = max(min(left, entry_length), 1)
        kept[name], used = _bounded(value, room, depth - 1, (*path, name), ledger)
        left -= used
    return kept


def _bounded(value: Any, length: int, depth: int, path: Path, ledger: Ledger) -> tuple[Any, int]:
    """The value and how much of `length` it took."""
    kind = value.__class__
    if kind is str:
        text = ledger.cut_text(value, length, path)
        return text, len(text)
    if kind is not dict and kind is not list:
        return scalar(value), _SCALAR_LENGTH
    if not value:
        return value, 0
    if depth <= 0:
        ledger.cut_entries(path, len(value))
        return None, 0
    size = measure(value, depth, length, ledger.limits.key_length)
    return (value, size) if size >= 0 else _trimmed(value, length, depth, path, ledger)


def _trimmed(
    root: Any, length: int, depth: int, path: Path, ledger: Ledger
) -> tuple[dict[str, Any] | list[Any], int]:
    """A copy of a list or object, in the order given, that ends where `length` does."""
    key_length = ledger.limits.key_length
    result: dict[str, Any] | list[Any] = {} if root.__class__ is dict else []
    left = length
    # What is being copied, outermost first: source, copy, members still to come, place.
    open_: list[tuple[Any, Any, Iterator[tuple[Any, Any]], Path]] = [
        (root, result, _members(root), path)
    ]
    while open_:
        source, copy, members, place = open_[-1]
        for key, value in members:
            if left <= 0:
                # Everything not yet copied is gone, here and in every container around.
                ledger.cut_entries(place, len(source))
                break
            if source.__class__ is dict:
                key = cut(key, key_length)
                left -= len(key)
            kind = value.__class__
            child: Any
            if kind is str:
                child = ledger.cut_text(value, max(left, 1), (*place, key))
                left -= len(child)
            elif kind is dict or kind is list:
                child = {} if kind is dict else []
                if value and len(open_) >= depth:
                    child = None
                    ledger.cut_entries((*place, key), len(value))
            else:
                child = scalar(value)
                left -= _SCALAR_LENGTH
            if copy.__class__ is dict:
                copy[key] = child
            else:
                copy.append(child)
            if child is not None and (kind is dict or kind is list) and value:
                open_.append((value, child, _members(value), (*place, key)))
                break
        else:
            open_.pop()
            continue
        if open_[-1][1] is copy:
            open_.pop()
    return result, length - max(left, 0)


def _members(container: Any) -> Iterator[tuple[Any, Any]]:
    if container.__class__ is dict:
        return iter(container.items())
    return iter(enumerate(container))
