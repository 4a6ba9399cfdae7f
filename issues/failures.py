"""Events that grouping failed for: counted by the place in the code where it did. None of them is dropped for it."""

from collections.abc import Iterable
from typing import Any

from issues.models import GroupingFailure
from issues.prepare import Prepared
from projects import sql

MAX_SHOWN = 20
_UNIQUE = ("project_id", "place")


def count(new: Iterable[Prepared]) -> None:
    """Inside the digest's transaction; a statement only if there is one to count."""
    rows: dict[tuple[int, str], list[Any]] = {}
    for event in new:
        if not event.grouping.failed:
            continue
        at, grouping = event.received_at, event.grouping
        key = event.project_id, grouping.failed_at[:120]
        row = rows.setdefault(key, [grouping.error[:200], event.event_id, 0, at, at])
        row[2] += 1
        row[3], row[4] = min(row[3], at), max(row[4], at)
    if rows:
        sql.add_up(
            GroupingFailure,
            (*_UNIQUE, "error", "event_id", "count", "first_seen", "last_seen"),
            [(*key, *row) for key, row in sorted(rows.items())],
            unique=_UNIQUE,
            add=("count",),
            earliest=("first_seen",),
            latest=("last_seen",),
        )


def of_project(project_id: int) -> list[GroupingFailure]:
    """The latest first."""
    rows = GroupingFailure.objects.filter(project_id=project_id)
    return list(rows.order_by("-last_seen", "pk")[:MAX_SHOWN])
