"""Strings as senders write them, and what the database can hold. Pure."""

import math
import re
from typing import Any

import orjson

ELLIPSIS = "…"
# What every store of ours holds without loss; beyond it a number is kept as text.
INT_MIN, INT_MAX = -(2**63), 2**64 - 1

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_REFERENCE = re.compile(r"%\{[^}]+\}")
_LINE_BREAKS = re.compile(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, the last one an ellipsis if something is gone."""
    return text if len(text) <= limit else text[: limit - 1] + ELLIPSIS


def storable(text: str) -> str:
    """Without NUL (no PostgreSQL text may hold it) and lone surrogates (no UTF-8 may)."""
    return _UNSTORABLE.sub("\ufffd", text)


def one_line(text: str) -> str:
    return _LINE_BREAKS.sub(" ", text).strip()


def is_reference(text: str) -> bool:
    """Is this `%{field}`, what log pipelines send when there is no such field?"""
    return text[:2] == "%{" and _REFERENCE.fullmatch(text) is not None


def number_text(number: int) -> str:
    """An integer of any size, as text; of a very long one the beginning, as `ingest.lenient` leaves it."""
    # Python refuses to write more than 4300 digits.
    text = str(number) if number.bit_length() < 14_000 else hex(number)
    return text if len(text) <= 40 else text[:200]


def to_text(value: Any) -> str:
    """A JSON value as its writer would show it: strings bare, everything else as compact JSON."""
    if value.__class__ is str:
        return str(value)
    if value is None:
        return ""
    if value.__class__ is int:
        return number_text(value)
    try:
        return orjson.dumps(value).decode()
    except (TypeError, ValueError):
        # Too deep or too large a number for the writer.
        return orjson.dumps(_shallow(value)).decode()


def attribute(value: Any) -> str:
    """A string or a number as a trimmed string; "" for what counts as absent, or has no text."""
    if value.__class__ is str:
        text = str(value).strip()
        return "" if is_reference(text) else text
    if value.__class__ is int or value.__class__ is bool:
        return to_text(value)
    if value.__class__ is float:
        return to_text(value) if math.isfinite(value) else ""
    return ""


def to_int(value: Any) -> int | None:
    """A whole number from 0 to 2**53, also when it came as a string or a float."""
    if value.__class__ is str:
        digits = value.strip()
        value = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 17 else None
    elif value.__class__ is float and math.isfinite(value) and value == int(value):
        value = int(value)
    if value.__class__ is int and 0 <= value <= 2**53:
        return int(value)
    return None


def to_bool(value: Any) -> bool | None:
    if value.__class__ is bool:
        return bool(value)
    word = to_text(value).lower() if value.__class__ in (str, int) else ""
    if word in ("true", "yes", "1", "on"):
        return True
    if word in ("false", "no", "0", "off"):
        return False
    return None


def repaired(root: Any) -> Any:
    """A copy of a JSON value in which every string, key and number can be stored.

    Not recursive: the depth is the sender's choice.
    """
    result: list[Any] = [None]
    todo: list[tuple[Any, Any, Any]] = [(result, 0, root)]
    while todo:
        target, key, value = todo.pop()
        kind = value.__class__
        if kind is str:
            target[key] = storable(value)
        elif kind is dict:
            # Keys go in first: the order is the sender's, whatever order the values are done in.
            copy: dict[str, Any] = {}
            target[key] = copy
            for name, child in value.items():
                name = storable(name)
                copy[name] = None
                todo.append((copy, name, child))
        elif kind is list:
            target[key] = [None] * len(value)
            todo.extend((target[key], index, child) for index, child in enumerate(value))
        else:
            target[key] = scalar(value)
    return result[0]


def scalar(value: Any) -> Any:
    """A number, boolean or null that JSON and the database hold; null for NaN and infinity."""
    kind = value.__class__
    if value is None or kind is bool:
        return value
    if kind is int:
        return value if INT_MIN <= value <= INT_MAX else cut(number_text(value), 200)
    if kind is float:
        return value if math.isfinite(value) else None
    return storable(str(value))


def is_storable(root: Any) -> bool:
    """A fast answer for the usual event: "no" may also mean that one has to look closer."""
    try:
        return b"\\u0000" not in orjson.dumps(root)
    except (TypeError, ValueError):
        return False


def _shallow(root: Any) -> Any:
    """A copy with six levels, the rest null."""
    result: list[Any] = [None]
    level: list[tuple[Any, Any, Any]] = [(result, 0, root)]
    for _ in range(6):
        below: list[tuple[Any, Any, Any]] = []
        for target, key, value in level:
            if value.__class__ is dict:
                target[key] = dict.fromkeys(map(storable, value))
                below.extend((target[key], storable(name), child) for name, child in value.items())
            elif value.__class__ is list:
                target[key] = [None] * len(value)
                below.extend((target[key], index, child) for index, child in enumerate(value))
            else:
                target[key] = storable(value) if value.__class__ is str else scalar(value)
        level = below
    return result[0]
