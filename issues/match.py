"""Which issue an event belongs to: by its first known hash, else a new one. Inside the digest's transaction."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from issues import alike, families, stored
from issues.compress import unpack
from issues.models import (
    Activity,
    DiscardedHash,
    GroupHash,
    Issue,
    IssueText,
)
from issues.prepare import Prepared, search_text
from issues.states import Kind
from projects.models import Environment, Project, Release

MAX_TRIES = 20


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


def name_ids(new: Iterable[Prepared]) -> Names:
    """Look up releases and environments, and make the missing ones. A release was made when it was first heard of."""
    releases: dict[tuple[int, str], datetime] = {}
    for e in new:
        if e.release:
            key = e.project_id, e.release
            releases[key] = min(releases.get(key, e.received_at), e.received_at)
    environments = {(e.project_id, e.environment) for e in new if e.environment}
    return Names(
        _ids(Release, "version", releases.keys(), lambda key: {"created_at": releases[key]}),
        _ids(Environment, "name", environments, lambda _: {}),
    )


def _ids(
    model: type[Release] | type[Environment],
    field: str,
    wanted: Set[tuple[int, str]],
    defaults: Callable[[tuple[int, str]], dict[str, Any]],
) -> dict[tuple[int, str], int]:
    if not wanted:
        return {}

    def find(pairs: Set[tuple[int, str]]) -> dict[tuple[int, str], int]:
        rows = model._default_manager.filter(
            project_id__in={project for project, _ in pairs},
            **{f"{field}__in": {name for _, name in pairs}},
        ).values_list("project_id", field, "pk")
        return {(project, name): pk for project, name, pk in rows}

    found = find(wanted)
    missing = sorted(wanted - found.keys())
    if missing:
        rows: list[Any] = [
            model(project_id=project, **{field: name}, **defaults((project, name)))
            for project, name in missing
        ]
        model._default_manager.bulk_create(rows, ignore_conflicts=True)
        found |= find(set(missing))
    return found


class _Gone(Exception):
    """An issue was deleted between looking and locking. All locks of issues were given back."""


def match_issues(new: Sequence[Prepared], names: Names, now: datetime) -> list[Placed | None]:
    """Each event's issue: that of its first known hash, else a new one. Locks the issues.

    None: such events were discarded.
    """
    for _ in range(MAX_TRIES):
        try:
            return _match(new, names, now)
        except _Gone:
            continue
    raise RuntimeError("the issues of a batch do not stay")


def _match(new: Sequence[Prepared], names: Names, now: datetime) -> list[Placed | None]:
    known = _known_hashes(new)
    unwanted: set[int] = set()
    strangers = _strangers(new, known.keys())
    joined: dict[int, Prepared] = {}
    if strangers and (joined := _earlier_hashes(strangers)):
        new = [joined.get(id(e), e) for e in new]
        known |= _known_hashes(joined.values())
        # The rest of the batch may have the hashes that these bring along.
        brought = {_key(e, h) for e in joined.values() for h in e.grouping.hashes}
        strangers = _strangers(new, known.keys() | brought)
    if strangers:
        # Whoever makes issues in a project holds its row: two processes that meet the same new problem make one.
        locked = _lock_projects(strangers)
        known |= _known_hashes(strangers)
        unwanted = _discarded(strangers, known.keys())
        if unwanted:
            kept = [id(e) not in unwanted for e in new]
            new = [e for e in new if id(e) not in unwanted]
            strangers = [e for e in strangers if id(e) not in unwanted]
        limits = {pk: project.grouping_max_texts for pk, project in locked.items()}
        if gathered := families.gather(strangers, known, limits, now):
            known |= _known_hashes(gathered.values())
            new = [gathered.get(id(e), e) for e in new]
            strangers = [gathered.get(id(e), e) for e in strangers]
        numbers = {pk: project.last_issue_number for pk, project in locked.items()}
        _make_issues(strangers, known, numbers, names, now)
        known |= _known_hashes(strangers)
    issues = _lock_issues(new, known)
    _attach_hashes([*joined.values(), *new], known, now)
    alike.note(new, known, issues, now)
    placed = []
    for event in new:
        decisive = known[_key(event, event.grouping.hashes[0])]
        placed.append(Placed(event, issues[decisive.issue_id], decisive.pk))
    if not unwanted:
        return list(placed)
    rest = iter(placed)
    return [next(rest) if is_kept else None for is_kept in kept]


def _strangers(events: Sequence[Prepared], known: Collection[tuple[int, str]]) -> list[Prepared]:
    return [e for e in events if not any(_key(e, h) in known for h in e.grouping.hashes)]


def _discarded(strangers: Sequence[Prepared], known: Collection[tuple[int, str]]) -> set[int]:
    """id() of the events that nobody wants. Under the lock of their projects: what was discarded before counts."""
    wanted: dict[int, set[str]] = defaultdict(set)
    for event in strangers:
        wanted[event.project_id].update(event.grouping.hashes, event.grouping.earlier)
    found = {
        (project_id, grouphash)
        for project_id, hashes in wanted.items()
        for grouphash in DiscardedHash.objects.filter(
            project_id=project_id, hash__in=hashes
        ).values_list("hash", flat=True)
    }
    if not found:
        return set()
    return {
        id(event)
        for event in strangers
        if not any(_key(event, h) in known for h in event.grouping.hashes)
        and any(_key(event, h) in found for h in (*event.grouping.hashes, *event.grouping.earlier))
    }


def _key(event: Prepared, grouphash: str) -> tuple[int, str]:
    return event.project_id, grouphash


def _earlier_hashes(strangers: Iterable[Prepared]) -> dict[int, Prepared]:
    """id() of an event -> the event with the hashes that it would have had before its project's settings were changed.

    They come last: where one leads to an issue the event joins it and its new hashes are attached, so that no change
    splits an issue. Where none does they are left out.
    """
    originals = [e for e in strangers if e.grouping.earlier]
    if not originals:
        return {}
    asked = [replace(e, grouping=replace(e.grouping, hashes=e.grouping.earlier)) for e in originals]
    known = _known_hashes(asked)
    found: dict[int, Prepared] = {}
    for original, before in zip(originals, asked, strict=True):
        hashes = tuple(h for h in before.grouping.hashes if _key(before, h) in known)
        if hashes:
            together = (*original.grouping.hashes, *hashes)
            found[id(original)] = replace(
                original, grouping=replace(original.grouping, hashes=together)
            )
    return found


def _known_hashes(events: Iterable[Prepared]) -> dict[tuple[int, str], GroupHash]:
    wanted: dict[int, set[str]] = defaultdict(set)
    for event in events:
        wanted[event.project_id].update(event.grouping.hashes)
    return {
        (row.project_id, row.hash): row
        for project_id, hashes in wanted.items()
        for row in GroupHash.objects.filter(project_id=project_id, hash__in=hashes).defer("why")
    }


def _lock_issues(
    events: Sequence[Prepared], known: dict[tuple[int, str], GroupHash]
) -> dict[int, Issue]:
    """The issues of the known hashes, locked; `known` says what holds under the lock.

    A hash may have moved to another issue between looking and locking. Then all locks are given back, so that they
    are always taken in order.
    """
    for _ in range(MAX_TRIES):
        before = transaction.savepoint()
        pks = {row.issue_id for row in known.values()}
        locked = Issue.objects.select_for_update().filter(pk__in=pks).order_by("pk")
        issues = {issue.pk: issue for issue in locked}
        if connection.features.has_select_for_update:  # else nobody else has written meanwhile
            found = _known_hashes(events)
            known.clear()
            known.update(found)
            # Whose hash comes with another event of the batch is no stranger: it is attached under these locks.
            brought = {
                _key(e, h)
                for e in events
                if not _strangers([e], known.keys())
                for h in e.grouping.hashes
            }
            if _strangers(events, known.keys() | brought):
                transaction.savepoint_rollback(before)
                raise _Gone
        if issues.keys() >= {row.issue_id for row in known.values()}:
            transaction.savepoint_commit(before)
            return issues
        transaction.savepoint_rollback(before)
    raise RuntimeError("the issues of a batch do not stand still")


def _lock_projects(strangers: Sequence[Prepared]) -> dict[int, Project]:
    pks = sorted({event.project_id for event in strangers})
    # Also one that has been marked for deletion since these events were prepared: they go with it.
    rows = Project.everything.select_for_update().filter(pk__in=pks).order_by("pk")
    return {project.pk: project for project in rows}


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
    families.remember(firsts, now)
    for project_id in sorted({issue.project_id for _, issue in firsts}):
        Project.objects.filter(pk=project_id).update(last_issue_number=numbers[project_id])
    IssueText.objects.bulk_create(
        [
            IssueText(issue_id=issue.pk, project_id=issue.project_id, text=_text(event))
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


def _text(event: Prepared) -> str:
    """An event whose issue was known, and is gone since, comes without."""
    if event.search_text:
        return event.search_text
    return search_text(stored.read(unpack(event.packed, event.dictionary)), event.grouping)


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
