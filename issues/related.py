"""What else happened: events of the same trace, the same request, or the same user at the same time, in any project.

So an error in the browser leads to the error of the server behind it, and to its log line.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q

from issues.models import Event, GroupHash, Issue
from issues.trail import offset
from projects.access import AnyUser, visible_projects
from projects.models import User

MAX_EVENTS = 60  # of each kind that are looked at
MAX_ROWS = 10
NEAR = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Row:
    """The nearest event of an issue. reasons: why it is here. distance: "0.45 s later". count: events found of it."""

    event: Event
    issue: Issue
    reasons: tuple[str, ...]
    distance: str
    count: int


@dataclass(frozen=True, slots=True)
class Related:
    rows: tuple[Row, ...]
    more: int

    def __bool__(self) -> bool:
        return bool(self.rows)


def related_to(event: Event, user: AnyUser) -> Related:
    """In projects that the user may see. At most four queries, none for an event without any of the three."""
    reasons: dict[int, list[str]] = {}
    events: dict[int, Event] = {}
    for reason, condition in _conditions(event):
        found = Event.objects.filter(condition).exclude(issue_id=event.issue_id)
        if not (isinstance(user, User) and user.is_admin):
            found = found.filter(project_id__in=visible_projects(user).values("pk"))
        # In no order: a trace that a worker never ends has many, and sorting them costs.
        for other in found.order_by()[:MAX_EVENTS]:
            events[other.pk] = other
            reasons.setdefault(other.pk, []).append(reason)
    if not events:
        return Related((), 0)
    hashes = GroupHash.objects.filter(pk__in={other.grouphash_id for other in events.values()})
    issue_of = {row.pk: row.issue for row in hashes.select_related("issue__project").defer("why")}
    near: dict[int, list[Event]] = {}
    for other in sorted(events.values(), key=lambda other: _seconds(other, event)):
        issue = issue_of.get(other.grouphash_id)
        if issue is not None and issue.pk != event.issue_id:  # merged, and not moved yet
            near.setdefault(issue.pk, []).append(other)
    rows = [_row(event, others, issue_of, reasons) for others in near.values()]
    # What shares a request or a trace is certain; a user may just have been busy.
    rows.sort(key=lambda row: row.reasons == ("user",))
    return Related(tuple(rows[:MAX_ROWS]), max(0, len(rows) - MAX_ROWS))


def _conditions(event: Event) -> Iterator[tuple[str, Q]]:
    if event.api_request_id:
        yield "request", Q(api_request_id=event.api_request_id)
    if event.trace_id is not None:
        yield "trace", Q(trace_id=event.trace_id)
    if event.user_hash is not None:
        near = (event.received_at - NEAR, event.received_at + NEAR)
        yield "user", Q(user_hash=event.user_hash, received_at__range=near)


def _row(
    event: Event,
    others: Sequence[Event],
    issue_of: dict[int, Issue],
    reasons: dict[int, list[str]],
) -> Row:
    nearest = others[0]
    seconds = (nearest.timestamp - event.timestamp).total_seconds()
    words = "at the same time"
    if abs(seconds) > 0.005:
        words = f"{offset(abs(seconds)).lstrip('+')} {'later' if seconds > 0 else 'earlier'}"
    every = dict.fromkeys(reason for other in others for reason in reasons[other.pk])
    return Row(nearest, issue_of[nearest.grouphash_id], tuple(every), words, len(others))


def _seconds(other: Event, event: Event) -> float:
    return abs((other.timestamp - event.timestamp).total_seconds())
