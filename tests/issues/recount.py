"""All counts of a database from scratch, out of its stored events, beside what is stored."""

from collections import Counter, defaultdict
from typing import Any

from issues.models import (
    Event,
    EventPayload,
    GroupHash,
    HourCount,
    Issue,
    IssueTag,
    RegroupRun,
    RegroupState,
    Relocation,
    UserSeen,
)
from issues.prepare import COLUMN_TAGS


def stored() -> dict[str, Any]:
    """What the tables say."""
    return {
        "hours": {
            (row.grouphash_id, row.environment_id, row.hour): row.count
            for row in HourCount.objects.all()
        },
        "users": {
            (row.grouphash_id, row.user_hash, row.environment_id): (
                row.count,
                row.first_seen,
                row.last_seen,
            )
            for row in UserSeen.objects.all()
        },
        "tags": {
            (row.grouphash_id, row.key, row.value): (row.count, row.first_seen, row.last_seen)
            for row in IssueTag.objects.all()
        },
        "issues": {
            issue.pk: (
                issue.event_count,
                issue.user_count,
                issue.first_seen,
                issue.last_seen,
                issue.level,
                issue.first_release_id,
                issue.last_release_id,
            )
            for issue in Issue.objects.all()
        },
        "places": {}
        if Relocation.objects.exists()
        else dict(Event.objects.values_list("pk", "issue_id")),
    }


def recounted() -> dict[str, Any]:
    """What they should say, if every event that was ever digested is still there and times differ."""
    issue_of = dict(GroupHash.objects.values_list("pk", "issue_id"))
    hours: Counter[Any] = Counter()
    users: dict[Any, list[Any]] = defaultdict(list)
    tags: dict[Any, list[Any]] = defaultdict(list)
    of_issue: dict[int, list[Event]] = defaultdict(list)
    events = list(Event.objects.order_by("received_at"))
    for event in events:
        at, environment = event.received_at, event.environment_id or 0
        hours[event.grouphash_id, environment, at.replace(minute=0, second=0, microsecond=0)] += 1
        if event.user_hash is not None:
            users[event.grouphash_id, event.user_hash, environment].append(at)
        for key, value in EventPayload.objects.get(pk=event.pk).load()["tags"].items():
            if key not in COLUMN_TAGS:
                tags[event.grouphash_id, key, value].append(at)
        of_issue[issue_of[event.grouphash_id]].append(event)
    return {
        "hours": dict(hours),
        "users": {key: (len(at), at[0], at[-1]) for key, at in users.items()},
        "tags": {key: (len(at), at[0], at[-1]) for key, at in tags.items()},
        "issues": {pk: _of_issue(found) for pk, found in of_issue.items()},
        "places": {}
        if Relocation.objects.exists()
        else {event.pk: issue_of[event.grouphash_id] for event in events},
    }


def _of_issue(events: list[Event]) -> tuple[Any, ...]:
    return (
        len(events),
        len({event.user_hash for event in events} - {None}),
        events[0].received_at,
        events[-1].received_at,
        events[-1].level,
        events[0].release_id,
        next((event.release_id for event in reversed(events) if event.release_id), None),
    )


def check() -> None:
    """While a run of regrouping is under way, times may still be those of events that have left."""
    found, wanted = stored(), recounted()
    under_way = RegroupRun.objects.filter(
        state__in=(RegroupState.APPLYING, RegroupState.UNDOING), looked_at__gt=0
    )
    if under_way.exists():
        found, wanted = _counts(found), _counts(wanted)
    for name, rows in wanted.items():
        assert found[name] == rows, name


def _counts(tables: dict[str, Any]) -> dict[str, Any]:
    firsts = {"users": 1, "tags": 1, "issues": 2}
    return {
        name: {key: row[: firsts[name]] for key, row in rows.items()} if name in firsts else rows
        for name, rows in tables.items()
    }
