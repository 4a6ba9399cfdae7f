"""Pages by key, not by number: page 400 is as fast as page 1. Pure.

A cursor is `<a|b><key>_<id>_<offset>`: the rows after or before (a newer page) the row of that sort key and id. The
offset only tells the reader where he is.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

_CURSOR = re.compile(r"([ab])(-?[0-9]{1,18})_([0-9]{1,18})_([0-9]{1,9})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

SortKey = datetime | int


@dataclass(frozen=True, slots=True)
class Sort:
    key: str
    field: str
    label: str
    is_time: bool


SORTS = {
    s.key: s
    for s in (
        Sort("last", "last_seen", "last seen", True),
        Sort("first", "first_seen", "first seen", True),
        Sort("events", "event_count", "events", False),
        Sort("users", "user_count", "users", False),
        Sort("trend", "", "trend", False),  # issues.trend: no column of the issue
    )
}


@dataclass(frozen=True, slots=True)
class Cursor:
    """key: as the database has it. offset: rows before this page, as far as is known."""

    is_backwards: bool
    key: SortKey
    id: int
    offset: int

    def __str__(self) -> str:
        if isinstance(self.key, datetime):
            delta = self.key - _EPOCH
            number = (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds
        else:
            number = self.key
        return f"{'b' if self.is_backwards else 'a'}{number}_{self.id}_{self.offset}"


def parse_cursor(text: str, sort: Sort) -> Cursor | None:
    """None for anything that is not a cursor: the first page then."""
    match = _CURSOR.fullmatch(text)
    if match is None:
        return None
    number = int(match[2])
    key: SortKey = number
    if sort.is_time:
        seconds, microseconds = divmod(number, 1_000_000)
        if not 0 <= seconds < 253_402_300_800:  # the year 10000
            return None
        # Whole numbers throughout: a float would lose the microsecond that the next page starts at.
        key = datetime.fromtimestamp(seconds, UTC).replace(microsecond=microseconds)
    return Cursor(match[1] == "b", key, int(match[3]), int(match[4]))
