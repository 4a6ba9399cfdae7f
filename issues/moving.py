"""What moves when grouphashes move between issues: an issue's numbers, and the place of its events.

Counts, users and tags are kept by grouphash and so follow by themselves. What stands on the issue is recounted in the
database transaction that moves the hashes. Events name their issue too, for the index that pages walk along; they
follow in chunks, in the background, so that no lock is held for long.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max, Min, Q, QuerySet, Sum

from issues.models import Event, GroupHash, HourCount, Issue, IssueTag, Relocation, UserSeen
from issues.states import Level
from projects.models import Release

# Measured with 300,000 events: all in one statement hold their locks for 0.7 s on SQLite and 8.5 s on PostgreSQL;
# in chunks none for more than 0.06 and 0.5 s.
CHUNK = 2000  # events

_NUMBERS = (
    *("event_count", "user_count", "first_seen", "last_seen", "level"),
    *("first_release_id", "last_release_id", "muted_until_count", "muted_until_users"),
)


@dataclass(frozen=True, slots=True)
class Totals:
    """What was counted of some grouphashes. None, None and 0 where nothing was."""

    events: int
    users: int
    first_seen: datetime | None
    last_seen: datetime | None
    level: int | None  # of the latest event
    first_release_id: int | None
    last_release_id: int | None


def lock(pks: Iterable[int]) -> dict[int, Issue]:
    """Lock issues, in the order in which the digest does. Those that are there, by primary key."""
    rows = Issue.objects.select_for_update().filter(pk__in=list(pks)).order_by("pk")
    return {issue.pk: issue for issue in rows}


def recount(issue: Issue) -> None:
    """Make a locked issue say what its grouphashes say, and save that."""
    found = totals(issue.project_id, GroupHash.objects.filter(issue=issue))
    if issue.muted_until_count is not None:
        # "Until 100 more events" means events that come, not such that move.
        issue.muted_until_count += found.events - issue.event_count
    if issue.muted_until_users is not None:
        issue.muted_until_users += found.users - issue.user_count
    issue.event_count, issue.user_count = found.events, found.users
    if found.first_seen is not None and found.last_seen is not None:
        issue.first_seen, issue.last_seen = found.first_seen, found.last_seen
        issue.level = issue.level if found.level is None else found.level
        issue.first_release_id = found.first_release_id
        issue.last_release_id = found.last_release_id
    issue.save(update_fields=_NUMBERS)


def totals(project_id: int, hashes: QuerySet[GroupHash]) -> Totals:
    """Exact also for events that are no longer stored."""
    pks = hashes.order_by().values("pk")
    events = HourCount.objects.filter(project_id=project_id, grouphash_id__in=pks)
    users = UserSeen.objects.filter(project_id=project_id, grouphash_id__in=pks)
    tags = IssueTag.objects.filter(grouphash_id__in=pks)
    # Every event has the tag `level`, if only by name: senders may set one of their own.
    levels = _seen(tags.filter(key="level"))
    releases = _seen(tags.filter(key="release"))
    first = min((first for first, _ in levels.values()), default=None)
    known = dict(
        Release.objects.filter(project_id=project_id, version__in=releases).values_list(
            "version", "pk"
        )
    )
    latest = max(releases, key=lambda version: releases[version][1], default="")
    return Totals(
        events=events.aggregate(sum=Sum("count"))["sum"] or 0,
        users=users.values("user_hash").distinct().count(),
        first_seen=first,
        last_seen=max((last for _, last in levels.values()), default=None),
        level=_level(max(levels, key=lambda name: levels[name][1], default="")),
        first_release_id=next(
            (known.get(version) for version, (at, _) in releases.items() if at == first), None
        ),
        last_release_id=known.get(latest),
    )


def _level(name: str) -> int | None:
    """A sender's own tag of that name may say anything."""
    return Level.named(name) if name.upper() in Level.__members__ else None


def _seen(tags: QuerySet[IssueTag]) -> Mapping[str, tuple[datetime, datetime]]:
    """Value -> when it was met first and last."""
    rows = tags.order_by().values_list("value").annotate(Min("first_seen"), Max("last_seen"))
    return {value: (first, last) for value, first, last in rows}


def settle(project_id: int, issue_pks: Iterable[int]) -> None:
    """Have the events of these issues follow their grouphashes. Inside the transaction that moved those."""
    Relocation.objects.bulk_create(
        [Relocation(project_id=project_id, issue_id=pk) for pk in sorted(set(issue_pks))]
    )


def relocate(seconds: float, *, project_id: int | None = None) -> bool:
    """Move events for about so long. Whether there is more to do."""
    until = time.monotonic() + seconds
    while _relocate_chunk(project_id):
        if time.monotonic() >= until:
            return True
    return False


def _relocate_chunk(project_id: int | None) -> bool:
    waiting = Relocation.objects.all()
    if project_id is not None:
        waiting = waiting.filter(project_id=project_id)
    work = waiting.order_by("pk").first()
    if work is None:
        return False
    rows = _rows(work)
    hashes = {grouphash for *_, grouphash in rows}
    with transaction.atomic():
        # What holds under the locks decides, not what was read before them; hashes whose issue is not locked wait for
        # the next look.
        wanted = set(_issues_of(hashes).values())
        locked = lock({work.issue_id, *wanted})
        issue_of = _issues_of(hashes)
        if not set(issue_of.values()) <= locked.keys() | {work.issue_id}:
            return True
        movers: dict[int, list[int]] = {}
        for pk, _, grouphash in rows:
            target = issue_of.get(grouphash, work.issue_id)
            if target != work.issue_id:
                movers.setdefault(target, []).append(pk)
        for target, pks in movers.items():
            Event.objects.filter(pk__in=pks, issue_id=work.issue_id).update(issue_id=target)
        here = Relocation.objects.filter(pk=work.pk, event_pk=work.event_pk)
        if len(rows) < CHUNK:
            here.delete()
        else:
            last, at, _ = rows[-1]
            here.update(at=at, event_pk=last)
    return True


def _rows(work: Relocation) -> Sequence[tuple[int, datetime, int]]:
    events = Event.objects.filter(issue_id=work.issue_id)
    if work.at is not None:
        events = events.filter(
            Q(received_at__lt=work.at) | Q(received_at=work.at, pk__lt=work.event_pk),
            received_at__lte=work.at,
        )
    return list(
        events.order_by("-received_at", "-pk").values_list("pk", "received_at", "grouphash_id")[
            :CHUNK
        ]
    )


def _issues_of(hashes: Iterable[int]) -> dict[int, int]:
    rows = GroupHash.objects.filter(pk__in=list(hashes))
    return dict(rows.values_list("pk", "issue_id"))


def is_settled(issue: Issue) -> bool:
    """Whether all events of the issue can be walked through already."""
    return not Relocation.objects.filter(project_id=issue.project_id).exists()
