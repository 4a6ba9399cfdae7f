"""Times as clients of the API read and write them: ISO 8601, UTC, with a final Z. Pure.

Source: the REST contract, section 1.6.
"""

import re
from datetime import UTC, datetime
from typing import Any

_FRACTION = re.compile(r"(\.\d{6})\d+")


def stamp(at: datetime) -> str:
    """2026-02-04T11:30:15.250000Z; without a fraction where there is none."""
    return at.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def stamp_or_none(at: datetime | None) -> str | None:
    return None if at is None else stamp(at)


def read_stamp(value: Any) -> datetime | None:
    """What somebody sent, also with nine digits of a second (sentry-cli); UTC where it names no zone. None for what is
    no time.
    """
    if not isinstance(value, str) or not value or len(value) > 60:
        return None
    try:
        at = datetime.fromisoformat(_FRACTION.sub(r"\1", value.strip()))
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at if 1971 <= at.year <= 2200 else None


def restamped(value: Any) -> str | None:
    """A time of a payload in the form of all others."""
    at = read_stamp(value)
    return None if at is None else stamp(at)
