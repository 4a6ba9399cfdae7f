"""Move single events from one grouphash to another, and all that was counted of them. The primitive of regrouping."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Max, Min

from issues import dictionaries, moving, tombstones
from issues.compress import NO_DICTIONARY, pack
from issues.models import (
    Event,
    EventPayload,
    Feedback,
    GroupHash,
    HourCount,
    Issue,
    IssueTag,
    UserSeen,
)
from issues.prepare import COLUMN_TAGS
from projects import sql

# When events have left a hash, so many at either end of what stays say when each tag was met first and last.
EDGE = 500

Tags = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Shift:
    event_pk: int
    from_hash_id: int
    to_hash_id: int


def load(payload: EventPayload) -> dict[str, Any] | None:
    """None for a damaged one, whose event stays where it is."""
    try:
        return payload.load()
    except Exception:  # whatever a damaged row raises: one must not hold up the others
        return None


def payload_tags(data: Mapping[str, Any]) -> dict[str, str]:
    """The tags of a stored event that were counted when it was digested."""
    tags = data.get("tags")
    found = tags if isinstance(tags, dict) else {}
    return {key: value for key, value in found.items() if key not in COLUMN_TAGS}


def shift(
    project_id: int, shifts: Sequence[Shift], tags: Mapping[int, Tags]
) -> tuple[list[Shift], dict[int, Issue]]:
    """Move what is still where the shifts say. Inside the caller's transaction; locks the issues.

    tags: those of each event. Returns what was moved, and the locked issues, recounted. The times of the tags that
    events leave behind are those of retime(), which the caller calls once all are moved.
    """
    hashes = {s.from_hash_id for s in shifts} | {s.to_hash_id for s in shifts}
    issues, issue_of = _lock(hashes)
    events = Event.objects.filter(project_id=project_id).in_bulk([s.event_pk for s in shifts])
    done = [
        s
        for s in shifts
        if s.from_hash_id != s.to_hash_id
        and s.from_hash_id in issue_of
        and s.to_hash_id in issue_of
        and s.event_pk in events
        and events[s.event_pk].grouphash_id == s.from_hash_id
    ]
    moved = [(events[s.event_pk], s) for s in done]
    for target in sorted({s.to_hash_id for s in done}):
        rows = [event for event, s in moved if s.to_hash_id == target]
        Event.objects.filter(pk__in=[event.pk for event in rows]).update(
            grouphash_id=target, issue_id=issue_of[target]
        )
        Feedback.objects.filter(
            project_id=project_id, event_id__in=[event.event_id for event in rows]
        ).update(grouphash_id=target)
    _pack_anew(project_id, [event.pk for event, _ in moved])
    _move_hours(project_id, moved)
    _move_users(project_id, moved)
    _move_tags(project_id, moved, tags)
    for issue in issues.values():
        moving.recount(issue)
    return done, issues


def _pack_anew(project_id: int, pks: Sequence[int]) -> None:
    """An exemplar goes with its grouphash: what leaves that must be read without it."""
    dictionary = dictionaries.newest([project_id]).get(project_id, NO_DICTIONARY)
    for payload in EventPayload.objects.filter(pk__in=pks, dictionary__lt=0):
        try:
            content = payload.content()
        except Exception:  # a damaged row is as unreadable afterwards
            continue
        payload.data, payload.dictionary = pack(content, dictionary), dictionary.number
        payload.save(update_fields=["data", "dictionary"])


def _lock(hashes: Iterable[int]) -> tuple[dict[int, Issue], dict[int, int]]:
    """The issues of the hashes, locked, and which is whose; as the digest does it (issues.match)."""
    while True:
        before = transaction.savepoint()
        wanted = set(_issues_of(hashes).values())
        issues = moving.lock(wanted)
        issue_of = _issues_of(hashes)
        if set(issue_of.values()) <= issues.keys():
            transaction.savepoint_commit(before)
            return issues, issue_of
        transaction.savepoint_rollback(before)
        # A hash that this transaction made for an issue that somebody merged away meanwhile.
        for pk in set(issue_of.values()) - issues.keys():
            GroupHash.objects.filter(pk__in=hashes, issue=pk).update(issue=tombstones.place_of(pk))


def _issues_of(hashes: Iterable[int]) -> dict[int, int]:
    return dict(GroupHash.objects.filter(pk__in=list(hashes)).values_list("pk", "issue_id"))


Moved = Sequence[tuple[Event, Shift]]


def _move_hours(project_id: int, moved: Moved) -> None:
    out: Counter[tuple[int, int, datetime]] = Counter()
    into: Counter[tuple[int, int, int, datetime]] = Counter()
    for event, s in moved:
        hour = event.received_at.replace(minute=0, second=0, microsecond=0)
        environment = event.environment_id or 0
        out[s.from_hash_id, environment, hour] += 1
        into[project_id, s.to_hash_id, environment, hour] += 1
    sql.add_up(
        HourCount,
        ("project_id", "grouphash_id", "environment_id", "hour", "count"),
        [(*key, count) for key, count in sorted(into.items())],
        unique=("project_id", "grouphash_id", "environment_id", "hour"),
        add=("count",),
    )
    for (grouphash, environment, hour), count in sorted(out.items()):
        rows = HourCount.objects.filter(
            project_id=project_id, grouphash_id=grouphash, environment_id=environment, hour=hour
        )
        rows.update(count=F("count") - count)
        rows.filter(count__lte=0).delete()


def _move_users(project_id: int, moved: Moved) -> None:
    out: Counter[tuple[int, int, int]] = Counter()
    into: dict[tuple[int, int, int, int], list[Any]] = {}
    for event, s in moved:
        if event.user_hash is None:
            continue
        at, environment = event.received_at, event.environment_id or 0
        out[s.from_hash_id, event.user_hash, environment] += 1
        _count(into, (project_id, s.to_hash_id, event.user_hash, environment), at)
    unique = ("project_id", "grouphash_id", "user_hash", "environment_id")
    _add(UserSeen, unique, into)
    for (grouphash, user, environment), count in sorted(out.items()):
        rows = UserSeen.objects.filter(
            project_id=project_id,
            grouphash_id=grouphash,
            user_hash=user,
            environment_id=environment,
        )
        rows.update(count=F("count") - count)
        rows.filter(count__lte=0).delete()
        _retime_user(rows.first())


def _retime_user(row: UserSeen | None) -> None:
    """What stays was met first and last when the events say that are stored; if some are not, those were earlier."""
    if row is None:
        return
    stored = Event.objects.filter(
        project_id=row.project_id,
        user_hash=row.user_hash,
        grouphash_id=row.grouphash_id,
        environment_id=row.environment_id or None,
    )
    pks = stored.order_by("received_at").values_list("received_at", flat=True)
    found = stored.aggregate(first=Min("received_at"), last=Max("received_at"))
    if found["last"] is None:
        return
    row.last_seen = found["last"]
    if pks.count() >= row.count:
        row.first_seen = found["first"]
    row.save(update_fields=["first_seen", "last_seen"])


def _move_tags(project_id: int, moved: Moved, tags: Mapping[int, Tags]) -> None:
    out: Counter[tuple[int, str, str]] = Counter()
    into: dict[tuple[int, int, str, str], list[Any]] = {}
    for event, s in moved:
        for key, value in tags[event.pk].items():
            out[s.from_hash_id, key, value] += 1
            _count(into, (project_id, s.to_hash_id, key, value), event.received_at)
    _add(IssueTag, ("project_id", "grouphash_id", "key", "value"), into)
    less: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for grouphash, key, value in sorted(out):
        less[grouphash].append((key, value))
    for grouphash, pairs in sorted(less.items()):
        rows = IssueTag.objects.filter(grouphash_id=grouphash, key__in={key for key, _ in pairs})
        wanted = set(pairs)
        changed = [
            (count - out[grouphash, key, value], pk)
            for pk, key, value, count in rows.values_list("pk", "key", "value", "count")
            if (key, value) in wanted
        ]
        sql.update(IssueTag, ("count",), changed)
        IssueTag.objects.filter(pk__in=[pk for count, pk in changed if count <= 0]).delete()


def _count(rows: dict[Any, list[Any]], key: tuple[Any, ...], at: datetime) -> None:
    row = rows.setdefault(key, [0, at, at])
    row[0] += 1
    row[1], row[2] = min(row[1], at), max(row[2], at)


def _add(model: Any, unique: Sequence[str], rows: dict[Any, list[Any]]) -> None:
    sql.add_up(
        model,
        (*unique, "count", "first_seen", "last_seen"),
        [(*key, *row) for key, row in sorted(rows.items())],
        unique=unique,
        add=("count",),
        earliest=("first_seen",),
        latest=("last_seen",),
    )


def retime(project_id: int, grouphash_id: int) -> None:
    """When a hash's tags were met first and last, after events have left it; and what follows for its issue.

    Read from the stored events, EDGE at either end. What no stored event says stays as it was.
    """
    with transaction.atomic():
        issues, issue_of = _lock([grouphash_id])
        if grouphash_id not in issue_of:
            return
        issue = issues[issue_of[grouphash_id]]
        events = Event.objects.filter(issue_id=issue.pk, grouphash_id=grouphash_id)
        stored = events.count()
        counted = sum(
            HourCount.objects.filter(project_id=project_id, grouphash_id=grouphash_id).values_list(
                "count", flat=True
            )
        )
        order = events.order_by("received_at", "pk").values_list("pk", "received_at")
        first, last = list(order[:EDGE]), list(order.reverse()[:EDGE])
        times = dict(first) | dict(last)
        met: dict[tuple[str, str], set[datetime]] = defaultdict(set)
        for payload in EventPayload.objects.filter(pk__in=times, project_id=project_id):
            for pair in payload_tags(load(payload) or {}).items():
                met[pair].add(times[payload.pk])
        has_all = stored <= 2 * EDGE
        early = {at for _, at in first} if not has_all else set(times.values())
        late = {at for _, at in last} if not has_all else early
        rows = []
        for row in IssueTag.objects.filter(grouphash_id=grouphash_id):
            found = met.get((row.key, row.value), set())
            low, high = found & early, found & late
            lowest = min(low) if low and stored >= counted else row.first_seen
            rows.append((lowest, max(high) if high else row.last_seen, row.pk))
        sql.update(IssueTag, ("first_seen", "last_seen"), rows)
        moving.recount(issue)
