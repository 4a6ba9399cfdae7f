"""What all decoders share: what a line becomes, level words, times, and JSON values as text. Pure."""

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from ingest import lenient

Json = dict[str, Any]

LEVELS = ("debug", "info", "warning", "error", "fatal")
_NAMES = {
    "fatal": "fatal critical crit panic alert emergency emerg",
    "error": "error err severe",
    "warning": "warning warn",
    "info": "info information log notice",
    "debug": "debug trace verbose sample finest finer fine",
}
_LEVEL_OF = {name: level for level, names in _NAMES.items() for name in names.split()}
_REFERENCE = re.compile(r"%\{[^}]+\}")
# Zones that servers write by name. The others are read as UTC.
_ZONES = {
    **{"UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 60, "BST": 60, "CET": 60, "CEST": 120},
    **{"EET": 120, "EEST": 180, "MSK": 180, "JST": 540, "KST": 540, "AEST": 600},
    **{"EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360},
    **{"PST": -480, "PDT": -420, "AEDT": 660, "NZST": 720, "NZDT": 780, "BRT": -180},
}
_OFFSET = re.compile(r"([+-])([0-9]{2}):?([0-9]{2})?")
MONTHS = {
    name: number
    for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)
}


class NotUnderstood(ValueError):
    """The entry is no log line of this format. The message is safe to show to the sender."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a request or the installation says about all of its lines.

    level: the lowest that becomes an event. slow_ms: milliseconds from which a statement that PostgreSQL logs for its
    duration is an event; 0: none. mask: literals in statements become `?`. The others are for lines that have none.
    """

    level: str = "error"
    slow_ms: float = 0
    mask: bool = True
    environment: str = ""
    release: str = ""
    service: str = ""


DEFAULT_OPTIONS = Options()


@dataclass(slots=True)
class Decoded:
    """One line that could be read.

    level: one of LEVELS. event: a payload in Sentry's form, to be changed. is_wanted: None if the level decides, else
    what the format's own rules say. source: what names the line besides its text, "" if nothing in it does.
    is_named: whether the line itself says how bad it is.
    """

    format: str
    level: str
    event: Json
    is_wanted: bool | None = None
    source: str = ""
    is_named: bool = True

    def is_event(self, threshold: str) -> bool:
        high_enough = LEVELS.index(self.level) >= LEVELS.index(threshold)
        return high_enough if self.is_wanted is None else self.is_wanted


def level_of(word: object) -> str:
    """One of LEVELS; "" for a word that is none."""
    return _LEVEL_OF.get(word.strip().lower(), "") if isinstance(word, str) else ""


def is_reference(value: object) -> bool:
    """Is this `%{field}`, what Logstash sends when there is no such field?"""
    return isinstance(value, str) and value[:2] == "%{" and _REFERENCE.fullmatch(value) is not None


def is_absent(value: object) -> bool:
    return value is None or is_reference(value)


def to_text(value: Any) -> str:
    """Strings bare, everything else as compact JSON; "" for null."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    try:
        return orjson.dumps(value).decode()
    except (TypeError, ValueError):
        # Long integers, lone surrogates, or too deep for the writer.
        return repr(value)[:1000] if not isinstance(value, dict | list) else ""


def attribute(value: Any) -> str:
    """A string or a number as a trimmed string; "" for what counts as absent, or has no text."""
    if isinstance(value, str):
        text = value.strip()
        return "" if is_reference(text) else text
    if isinstance(value, bool | int):
        return to_text(value)
    if isinstance(value, float):
        return to_text(value) if math.isfinite(value) else ""
    return ""


def line(value: Any, limit: int = 200) -> str:
    return lenient.line(attribute(value), limit)


def zone_minutes(text: str) -> int:
    """Minutes east of Greenwich of `UTC`, `CEST`, `+02`, `+0530`; 0 for names that are not known."""
    found = _OFFSET.fullmatch(text)
    if found is None:
        return _ZONES.get(text.upper(), 0)
    minutes = int(found[2]) * 60 + int(found[3] or 0)
    return minutes if found[1] == "+" else -minutes


def iso(
    year: int, month: int, day: int, clock: str, *, fraction: str = "", zone: str = ""
) -> str | None:
    """`2026-05-01T10:00:00.905Z`; None if there is no such moment. clock: `10:00:00`."""
    try:
        hour, minute, second = (int(part) for part in clock.split(":"))
        at = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
        at -= timedelta(minutes=zone_minutes(zone))
    except (ValueError, OverflowError):
        return None
    digits = f".{fraction[:6]}" if fraction else ""
    return f"{at:%Y-%m-%dT%H:%M:%S}{digits}Z"
