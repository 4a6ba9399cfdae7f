"""Merge and unmerge, for one issue or many, for pages and API alike; each writes Activity and can be undone.

An issue is its grouphashes: merging gives those of one issue to another, unmerging takes some of them out again.
Counts, users and tags are kept by grouphash, so that all numbers are exact afterwards, also those of events that are
no longer stored. Every verb is one database transaction that locks projects, then issues, in the order of their
primary keys, as the digest does.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Sum
from django.db.models.functions import Coalesce

from issues import alike, marks, moving, tombstones
from issues.models import Activity, GroupHash, HourCount, Issue, MergedIssue, Rearrangement
from issues.splitting import describe, new_issue
from issues.states import Kind
from projects.models import Project, User

MAX_HASHES = 2000


class CannotMove(ValueError):
    """The message says why, to the person who tried."""


@dataclass(frozen=True, slots=True)
class Done:
    """into: where the hashes are now. moved: short ids of the issues that were merged; of an unmerge, that of into."""

    change: Rearrangement
    into: Issue
    moved: tuple[str, ...]


def oldest(issues: Iterable[Issue]) -> Issue:
    return min(issues, key=lambda issue: (issue.first_seen, issue.pk))


def merge(
    issues: Sequence[Issue], *, into: Issue | None = None, by: User | None, now: datetime
) -> Done | None:
    """Make all of them one: `into`, which need not be among them, else the oldest. None: they are one already.

    The status, the assignee and the title are those of `into`. The others' addresses lead there from now on.
    Raises CannotMove for issues of different projects.
    """
    everyone = {issue.pk: issue for issue in [*issues, *([into] if into else [])]}
    if len({issue.project_id for issue in everyone.values()}) > 1:
        raise CannotMove("Only issues of the same project can be merged.")
    with transaction.atomic():
        locked = moving.lock(everyone)
        if into is not None and into.pk not in locked:
            raise CannotMove(f"{into.short_id} is no longer there.")
        if len(locked) < 2:
            return None
        target = locked[into.pk] if into is not None else oldest(locked.values())
        hashes: list[list[Any]] = []
        graves: list[list[int]] = []
        sources = [issue for issue in locked.values() if issue.pk != target.pk]
        for issue in sources:
            graves += graves_in(issue.pk)
            hashes += hand_over(issue, target, now)
            _tell(target, Kind.MERGED, by, now, other=issue.pk, **describe(issue))
        tombstones.join_texts(target)
        moving.recount(target)
        moving.settle(target.project_id, (issue.pk for issue in sources))
        change = Rearrangement.objects.create(
            project_id=target.project_id,
            kind=Rearrangement.MERGE,
            at=now,
            actor=by,
            data={
                "into": target.pk,
                "issues": [issue.pk for issue in sources],
                "hashes": hashes,
                "graves": graves,
            },
        )
    return Done(change, target, tuple(issue.short_id for issue in sources))


def unmerge(issue: Issue, hash_pks: Iterable[int], *, by: User | None, now: datetime) -> Done:
    """Take grouphashes, and all events they ever placed, out of an issue: into a new one, or, if they are all that an
    issue brought along when it was merged, back into that one.

    Raises CannotMove if the hashes are not the issue's, or all it has.
    """
    wanted = set(hash_pks)
    with transaction.atomic():
        # A new issue needs a number, and the digest locks projects before issues.
        project = Project.objects.select_for_update().get(pk=issue.project_id)
        locked = moving.lock([issue.pk])
        if issue.pk not in locked:
            raise CannotMove(f"{issue.short_id} is no longer there.")
        source = locked[issue.pk]
        hashes = list(GroupHash.objects.filter(issue=source).order_by("pk"))
        chosen = _with_companions(hashes, wanted)
        if not chosen or not wanted <= {row.pk for row in hashes}:
            raise CannotMove("These hashes do not belong to the issue, or no longer.")
        if not _deciding(hashes) - {row.pk for row in chosen}:
            raise CannotMove("An issue has to keep at least one of its hashes.")
        before = [[row.pk, row.merged_from] for row in chosen]
        grave = _grave_of(chosen, hashes, source)
        target = tombstones.revive(grave) if grave else new_issue(source, chosen, project)
        GroupHash.objects.filter(pk__in=[row.pk for row in chosen]).update(
            issue=target, merged_from=None
        )
        tombstones.join_texts(source)
        for each in (source, target):
            moving.recount(each)
        moving.settle(source.project_id, [source.pk])
        # Whoever takes them apart need not be told that they may be the same.
        alike.tell_apart(source, target, by=by, now=now)
        _tell(source, Kind.UNMERGED, by, now, other=target.pk, **describe(target))
        _tell(target, Kind.UNMERGED, by, now, other=source.pk, origin=True, **describe(source))
        change = Rearrangement.objects.create(
            project_id=source.project_id,
            kind=Rearrangement.UNMERGE,
            at=now,
            actor=by,
            data={"from": source.pk, "into": target.pk, "hashes": before},
        )
    return Done(change, target, (target.short_id,))


def undo(change: Rearrangement, *, by: User | None, now: datetime) -> bool:
    """Put back what a merge or an unmerge moved, as far as it is still where that put it. Whether anything was."""
    with transaction.atomic():
        fresh = Rearrangement.objects.filter(pk=change.pk, undone_at=None)
        if not fresh.update(undone_at=now):
            return False
        if change.kind == Rearrangement.MERGE:
            return _undo_merge(change, by, now)
        return _undo_unmerge(change, by, now)


def _undo_merge(change: Rearrangement, by: User | None, now: datetime) -> bool:
    data = change.data
    target = moving.lock([data["into"]]).get(data["into"])
    if target is None:
        return False
    back = []
    for grave in MergedIssue.objects.filter(pk__in=data["issues"], into_id=target.pk).order_by(
        "pk"
    ):
        mine = [pk for pk, issue, _ in data["hashes"] if issue == grave.pk]
        there = GroupHash.objects.filter(pk__in=mine, issue=target)
        origins = {pk: origin for pk, _, origin in data["hashes"]}
        found = list(there.values_list("pk", flat=True))
        if not found:
            continue
        issue = tombstones.revive(grave)
        for pk in found:
            GroupHash.objects.filter(pk=pk).update(issue=issue, merged_from=origins[pk])
        inner = [pk for pk, owner in data["graves"] if owner == issue.pk]
        MergedIssue.objects.filter(pk__in=inner, into_id=target.pk).update(into_id=issue.pk)
        back.append(issue)
    for issue in [*back, target]:
        tombstones.join_texts(issue)
        moving.recount(issue)
    for issue in back:
        _tell(target, Kind.UNMERGED, by, now, other=issue.pk, undo=True, **describe(issue))
    if back:
        moving.settle(target.project_id, [target.pk])
    return bool(back)


def _undo_unmerge(change: Rearrangement, by: User | None, now: datetime) -> bool:
    data = change.data
    locked = moving.lock([data["from"], data["into"]])
    if len(locked) < 2:
        return False
    source, target = locked[data["into"]], locked[data["from"]]
    origins = dict(data["hashes"])
    found = list(GroupHash.objects.filter(pk__in=origins, issue=source))
    if not found:
        return False
    for row in found:
        GroupHash.objects.filter(pk=row.pk).update(issue=target, merged_from=origins[row.pk])
    if GroupHash.objects.filter(issue=source).exists():  # it has met something else meanwhile
        moving.recount(source)
        moving.settle(source.project_id, [source.pk])
    else:
        tombstones.bury(source, target, now)
        moving.settle(source.project_id, [source.pk])
    tombstones.join_texts(target)
    moving.recount(target)
    _tell(target, Kind.MERGED, by, now, other=source.pk, undo=True, **describe(source))
    return True


def hand_over(issue: Issue, target: Issue, now: datetime) -> list[list[Any]]:
    """Inside a transaction that holds both: give all hashes of an issue to another, and bury it.

    Returns [hash, issue, where it came from before].
    """
    hashes = GroupHash.objects.filter(issue=issue)
    moved = [[pk, issue.pk, origin] for pk, origin in hashes.values_list("pk", "merged_from")]
    hashes.update(issue=target, merged_from=Coalesce(F("merged_from"), issue.pk))
    marks.follow(issue.pk, target.pk)
    tombstones.bury(issue, target, now)
    return moved


def graves_in(pk: int) -> list[list[int]]:
    rows = MergedIssue.objects.filter(into_id=pk).values_list("pk", flat=True)
    return [[grave, pk] for grave in rows]


def _deciding(hashes: Sequence[GroupHash]) -> set[int]:
    """Those that have placed events. The others came along with one that did (grouping contract, 13.2)."""
    pks = [row.pk for row in hashes]
    rows = HourCount.objects.filter(project_id=hashes[0].project_id, grouphash_id__in=pks)
    counted = rows.order_by().values_list("grouphash_id").annotate(events=Sum("count"))
    return {pk for pk, events in counted if events}


def _with_companions(hashes: Sequence[GroupHash], wanted: set[int]) -> list[GroupHash]:
    """The wanted ones, and those that only came along with them: an event's explanation is stored with each of its
    hashes.
    """
    chosen = [row for row in hashes if row.pk in wanted]
    if not chosen:
        return []
    deciding = _deciding(hashes)
    whys = Counter(str(row.why) for row in chosen)
    return [
        row
        for row in hashes
        if row.pk in wanted or (row.pk not in deciding and str(row.why) in whys)
    ]


def _grave_of(
    chosen: Sequence[GroupHash], hashes: Sequence[GroupHash], source: Issue
) -> MergedIssue | None:
    origins = {row.merged_from for row in chosen}
    origin = origins.pop() if len(origins) == 1 else None
    if origin is None:
        return None
    pks = {row.pk for row in chosen}
    if any(row.merged_from == origin and row.pk not in pks for row in hashes):
        return None
    return MergedIssue.objects.filter(pk=origin, into_id=source.pk).first()


def _tell(issue: Issue, kind: Kind, by: User | None, now: datetime, **data: Any) -> None:
    Activity.objects.create(
        project_id=issue.project_id, issue=issue, kind=kind, at=now, actor=by, data=data
    )
