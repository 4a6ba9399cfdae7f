"""The batch's SQL. Every function runs inside the digest's database transaction."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from issues.models import (
    Activity,
    Event,
    EventPayload,
    GroupHash,
    HourCount,
    Issue,
    IssueTag,
    IssueText,
    UserSeen,
)
from issues.prepare import Prepared
from issues.states import Kind, Status, wakes
from projects import sql
from projects.models import Environment, Project, Release


@dataclass(frozen=True, slots=True)
class Names:
    """(project, name) -> primary key."""

    releases: dict[tuple[int, str], int]
    environments: dict[tuple[int, str], int]

    def release(self, event: Prepared) -> int | None:
        return self.releases.get((event.project_id, event.release))

    def environment(self, event: Prepared) -> int | None:
        return self.environments.get((event.project_id, event.environment))


@dataclass(frozen=True, slots=True)
class Placed:
    """An event, the issue it belongs to, and the hash that decided."""

    event: Prepared
    issue: Issue
    grouphash_id: int


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


def name_ids(new: Iterable[Prepared], now: datetime) -> Names:
    """Look up releases and environments, and make the missing ones."""
    releases = {(e.project_id, e.release) for e in new if e.release}
    environments = {(e.project_id, e.environment) for e in new if e.environment}
    return Names(
        _ids(Release, "version", releases, {"created_at": now}),
        _ids(Environment, "name", environments, {}),
    )


def _ids(
    model: type[Release] | type[Environment],
    field: str,
    wanted: set[tuple[int, str]],
    defaults: dict[str, Any],
) -> dict[tuple[int, str], int]:
    if not wanted:
        return {}

    def find(pairs: set[tuple[int, str]]) -> dict[tuple[int, str], int]:
        rows = model._default_manager.filter(
            project_id__in={project for project, _ in pairs},
            **{f"{field}__in": {name for _, name in pairs}},
        ).values_list("project_id", field, "pk")
        return {(project, name): pk for project, name, pk in rows}

    found = find(wanted)
    missing = sorted(wanted - found.keys())
    if missing:
        rows: list[Any] = [
            model(project_id=project, **{field: name}, **defaults) for project, name in missing
        ]
        model._default_manager.bulk_create(rows, ignore_conflicts=True)
        found |= find(set(missing))
    return found


def match_issues(new: Sequence[Prepared], names: Names, now: datetime) -> list[Placed]:
    """Each event's issue: that of its first known hash, else a new one. Locks the issues."""
    known = _known_hashes(new)
    strangers = [e for e in new if not any(_key(e, h) in known for h in e.grouping.hashes)]
    if strangers:
        # Whoever makes issues in a project holds its row: two processes that meet the same new problem make one.
        numbers = _reserve_numbers(strangers)
        known |= _known_hashes(strangers)
        _make_issues(strangers, known, numbers, names, now)
        known |= _known_hashes(strangers)
    _attach_hashes(new, known, now)
    pks = sorted({known[_key(e, h)].issue_id for e in new for h in e.grouping.hashes})
    locked = Issue.objects.select_for_update().filter(pk__in=pks).order_by("pk")
    issues = {issue.pk: issue for issue in locked}
    placed = []
    for event in new:
        decisive = known[_key(event, event.grouping.hashes[0])]
        placed.append(Placed(event, issues[decisive.issue_id], decisive.pk))
    return placed


def _key(event: Prepared, grouphash: str) -> tuple[int, str]:
    return event.project_id, grouphash


def _known_hashes(events: Iterable[Prepared]) -> dict[tuple[int, str], GroupHash]:
    wanted: dict[int, set[str]] = defaultdict(set)
    for event in events:
        wanted[event.project_id].update(event.grouping.hashes)
    return {
        (row.project_id, row.hash): row
        for project_id, hashes in wanted.items()
        for row in GroupHash.objects.filter(project_id=project_id, hash__in=hashes).defer("why")
    }


