"""The time that a list is about: the last hours or days, or from one moment to another. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from issues.sparklines import HOUR, LIST_RANGES, RANGES, Range

MOST = timedelta(days=366)
# Of one bar; whole parts of a day, or whole days.
_STEPS = (1, 2, 3, 6, 12, 24, 48, 96, 168)
_BARS = 60


@dataclass(frozen=True, slots=True)
class Period:
    """chart: the bars, up to `end`. since, until: only issues with an event in between; None: whenever."""

    chart: Range
    end: datetime
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_absolute(self) -> bool:
        return self.until is not None


def period(key: str, start: str, end: str, *, now: datetime, zone: tzinfo) -> tuple[Period, str]:
    """What the address says, and a sentence if that will not do. start, end: ISO, in `zone` unless they say otherwise.

    Without any of them the charts show a day, and the list is about all time.
    """
    if start or end:
        try:
            return _between(start, end, now, zone), ""
        except ValueError as error:
            return Period(RANGES["24h"], now), str(error)
    if key in LIST_RANGES:
        chart = RANGES[key]
        return Period(chart, now, since=now - chart.bars * chart.hours * HOUR), ""
    return Period(RANGES["24h"], now), ""


def _between(start: str, end: str, now: datetime, zone: tzinfo) -> Period:
    until = min(_moment(end, zone, is_end=True), now) if end else now
    if not start:
        raise ValueError("A time has a beginning: say from when.")
    since = _moment(start, zone)
    if since >= until:
        raise ValueError("The time ends before it begins.")
    if until - since > MOST:
        raise ValueError("A time is up to a year long.")
    return Period(_chart(since, until), until - timedelta(microseconds=1), since, until)


def _moment(text: str, zone: tzinfo, *, is_end: bool = False) -> datetime:
    """A day as an end is meant with all of it."""
    try:
        at = datetime.fromisoformat(text)
        at = at if at.tzinfo else at.replace(tzinfo=zone)
        if not 1971 <= at.year <= 2200:
            raise ValueError
        return at + timedelta(days=1) if is_end and len(text) <= 10 else at
    except (ValueError, OverflowError):
        raise ValueError(
            f"“{text[:40]}” is no time: write 2026-02-01 or 2026-02-01T12:30."
        ) from None


def _chart(since: datetime, until: datetime) -> Range:
    length = (until - since) / HOUR
    step = next((step for step in _STEPS if length / step <= _BARS), _STEPS[-1])
    bars = int(length // step) + 2  # both ends are parts of a bar
    label = f"{since:%-d %b %H:%M} – {until:%-d %b %H:%M}"
    return Range("", label, bars, step)
