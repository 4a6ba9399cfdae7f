"""Which time a request is about: `statsPeriod`, or `start` and `end`. Pure.

Source: the REST contract, section 8.3.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.stamps import read_stamp

_PERIOD = re.compile(r"([0-9]{1,6})([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 7 * 86_400}
MOST = timedelta(days=10 * 366)


@dataclass(frozen=True, slots=True)
class Span:
    """since, until: None is without end."""

    since: datetime | None = None
    until: datetime | None = None


ALWAYS = Span()


def span(period: str, start: str, end: str, now: datetime) -> Span:
    """period wins over start and end. Raises ValueError with a sentence for whoever asked."""
    if period:
        return Span(now - length(period))
    if not start and not end:
        return Span()
    if not start or not end:
        raise ValueError("A time has both: start and end.")
    moments = []
    for name, text in (("start", start), ("end", end)):
        at = read_stamp(text)
        if at is None:
            raise ValueError(f"{name}: “{text[:40]}” is no time: write 2026-02-01T12:30:00Z.")
        moments.append(at)
    since, until = moments
    if since >= until:
        raise ValueError("end: the time ends before it begins.")
    return Span(since, until)


def length(period: str) -> timedelta:
    """14d. Raises ValueError."""
    match = _PERIOD.fullmatch(period)
    found = timedelta(seconds=int(match[1]) * _SECONDS[match[2]]) if match else timedelta()
    if not timedelta() < found <= MOST:
        raise ValueError(f"statsPeriod: “{period[:40]}” is no period: write 24h, 14d or 4w.")
    return found
