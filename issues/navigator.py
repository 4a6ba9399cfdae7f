"""From one event of an issue to its neighbours, by index, however many there are."""

import uuid
from dataclasses import dataclass

from django.db.models import Exists, Q

from issues.models import Event, EvictedCount, GroupHash, Issue
from issues.storm import Keep

# Counting further would read more of the index than a page may cost.
COUNT_UP_TO = 20_000


@dataclass(frozen=True, slots=True)
class Navigator:
    """position: counted from the first event ever, 1 the oldest; None where it is too far to count, or where retention
    has taken some of the events behind it.
    """

    older: str  # event ids, "" for none
    newer: str
    position: int | None
    is_newest: bool


def newest(issue: Issue) -> Event | None:
    return Event.objects.filter(issue_id=issue.pk).order_by("-received_at", "-pk").first()


def newest_kept(issue: Issue) -> Event | None:
    """What the issue opens with. That is the newest, but where issues that had a storm were taken apart."""
    found = newest(issue)
    return (nearest_kept(found) or found) if found is not None and found.is_thinned else found


def oldest(issue: Issue) -> Event | None:
    return Event.objects.filter(issue_id=issue.pk).order_by("received_at", "pk").first()


def by_id(issue: Issue, event_id: str) -> Event | None:
    """One of the issue's, also one that has not followed its grouphash here yet."""
    return Event.objects.filter(
        project_id=issue.project_id,
        event_id=uuid.UUID(event_id),
        grouphash_id__in=GroupHash.objects.filter(issue=issue).values("pk"),
    ).first()


def nearest_kept(event: Event) -> Event | None:
    """The event with a payload that is nearest in time, the older one of two. Storms keep one in some: few are read."""
    events = Event.objects.filter(issue_id=event.issue_id).exclude(keep=Keep.THINNED)
    older = events.filter(received_at__lte=event.received_at).order_by("-received_at", "-pk")
    newer = events.filter(received_at__gt=event.received_at).order_by("received_at", "pk")
    found = [near for near in (older.first(), newer.first()) if near is not None]
    return min(found, key=lambda near: abs(near.received_at - event.received_at), default=None)


def moved_to(issue: Issue, event_id: str) -> int | None:
    """The issue that has the event now, if it is of the same project: a link may be older than a merge."""
    event = Event.objects.filter(project_id=issue.project_id, event_id=uuid.UUID(event_id))
    hashes = GroupHash.objects.filter(pk__in=event.values("grouphash_id"))
    return hashes.values_list("issue_id", flat=True).first()


def neighbours(issue: Issue, event: Event) -> Navigator:
    events = Event.objects.filter(issue_id=issue.pk)
    before = Q(received_at__lt=event.received_at) | Q(
        received_at=event.received_at, pk__lt=event.pk
    )
    after = Q(received_at__gt=event.received_at) | Q(received_at=event.received_at, pk__gt=event.pk)
    older = events.filter(before, received_at__lte=event.received_at).order_by(
        "-received_at", "-pk"
    )
    newer = events.filter(after, received_at__gte=event.received_at).order_by("received_at", "pk")
    # What retention took of the events after this one, nobody can count here.
    taken = EvictedCount.objects.filter(
        grouphash_id__in=GroupHash.objects.filter(issue=issue).values("pk"),
        latest_at__gte=event.received_at,
    )
    older_id, has_holes = older.values_list("event_id", Exists(taken)).first() or (None, None)
    newer_ids = list(newer.values_list("event_id", flat=True)[:1])
    count = newer.order_by()[:COUNT_UP_TO].count() if newer_ids else 0
    if has_holes is None:  # nothing older is there
        has_holes = issue.event_count > count + 1
    is_known = count < COUNT_UP_TO and not (has_holes and newer_ids)
    position = max(1, issue.event_count - count) if is_known else None
    return Navigator(
        older=older_id.hex if older_id else "",
        newer=newer_ids[0].hex if newer_ids else "",
        position=position,
        is_newest=not newer_ids,
    )
