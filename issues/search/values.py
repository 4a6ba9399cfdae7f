"""What stands behind a key: text with wildcards, numbers and times. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 7 * 86_400}
MAX_YEARS = 100
TICK = timedelta(microseconds=1)

_RELATIVE = re.compile(r"([+-])?([0-9]{1,9})([smhdw])")
_STAR = "\0"  # a literal star while reading; no text holds a NUL


@dataclass(frozen=True, slots=True)
class Value:
    """text: with its stars. parts: what stands between wildcards; one part is meant exactly."""

    text: str
    parts: tuple[str, ...]

    @property
    def is_pattern(self) -> bool:
        return len(self.parts) > 1

    def matches(self, text: str) -> bool:
        """One pass, whatever was typed: a regular expression would try all ways."""
        if not self.is_pattern:
            return text == self.parts[0]
        first, *middle, last = self.parts
        if not text.startswith(first) or len(text) < len(first) + len(last):
            return False
        at, end = len(first), len(text) - len(last)
        for part in middle:
            at = text.find(part, at, end)
            if at < 0:
                return False
            at += len(part)
        return text.endswith(last)


def value_of(written: str) -> Value:
    r"""The inside of quotes or a bare word. `*` is any text, `\*`, `\"` and `\\` are meant as they stand."""
    text = re.sub(r"\\(.)", lambda m: _STAR if m[1] == "*" else m[1], written)
    parts = tuple(part.replace(_STAR, "*") for part in re.split(r"\*+", text))
    return Value(text.replace(_STAR, "*"), parts)


def exact(text: str) -> Value:
    return Value(text, (text,))


@dataclass(frozen=True, slots=True)
class Numbers:
    """From low to high, both included; None is without end."""

    low: int | None
    high: int | None


def numbers(operator: str, text: str) -> Numbers:
    """Raises ValueError."""
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise ValueError(f"“{text[:50]}” is no whole number.")
    number = int(text)
    if operator in (">", ">="):
        return Numbers(number + (operator == ">"), None)
    if operator in ("<", "<="):
        return Numbers(None, number - (operator == "<"))
    return Numbers(number, number)


@dataclass(frozen=True, slots=True)
class Times:
    """From low up to high, which is not included; a timedelta is so long ago, None is without end."""

    low: datetime | timedelta | None
    high: datetime | timedelta | None

    def bounds(self, now: datetime) -> tuple[datetime | None, datetime | None]:
        return _moment(self.low, now), _moment(self.high, now)


def _moment(at: datetime | timedelta | None, now: datetime) -> datetime | None:
    return now - at if isinstance(at, timedelta) else at


def times(operator: str, text: str) -> Times:
    """`-24h` within, `+24h` longer ago, a day, or a comparison with any of them. Raises ValueError."""
    if match := _RELATIVE.fullmatch(text):
        ago = _ago(match)
        if operator in (">", ">="):
            return Times(ago, None)
        if operator in ("<", "<="):
            return Times(None, ago)
        if match[1] is None:
            raise ValueError(f"Write -{text} for within that time, +{text} for longer ago.")
        return Times(ago, None) if match[1] == "-" else Times(None, ago)
    at, length = _absolute(text)
    if operator == ">":
        return Times(at + TICK, None)
    if operator == ">=":
        return Times(at, None)
    if operator == "<":
        return Times(None, at)
    if operator == "<=":
        return Times(None, at + TICK)
    return Times(at, at + length)


def age(operator: str, text: str) -> Times:
    """`-24h`, `<24h` younger, `+24h`, `>24h` older. Raises ValueError."""
    match = _RELATIVE.fullmatch(text)
    if match is None or (not operator and match[1] is None):
        raise ValueError(f"“{text[:50]}” is no age: write -24h for newer, +7d for older.")
    younger = operator.startswith("<") if operator else match[1] == "-"
    return Times(_ago(match), None) if younger else Times(None, _ago(match))


def _ago(match: re.Match[str]) -> timedelta:
    seconds = int(match[2]) * UNITS[match[3]]
    if seconds > MAX_YEARS * 365 * 86_400:
        raise ValueError(f"“{match[0]}” is too long ago.")
    return timedelta(seconds=seconds)


def _absolute(text: str) -> tuple[datetime, timedelta]:
    """The moment, UTC unless it says otherwise, and how long what was written lasts."""
    try:
        at = datetime.fromisoformat(text)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        if not 1971 <= at.year <= 2200:
            raise ValueError
    except (ValueError, OverflowError):
        raise ValueError(
            f"“{text[:50]}” is no time: write -24h, 2026-02-01 or 2026-02-01T12:30."
        ) from None
    if len(text) <= 10:
        return at, timedelta(days=1)
    return at, timedelta(minutes=1) if text.count(":") == 1 else timedelta(seconds=1)
