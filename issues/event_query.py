"""What is asked of the events of one issue -> conditions on columns, and on what only the payload knows. Pure.

    timeout release:shop@1.4* !browser:"Firefox 145" has:user received:-24h trace:6f1d...

The language of the issue search; the keys are columns of an event, and all tags.
"""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from issues.grouping.rules.globs import Glob
from issues.states import Level

MAX_TERMS = 20
MAX_CHARACTERS = 1000

TIMES = ("received", "timestamp")
# Answered by the row of an event, without a look at what it held.
COLUMNS = frozenset(
    {*TIMES, "level", "platform", "release", "environment", "user", "trace", "api_request_id", "id"}
)
# Their columns hold less than the tag, or have no list of values to look among.
_PATTERNS_OF_TAGS = frozenset({"user", "api_request_id"})
# What the payload says beside its tags; nobody counts their values.
FIELDS = frozenset({"error.type", "error.value", "message"})
# As the search of issues and the interface for programs call them.
_ALIASES = {"event_id": "id", "event.id": "id", "trace_id": "trace", "date": "received"}
_HAS_COLUMN = frozenset({"release", "environment", "user", "trace", "api_request_id"})

_TERM = re.compile(
    r"""
    (?P<not>!)?
    (?:(?P<key>[A-Za-z_][\w.\-]*):(?=[^\s/]|"))?   # not of http://
    (?:"(?P<quoted>(?:[^"\\]|\\.)*)"?|(?P<plain>[^\s"]+))
    """,
    re.VERBOSE,
)
_AGO = re.compile(r"([+-])([0-9]{1,4})(m|h|d|w)")
_UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}


@dataclass(frozen=True, slots=True)
class Ask:
    """One condition. at: the moment, of a key that is a time; is_after: what came since then, else before."""

    key: str
    value: str
    negated: bool = False
    is_pattern: bool = False
    at: datetime | None = None
    is_after: bool = False


@dataclass(frozen=True, slots=True)
class EventQuery:
    """text: as typed. columns, tags: conditions; has: keys that must be there. errors: sentences."""

    text: str
    columns: tuple[Ask, ...] = ()
    tags: tuple[Ask, ...] = ()
    has: tuple[Ask, ...] = ()
    words: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.columns or self.tags or self.has or self.words)

    @property
    def reads_payloads(self) -> bool:
        return bool(self.tags or self.words or any(a.key not in _HAS_COLUMN for a in self.has))


def parse(text: str, now: datetime) -> EventQuery:
    # PostgreSQL takes no NUL in a text.
    text = " ".join(text[:MAX_CHARACTERS].replace("\0", " ").split())
    columns: list[Ask] = []
    tags: list[Ask] = []
    has: list[Ask] = []
    words: list[str] = []
    errors: list[str] = []
    found = list(_TERM.finditer(text))
    if len(found) > MAX_TERMS:
        errors.append(f"{MAX_TERMS} terms at most; the others are left out.")
    for match in found[:MAX_TERMS]:
        key, negated = match["key"], match["not"] is not None
        quoted = match["quoted"]
        value = match["plain"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        if key is None and match["quoted"] is None and value in ("OR", "AND", "(", ")"):
            errors.append("All of it must hold: OR and brackets are for the search of issues.")
            continue
        if key is None:
            if value:
                words.append(("!" if negated else "") + value.lower())
            continue
        if key == "user.id":
            key, value = "user", f"id:{value}"
        key = _ALIASES.get(key, key)
        ask = _ask(key, value, negated, now, is_quoted=quoted is not None)
        if isinstance(ask, str):
            errors.append(ask)
        elif key == "has":
            has.append(ask)
        elif key in COLUMNS and not (ask.is_pattern and key in _PATTERNS_OF_TAGS):
            columns.append(ask)
        else:
            tags.append(ask)
    return EventQuery(text, tuple(columns), tuple(tags), tuple(has), tuple(words), tuple(errors))


def _ask(key: str, value: str, negated: bool, now: datetime, *, is_quoted: bool) -> Ask | str:
    """The condition, or what is wrong with it."""
    if key == "has":
        return Ask(value, "", negated)
    if key == "is":
        return "is: asks for the state of issues; these are events."
    if key == "level":
        if value.upper() not in Level.__members__:
            return f"level: knows fatal, error, warning, info and debug, not “{value[:40]}”."
        return Ask(key, value.lower(), negated)
    if key in ("id", "trace"):
        try:
            return Ask(key, uuid.UUID(value).hex, negated)
        except ValueError:
            return f"{key}: takes 32 hexadecimal digits, not “{value[:40]}”."
    if key in TIMES:
        return _time(key, value, negated, now)
    is_pattern = "*" in value and not is_quoted and key != "platform"
    return Ask(key, value, negated, is_pattern=is_pattern)


def _time(key: str, value: str, negated: bool, now: datetime) -> Ask | str:
    wrong = f"{key}: takes -24h, +7d, >2026-01-31 or <2026-01-31T12:00, not “{value[:40]}”."
    if ago := _AGO.fullmatch(value):
        at = now - int(ago[2]) * _UNITS[ago[3]]
        return Ask(key, value, negated, at=at, is_after=ago[1] == "-")
    if value[:1] not in ("<", ">"):
        return wrong
    try:
        at = datetime.fromisoformat(value[1:].removeprefix("="))
    except ValueError:
        return wrong
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    if not 1970 <= at.year <= 2200:
        return wrong
    return Ask(key, value, negated, at=at, is_after=value[0] == ">")


def matches(query: EventQuery, tags: Mapping[str, str], text: str) -> bool:
    """Whether an event fits in all that its columns do not say.

    tags: with FIELDS among them. text: title and message, in small letters.
    """
    for ask in query.has:
        if ask.key not in _HAS_COLUMN and (ask.key in tags) is ask.negated:
            return False
    for ask in query.tags:
        value = tags.get(ask.key)
        fits = value is not None and (
            Glob(ask.value).matches(value) if ask.is_pattern else value == ask.value
        )
        if fits is ask.negated:
            return False
    return all(
        word[1:] not in text if word.startswith("!") and len(word) > 1 else word in text
        for word in query.words
    )
