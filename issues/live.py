"""What has come since a page was made, for a badge on it. One indexed query each."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from issues.models import Issue
from issues.states import Status

MAX_COUNTED = 50


@dataclass(frozen=True, slots=True)
class News:
    """text: "" for none. seen: what to ask with the next time."""

    text: str
    seen: str


def of_issue(issue: Issue, seen: int) -> News:
    """seen: how many events the page knew of."""
    return News(_events(issue.event_count - seen), str(seen))


def of_list(project_ids: Collection[int] | None, seen: datetime) -> News:
    """Of unresolved issues. project_ids: None for all there are. seen: when the page was made, or what was answered.

    What was received before the page was made and is digested after it is news, too: the answer's `seen` is the
    latest that is known, where that is earlier.
    """
    issues = Issue.objects.filter(status=Status.UNRESOLVED)
    if project_ids is not None:
        issues = issues.filter(project__in=project_ids)
    latest = list(
        issues.order_by("-last_seen", "-pk").values_list("last_seen", "first_seen")[
            : MAX_COUNTED + 1
        ]
    )
    fresh = [first for last, first in latest if last > seen]
    if latest and latest[0][0] < seen:
        seen = latest[0][0]
    return News(_issues(fresh, seen), seen.isoformat())


def _events(count: int) -> str:
    if count <= 0:
        return ""
    return "1 new event" if count == 1 else f"{count:,} new events"


def _issues(first_seen: list[datetime], seen: datetime) -> str:
    if len(first_seen) > MAX_COUNTED:
        return f"More than {MAX_COUNTED} issues with new events"
    new = sum(first > seen for first in first_seen)
    old = len(first_seen) - new
    words = []
    if new:
        words.append("1 new issue" if new == 1 else f"{new} new issues")
    if old:
        words.append("1 issue with new events" if old == 1 else f"{old} issues with new events")
    return ", ".join(words)
