"""The batch's SQL. Every function runs inside the digest's database transaction."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from issues import waking
from issues.match import Names, Placed
from issues.models import (
    Activity,
    Event,
    EventPayload,
    GroupHash,
    HourCount,
    Issue,
    IssueTag,
    UserSeen,
)
from issues.prepare import Prepared
from issues.states import Status
from issues.storm import Keep
from projects import sql
from projects.models import MonthCount, Project
from projects.quotas import month_of

_USER = ("project_id", "grouphash_id", "user_hash", "environment_id")


def skip_duplicates(prepared: Sequence[Prepared]) -> list[Prepared]:
    """Events whose id is not stored yet; of equal ids in the batch the first. Senders repeat: SDKs with a disk cache,
    log shippers whose answer was lost.
    """
    by_project: dict[int, dict[Any, Prepared]] = defaultdict(dict)
    for event in prepared:
        by_project[event.project_id].setdefault(event.event_id, event)
    for project_id, events in by_project.items():
        stored = Event.objects.filter(project_id=project_id, event_id__in=list(events))
        for event_id in stored.values_list("event_id", flat=True):
            del events[event_id]
    kept = {id(event) for events in by_project.values() for event in events.values()}
    return [event for event in prepared if id(event) in kept]


def insert_events(
    placed: Sequence[Placed], names: Names, keeps: Sequence[Keep], now: datetime
) -> list[int]:
    """keeps: what becomes of each event's payload. Returns the events' primary keys, in their order."""
    keys = sql.insert(
        Event,
        (
            "project_id",
            "event_id",
            "issue_id",
            "grouphash_id",
            "received_at",
            "timestamp",
            "digested_at",
            "level",
            "platform",
            "release_id",
            "environment_id",
            "user_hash",
            "trace_id",
            "api_request_id",
            "keep",
        ),
        [
            (
                p.event.project_id,
                p.event.event_id,
                p.issue.pk,
                p.grouphash_id,
                p.event.received_at,
                p.event.timestamp,
                now,
                int(p.event.level),
                p.event.platform[:64],
                names.release(p.event),
                names.environment(p.event),
                p.event.user_hash,
                p.event.trace_id,
                p.event.api_request_id,
                int(keep),
            )
            for p, keep in zip(placed, keeps, strict=True)
        ],
    )
    sql.insert(
        EventPayload,
        ("id", "project_id", "dictionary", "size", "data"),
        [
            (key, p.event.project_id, p.event.dictionary.number, p.event.size, p.event.packed)
            for key, p, keep in zip(keys, placed, keeps, strict=True)
            if keep is not Keep.THINNED
        ],
    )
    return keys


def count_tags(placed: Sequence[Placed]) -> None:
    counts: dict[tuple[int, int, str, str], list[Any]] = {}
    for p in placed:
        at = p.event.received_at
        for key, value in p.event.tags.items():
            row = counts.setdefault((p.event.project_id, p.grouphash_id, key, value), [0, at, at])
            row[0] += 1
            row[1] = min(row[1], at)
            row[2] = max(row[2], at)
    sql.add_up(
        IssueTag,
        ("project_id", "grouphash_id", "key", "value", "count", "first_seen", "last_seen"),
        [(*key, *row) for key, row in sorted(counts.items())],
        unique=("project_id", "grouphash_id", "key", "value"),
        add=("count",),
        earliest=("first_seen",),
        latest=("last_seen",),
    )


def count_hours(placed: Sequence[Placed], names: Names) -> None:
    counts: Counter[tuple[int, int, int, datetime]] = Counter()
    for p in placed:
        hour = p.event.received_at.replace(minute=0, second=0, microsecond=0)
        environment = names.environment(p.event) or 0
        counts[p.event.project_id, p.grouphash_id, environment, hour] += 1
    sql.add_up(
        HourCount,
        ("project_id", "grouphash_id", "environment_id", "hour", "count"),
        [(*key, count) for key, count in sorted(counts.items())],
        unique=("project_id", "grouphash_id", "environment_id", "hour"),
        add=("count",),
    )


def count_users(placed: Sequence[Placed], names: Names) -> Counter[int]:
    """Note who met what. Returns how many users are new to each issue (by primary key)."""
    seen: dict[tuple[int, int, int, int], list[Any]] = {}
    users_of: dict[int, set[int]] = defaultdict(set)
    for p in placed:
        user = p.event.user_hash
        if user is None:
            continue
        environment = names.environment(p.event) or 0
        at = p.event.received_at
        row = seen.setdefault((p.event.project_id, p.grouphash_id, user, environment), [0, at, at])
        row[0] += 1
        row[1] = min(row[1], at)
        row[2] = max(row[2], at)
        users_of[p.issue.pk].add(user)
    if not seen:
        return Counter()
    # A user may have met the issue through another of its hashes, or in another environment.
    issue_of = dict(GroupHash.objects.filter(issue_id__in=users_of).values_list("pk", "issue_id"))
    rows = UserSeen.objects.filter(
        project_id__in={key[0] for key in seen},
        grouphash_id__in=issue_of,
        user_hash__in=set().union(*users_of.values()),
    )
    known = {
        (issue_of[grouphash], user)
        for grouphash, user in rows.values_list("grouphash_id", "user_hash")
    }
    sql.add_up(
        UserSeen,
        (*_USER, "count", "first_seen", "last_seen"),
        [(*key, *row) for key, row in sorted(seen.items())],
        unique=_USER,
        add=("count",),
        earliest=("first_seen",),
        latest=("last_seen",),
    )
    return Counter(
        {
            issue: sum((issue, user) not in known for user in users)
            for issue, users in users_of.items()
        }
    )


def update_issues(
    placed: Sequence[Placed],
    names: Names,
    new_users: Counter[int],
    storms: Sequence[Activity],
    now: datetime,
) -> None:
    """Add up counters; regress and unmute under the row lock that match_issues took.

    storms: those that began or ended, as activity of the issues.
    """
    events_of: dict[int, list[Placed]] = defaultdict(list)
    for p in placed:
        events_of[p.issue.pk].append(p)
    releases = waking.releases_of(placed, names)
    activity = list(storms)
    for pk, events in events_of.items():
        issue = events[0].issue
        issue.user_count += new_users[pk]
        if issue.status != Status.UNRESOLVED:  # before the counts: it asks which event it was
            activity += waking.wake(issue, [p.event for p in events], names, releases)
        latest = max(events, key=lambda p: p.event.received_at).event
        issue.event_count += len(events)
        earliest = min(events, key=lambda p: p.event.received_at).event
        if earliest.received_at < issue.first_seen:
            issue.first_seen = earliest.received_at
            issue.first_release_id = names.release(earliest)
        released = max(
            (p.event for p in events if names.release(p.event)),
            key=lambda event: event.received_at,
            default=None,
        )
        if released is not None and released.received_at >= issue.last_seen:
            issue.last_release_id = names.release(released)
        if latest.received_at >= issue.last_seen:
            issue.last_seen = latest.received_at
            issue.level = latest.level
    columns = (
        "event_count",
        "user_count",
        "first_seen",
        "last_seen",
        "level",
        "first_release_id",
        "last_release_id",
        "flood",
        "storm_since",
        *waking.COLUMNS,
    )
    issues = sorted((events[0].issue for events in events_of.values()), key=lambda i: i.pk)
    sql.update(
        Issue, columns, [(*(getattr(issue, c) for c in columns), issue.pk) for issue in issues]
    )
    Activity.objects.bulk_create(activity)


def mark_projects(new: Sequence[Prepared], now: datetime) -> None:
    """The empty project's page turns into the issue list by this."""
    pks = {event.project_id for event in new}
    Project.objects.filter(pk__in=pks, first_event_at__isnull=True).update(first_event_at=now)


def count_months(new: Iterable[Prepared]) -> None:
    """For the projects' quotas (projects.keys reads it)."""
    counts = Counter((event.project_id, month_of(event.received_at)) for event in new)
    rows = [(project_id, month, events) for (project_id, month), events in sorted(counts.items())]
    sql.add_up(
        MonthCount,
        ("project_id", "month", "events"),
        rows,
        unique=("project_id", "month"),
        add=("events",),
    )
