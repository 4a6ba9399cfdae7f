"""Take events out of the database: a chunk of them in one short transaction. What they counted stays counted."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import models, router, transaction
from django.db.models import Sum
from django.db.models.functions import Length

from issues.models import (
    Attachment,
    AttachmentData,
    Event,
    EventPayload,
    EvictedCount,
    Eviction,
    Issue,
)
from issues.retention.lease import Lease
from issues.retention.policy import Reason
from projects import sql


class Doomed(NamedTuple):
    pk: int
    issue_id: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Removed:
    """bytes: of payloads and attachments, as stored."""

    events: int = 0
    bytes: int = 0


def remove(doomed: Sequence[Doomed], lease: Lease, now: datetime) -> Removed:
    """Events that went to another issue since they were chosen stay, and are looked at another time.

    Raises LeaseLost; then nothing has left.
    """
    reasons = {each.pk: each.reason for each in doomed}
    with transaction.atomic():
        # Issues before their events, in the order of their keys, as the digest and all that moves events do it.
        issues = Issue.objects.select_for_update().filter(pk__in={d.issue_id for d in doomed})
        locked = list(issues.order_by("pk").values_list("pk", flat=True))
        lease.renew(now)
        found = Event.objects.filter(pk__in=reasons, issue_id__in=locked).values_list(
            "pk", "project_id", "event_id", "grouphash_id", "received_at"
        )
        of_hash: dict[tuple[int, int], list[datetime]] = defaultdict(list)
        of_project: dict[int, dict[int, UUID]] = defaultdict(dict)
        for pk, project_id, event_id, grouphash_id, received_at in found:
            of_hash[project_id, grouphash_id].append(received_at)
            of_project[project_id][pk] = event_id
        removed = Counter[tuple[int, Reason]]()
        sizes = Counter[tuple[int, Reason]]()
        for project_id, events in of_project.items():
            size = _remove_payloads(events) + _remove_files(project_id, events)
            _delete(Event.objects.filter(pk__in=events))
            _count(project_id, events, reasons, size, removed, sizes)
        _note_hashes(of_hash)
        _note_day(removed, sizes, now)
    return Removed(sum(removed.values()), sum(sizes.values()))


def _count(
    project_id: int,
    events: Mapping[int, UUID],
    reasons: Mapping[int, Reason],
    size: int,
    removed: Counter[tuple[int, Reason]],
    sizes: Counter[tuple[int, Reason]],
) -> None:
    """size: of all of them; chunks have one reason but for those between two, which share it evenly."""
    here = Counter(reasons[pk] for pk in events)
    for reason, count in here.items():
        removed[project_id, reason] += count
        sizes[project_id, reason] += size * count // len(events)


def _remove_payloads(events: Mapping[int, UUID]) -> int:
    payloads = EventPayload.objects.filter(pk__in=events)
    size: int | None = payloads.aggregate(sum=Sum(Length("data")))["sum"]
    if size:
        _delete(payloads)
    return size or 0


def _remove_files(project_id: int, events: Mapping[int, UUID]) -> int:
    files = Attachment.objects.filter(project_id=project_id, event_id__in=events.values())
    pks = list(files.values_list("pk", flat=True))
    if not pks:
        return 0
    data = AttachmentData.objects.filter(pk__in=pks)
    size: int | None = data.aggregate(sum=Sum(Length("data")))["sum"]
    _delete(data)
    _delete(Attachment.objects.filter(pk__in=pks))
    return size or 0


def _note_hashes(of_hash: Mapping[tuple[int, int], Sequence[datetime]]) -> None:
    sql.add_up(
        EvictedCount,
        ("project_id", "grouphash_id", "events", "latest_at"),
        [(*key, len(times), max(times)) for key, times in sorted(of_hash.items())],
        unique=("project_id", "grouphash_id"),
        add=("events",),
        latest=("latest_at",),
    )


def _note_day(
    removed: Mapping[tuple[int, Reason], int],
    sizes: Mapping[tuple[int, Reason], int],
    now: datetime,
) -> None:
    sql.add_up(
        Eviction,
        ("project_id", "day", "reason", "events", "bytes"),
        [
            (project_id, now.date(), reason.value, events, sizes[project_id, reason])
            for (project_id, reason), events in sorted(removed.items())
        ],
        unique=("project_id", "day", "reason"),
        add=("events", "bytes"),
    )


def _delete(rows: "models.QuerySet[models.Model]") -> None:
    # Without Django's collector: nothing points to these by a foreign key.
    rows._raw_delete(router.db_for_write(rows.model))
