"""Times as senders write them, and what becomes of a clock that is wrong. Pure.

Accepted: seconds, milliseconds, microseconds and nanoseconds since 1970, told apart by their
size, also as digits in a string; ISO 8601 with `T` or a blank, with or without fraction and
zone (none: UTC). Years from 1970 to 2200; everything else counts as absent.
"""

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from issues.payload.ledger import INVALID, Ledger

SKEW = timedelta(minutes=55)  # below this, a difference is the network's
FUTURE = timedelta(seconds=60)
PAST = timedelta(days=30)

_END = 7_289_654_400  # 2201-01-01 in seconds
_UNITS = ((1e17, 1_000_000_000), (1e14, 1_000_000), (1e11, 1000))
_NUMBER = re.compile(r"[0-9]{1,20}(?:\.[0-9]{0,20})?(?:[eE]\+?[0-9]{1,2})?")
_ISO = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2})"
    r"(?::([0-9]{2})(?:[.,]([0-9]{0,9}))?)?"
    r" ?(?:(Z|z|UTC|GMT)|([+-])([0-9]{2}):?([0-9]{2})?)?"
)


def iso(time: datetime) -> str:
    """2026-05-01T10:00:00.250Z; time: in UTC."""
    # Not isoformat(): its zone would have to be cut off again.
    return time.isoformat(timespec="milliseconds")[:23] + "Z"


def parse_time(value: Any) -> datetime | None:
    """A time in any of the accepted forms, in UTC; None for all others."""
    kind = value.__class__
    if kind is str:
        # What current SDKs send, at a tenth of the price: 2026-05-01T10:00:00.123456Z
        if len(value) in (24, 27) and value[-1] == "Z" and _looks_canonical(value):
            try:
                time = datetime.fromisoformat(value)
            except ValueError:
                return None
            return time if 1970 <= time.year <= 2200 else None
        text = value.strip()
        if _NUMBER.fullmatch(text):
            return _from_number(float(text))
        return _from_iso(text)
    if kind is float or kind is int:
        return _from_number(value)
    return None


class Clock:
    """Turns the times of one event into ours: the event's own and those of its breadcrumbs."""

    __slots__ = ("_shift", "timestamp")

    def __init__(
        self, sent: Any, received_at: datetime, sent_at: datetime | None, ledger: Ledger
    ) -> None:
        """sent: the event's `timestamp`, anything; sent_at: the envelope's, by the same clock."""
        time = parse_time(sent)
        if time is None and sent is not None:
            ledger.note("timestamp", sent, INVALID)
        shift = timedelta(0)
        if sent_at is not None and abs(received_at - sent_at) >= SKEW:
            shift = received_at - sent_at
            ledger.note("timestamp", f"{shift.total_seconds():.0f} s", "clock_drift")
        corrected = received_at if time is None else _shifted(time, shift, received_at)
        if corrected > received_at + FUTURE:
            ledger.note("timestamp", sent, "future_timestamp")
            corrected = received_at
        elif corrected < received_at - PAST:
            ledger.note("timestamp", sent, "past_timestamp")
            corrected = received_at
        if time is not None:
            # What came before the event stays as long before it as it was.
            shift = corrected - time
        self._shift = shift
        self.timestamp = corrected

    def iso(self, value: Any) -> str | None:
        """The time of a breadcrumb, corrected as its event's was."""
        if not self._shift:
            if value.__class__ is str and len(value) == 27 and _looks_canonical(value):
                # Nothing to compute, if it is a time at all.
                return value[:23] + "Z" if parse_time(value) else None
            time = parse_time(value)
            return None if time is None else iso(time)
        time = parse_time(value)
        return None if time is None else iso(_shifted(time, self._shift, self.timestamp))


def _looks_canonical(text: str) -> bool:
    return text[4] == "-" and text[7] == "-" and text[10] == "T" and text[19] == "."


def _shifted(time: datetime, shift: timedelta, fallback: datetime) -> datetime:
    try:
        return time + shift
    except OverflowError:
        return fallback


def _from_number(value: float) -> datetime | None:
    for threshold, unit in _UNITS:
        if value > threshold:
            value = value / unit if value < 1e30 else math.inf
            break
    return datetime.fromtimestamp(value, UTC) if 0 <= value < _END else None


def _from_iso(text: str) -> datetime | None:
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, _, sign, hours, minutes = match.groups()
    if not 1969 <= int(year) <= 2201:
        return None
    try:
        time = datetime(
            int(year),
            int(month),
            int(day),
            int(hour),
            int(minute),
            min(int(second or 0), 59),  # a leap second is the one before it
            int((fraction or "")[:6].ljust(6, "0")),
            UTC,
        )
    except ValueError:
        return None
    if sign:
        offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
        time = time - offset if sign == "+" else time + offset
    return time if 1970 <= time.year <= 2200 else None
