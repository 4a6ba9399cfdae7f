"""How long events may stay, and in which order they leave. Pure.

An event leaves when the first of these rules says so: it is older than `days`; its issue has more than `issue_events`;
its project has more than `project_events`; the installation takes more bytes than it may. What says most about an issue
stays longest, see Worth.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

# What a sender repeats because an answer was lost is recognised by the stored event: none leaves so soon.
SETTLING = timedelta(hours=1)


class Reason(StrEnum):
    AGE = "age"
    ISSUE = "issue"
    PROJECT = "project"
    BYTES = "bytes"


class Worth(IntEnum):
    """In the order of leaving. PLACE: the first kept event of a release and environment in its issue. LINKED: a comment
    names it, or somebody's feedback is about it. END: the first of its issue, or the latest.
    """

    ORDINARY = 0
    PLACE = 1
    LINKED = 2
    END = 3


@dataclass(frozen=True, slots=True)
class Policy:
    """0: no limit. kept_days: of events that are worth more than ordinary ones."""

    days: int = 0
    kept_days: int = 0
    project_events: int = 0
    issue_events: int = 0

    def limit_of(self, worth: Worth) -> int:
        """Days. Whoever keeps ordinary events for longer than the others keeps these as long."""
        if worth is Worth.ORDINARY or not self.kept_days or not self.days:
            return self.days if worth is Worth.ORDINARY else self.kept_days
        return max(self.days, self.kept_days)

    def cutoff(self, worth: Worth, now: datetime) -> datetime | None:
        """What was received before leaves by age. None: nothing does."""
        days = self.limit_of(worth)
        if not days:
            return None
        try:
            return now - timedelta(days=days)
        except OverflowError:  # longer than there are years
            return None

    @property
    def is_by_number(self) -> bool:
        return bool(self.project_events or self.issue_events)


def water_level(counts: Iterable[int], most: int) -> int:
    """The largest cap for each of the counts with which they sum up to at most `most`; 0 if there is none.

    The largest issues give, the small ones keep what they have.
    """
    return water_level_of(_histogram(counts), most)


def water_level_of(histogram: Mapping[int, int], most: int) -> int:
    """histogram: count -> how many issues have it."""
    left, issues = most, sum(histogram.values())
    for count in sorted(histogram):
        # All that are still here get as much as the smallest of them has, or an equal share of what is left.
        if count * issues > left:
            return max(0, left // issues)
        left -= count * histogram[count]
        issues -= histogram[count]
    return max(histogram, default=0)


def _histogram(counts: Iterable[int]) -> Mapping[int, int]:
    found: dict[int, int] = {}
    for count in counts:
        found[count] = found.get(count, 0) + 1
    return found
