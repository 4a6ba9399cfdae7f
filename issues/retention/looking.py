"""What retention asks the database before anything leaves: reads only, each of them short."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, Max, Min, Q

from issues.models import Activity, Event, Feedback, Issue, Relocation
from issues.retention.choice import Row
from issues.states import Kind
from issues.storm import Keep

ISSUES = 200  # counted in one query
ROWS = 500  # of events, in one query

_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}(?![0-9a-f])")


class Stored(NamedTuple):
    """The events of an issue that are stored: how many, and when the first and the latest came."""

    issue_id: int
    events: int
    first_at: datetime
    last_at: datetime


def stored_of(project_id: int) -> Iterator[list[Stored]]:
    """Of the project's issues that have any, in the order of their keys, some at a time."""
    last = 0
    while True:
        issues = Issue.objects.filter(project_id=project_id, pk__gt=last).order_by("pk")
        pks = list(issues.values_list("pk", flat=True)[:ISSUES])
        if not pks:
            return
        last = pks[-1]
        counted = Event.objects.filter(issue_id__in=pks).order_by().values_list("issue_id")
        found = counted.annotate(Count("pk"), Min("received_at"), Max("received_at"))
        yield sorted(Stored(*row) for row in found)


def is_settled(project_id: int) -> bool:
    """Whether all events stand under the issues of their grouphashes. If not, they are left alone for now."""
    return not Relocation.objects.filter(project_id=project_id).exists()


def rows_of(
    issue_id: int, before: datetime | None, after: tuple[datetime, int] | None
) -> list[Row]:
    """The next events of an issue, oldest first. after: the time and key of the last one that was seen."""
    events = Event.objects.filter(issue_id=issue_id)
    if before is not None:
        events = events.filter(received_at__lt=before)
    if after is not None:
        at, pk = after
        events = events.filter(
            Q(received_at__gt=at) | Q(received_at=at, pk__gt=pk), received_at__gte=at
        )
    rows = events.order_by("received_at", "pk").values_list(
        *("pk", "event_id", "received_at", "digested_at", "release_id", "environment_id", "keep")
    )[:ROWS]
    return [
        Row(pk, event_id, received, digested, release or 0, environment or 0, keep == Keep.THINNED)
        for pk, event_id, received, digested, release, environment, keep in rows
    ]


def named_in_comments(project_id: int) -> frozenset[UUID]:
    """Events whose id or address a comment holds."""
    comments = Activity.objects.filter(project_id=project_id, kind=Kind.COMMENTED)
    return frozenset(
        UUID(found)
        for data in comments.values_list("data", flat=True).iterator()
        for found in _ID.findall(str(data.get("text", "")).lower())
    )


def with_feedback(project_id: int, rows: Sequence[Row]) -> set[UUID]:
    said = Feedback.objects.filter(
        project_id=project_id, event_id__in=[row.event_id for row in rows]
    )
    return {event_id for event_id in said.values_list("event_id", flat=True) if event_id}


def stalest(project_ids: Sequence[int]) -> Iterator[Stored]:
    """Issues that have not been seen for the longest time first, with what is stored of them."""
    after: tuple[datetime, int] | None = None
    while True:
        issues = Issue.objects.filter(project_id__in=project_ids).order_by("last_seen", "pk")
        if after is not None:
            at, pk = after
            issues = issues.filter(Q(last_seen__gt=at) | Q(last_seen=at, pk__gt=pk))
        rows = list(issues.values_list("last_seen", "pk")[:ISSUES])
        if not rows:
            return
        after = rows[-1]
        pks = [pk for _, pk in rows]
        counted = Event.objects.filter(issue_id__in=pks).order_by().values_list("issue_id")
        found = {
            row[0]: Stored(*row)
            for row in counted.annotate(Count("pk"), Min("received_at"), Max("received_at"))
        }
        yield from (found[pk] for pk in pks if pk in found)