def _reserve_numbers(strangers: Sequence[Prepared]) -> dict[int, int]:
    """Lock the projects; the last issue number of each so far."""
    pks = sorted({event.project_id for event in strangers})
    rows = Project.objects.select_for_update().filter(pk__in=pks).order_by("pk")
    return {project.pk: project.last_issue_number for project in rows}


def _make_issues(
    strangers: Sequence[Prepared],
    known: dict[tuple[int, str], GroupHash],
    numbers: dict[int, int],
    names: Names,
    now: datetime,
) -> None:
    made: dict[tuple[int, str], Issue] = {}
    firsts: list[tuple[Prepared, Issue]] = []
    for event in strangers:
        keys = [_key(event, h) for h in event.grouping.hashes]
        if any(key in known for key in keys):
            continue
        issue = next((made[key] for key in keys if key in made), None)
        if issue is None:
            numbers[event.project_id] += 1
            issue = _new_issue(event, numbers[event.project_id], names)
            firsts.append((event, issue))
        for key in keys:
            made.setdefault(key, issue)
    if not firsts:
        return
    Issue.objects.bulk_create([issue for _, issue in firsts])
    for project_id in sorted({issue.project_id for _, issue in firsts}):
        Project.objects.filter(pk=project_id).update(last_issue_number=numbers[project_id])
    IssueText.objects.bulk_create(
        [
            IssueText(issue_id=issue.pk, project_id=issue.project_id, text=event.search_text)
            for event, issue in firsts
        ]
    )
    by_key = {_key(e, h): e for e in reversed(strangers) for h in e.grouping.hashes}
    GroupHash.objects.bulk_create(
        [
            _grouphash(by_key[project_id, grouphash], grouphash, issue.pk, now)
            for (project_id, grouphash), issue in made.items()
        ]
    )
    Activity.objects.bulk_create(
        [
            Activity(
                project_id=issue.project_id,
                issue_id=issue.pk,
                kind=Kind.FIRST_SEEN,
                at=event.received_at,
                data={"release": event.release} if event.release else {},
            )
            for event, issue in firsts
        ]
    )


def _new_issue(event: Prepared, number: int, names: Names) -> Issue:
    grouping = event.grouping
    return Issue(
        project_id=event.project_id,
        number=number,
        level=event.level,
        title=grouping.title[:256],
        type=grouping.type[:256],
        value=grouping.value,
        culprit=grouping.culprit[:256],
        platform=event.platform[:64],
        logger=event.logger[:64],
        handled=event.handled,
        first_seen=event.received_at,
        last_seen=event.received_at,
        first_release_id=names.release(event),
        last_release_id=names.release(event),
    )


def _grouphash(event: Prepared, grouphash: str, issue_id: int, now: datetime) -> GroupHash:
    grouping = event.grouping
    return GroupHash(
        project_id=event.project_id,
        hash=grouphash,
        issue_id=issue_id,
        config=grouping.config,
        why=dict(grouping.why),
        created_at=now,
    )


def _attach_hashes(
    new: Sequence[Prepared], known: dict[tuple[int, str], GroupHash], now: datetime
) -> None:
    """Unknown hashes of an event join the issue of its first known one; that of another issue stays there."""
    joining: dict[tuple[int, str], GroupHash] = {}
    for event in new:
        keys = [_key(event, h) for h in event.grouping.hashes]
        decisive = next(known.get(k) or joining.get(k) for k in keys if k in known or k in joining)
        assert decisive is not None
        for key, grouphash in zip(keys, event.grouping.hashes, strict=True):
            if key not in known and key not in joining:
                joining[key] = _grouphash(event, grouphash, decisive.issue_id, now)
    if joining:
        GroupHash.objects.bulk_create(list(joining.values()))
        known |= joining


def insert_events(placed: Sequence[Placed], names: Names, now: datetime) -> None:
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
            )
            for p in placed
        ],
    )
    sql.insert(
        EventPayload,
        ("id", "project_id", "dictionary", "size", "data"),
        [
            (key, p.event.project_id, 0, p.event.size, p.event.packed)
            for key, p in zip(keys, placed, strict=True)
        ],
    )


def count_tags(placed: Sequence[Placed]) -> None:
    counts: dict[tuple[int, int, str, str], list[Any]] = {}
    for p in placed:
        at = p.event.received_at
        for key, value in p.event.tags.items():
            row = counts.setdefault((p.event.project_id, p.issue.pk, key, value), [0, at, at])
            row[0] += 1
            row[2] = max(row[2], at)
    sql.add_up(
        IssueTag,
        ("project_id", "issue_id", "key", "value", "count", "first_seen", "last_seen"),
        [(*key, *row) for key, row in sorted(counts.items())],
        unique=("project_id", "issue_id", "key", "value"),
        add=("count",),
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
    seen: dict[tuple[int, int, int, int], list[datetime]] = {}
    users_of: dict[int, set[int]] = defaultdict(set)
    for p in placed:
        user = p.event.user_hash
        if user is None:
            continue
        environment = names.environment(p.event) or 0
        at = p.event.received_at
        row = seen.setdefault((p.event.project_id, p.grouphash_id, user, environment), [at, at])
        row[1] = max(row[1], at)
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
        ("project_id", "grouphash_id", "user_hash", "environment_id", "first_seen", "last_seen"),
        [(*key, *times) for key, times in sorted(seen.items())],
        unique=("project_id", "grouphash_id", "user_hash", "environment_id"),
        add=(),
        latest=("last_seen",),
    )
    return Counter(
        {
            issue: sum((issue, user) not in known for user in users)
            for issue, users in users_of.items()
        }
    )


def update_issues(
    placed: Sequence[Placed], names: Names, new_users: Counter[int], now: datetime
) -> None:
    """Add up counters; regress and unmute under the row lock that match_issues took."""
    events_of: dict[int, list[Placed]] = defaultdict(list)
    for p in placed:
        events_of[p.issue.pk].append(p)
    activity = []
    for pk, events in events_of.items():
        issue = events[0].issue
        latest = max(events, key=lambda p: p.event.received_at).event
        issue.event_count += len(events)
        issue.user_count += new_users[pk]
        issue.first_seen = min(issue.first_seen, *(p.event.received_at for p in events))
        if latest.received_at >= issue.last_seen:
            issue.last_seen = latest.received_at
            issue.level = latest.level
            issue.last_release_id = names.release(latest) or issue.last_release_id
        woken = wakes(
            Status(issue.status),
            issue.waiting,
            event_count=issue.event_count,
            now=latest.received_at,
        )
        if woken is not None:
            activity.append(_wake(issue, woken, latest))
    columns = (
        "event_count",
        "user_count",
        "first_seen",
        "last_seen",
        "level",
        "last_release_id",
        "status",
        "regressed_at",
        "resolved_at",
        "muted_until",
        "muted_until_count",
    )
    issues = sorted((events[0].issue for events in events_of.values()), key=lambda i: i.pk)
    sql.update(
        Issue, columns, [(*(getattr(issue, c) for c in columns), issue.pk) for issue in issues]
    )
    Activity.objects.bulk_create(activity)


def _wake(issue: Issue, woken: Kind, event: Prepared) -> Activity:
    issue.status = Status.UNRESOLVED
    issue.muted_until = issue.muted_until_count = None
    if woken is Kind.REGRESSED:
        issue.regressed_at = event.received_at
        issue.resolved_at = None
    return Activity(
        project_id=issue.project_id,
        issue_id=issue.pk,
        kind=woken,
        at=event.received_at,
        data={"release": event.release} if event.release else {},
    )


def mark_projects(new: Sequence[Prepared], now: datetime) -> None:
    """The empty project's page turns into the issue list by this."""
    pks = {event.project_id for event in new}
    Project.objects.filter(pk__in=pks, first_event_at__isnull=True).update(first_event_at=now)
