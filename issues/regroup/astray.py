"""Grouphashes that stand elsewhere than a run has planned.

Once a run's rules are in force, events come with its new hashes before it has made them. By the changeover they join
the issue that they would have joined before, and their new hashes with them (issues.match). Where that is not the issue
of the plan, the hash goes there with all that was counted of it, so that a split is a split whatever comes meanwhile.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from issues import merging, moving, tombstones
from issues.grouping import Grouping
from issues.models import Event, GroupHash, Issue, RegroupMove, RegroupRun
from issues.splitting import new_issue, say
from projects.models import Project

# An event, its canonical payload, its new grouping.
Read = tuple[Event, dict[str, Any], Grouping]


def astray(
    run: RegroupRun, targets: Mapping[str, int | None], hashes: Collection[str]
) -> list[GroupHash]:
    """Those of these hashes."""
    if run.adopted_at is None:
        return []
    rows = GroupHash.objects.filter(project_id=run.project_id, created_at__gte=run.adopted_at)
    found = rows.filter(hash__in=hashes).order_by("pk")
    planned = {_place(flow[0]) for flow in run.plan["flows"]} if found else set()
    return [
        row
        for row in found
        if row.hash in targets
        and row.issue_id != _place(targets[row.hash])
        # What was to get an issue of its own may have got one by an event.
        and (targets[row.hash] is not None or row.issue_id in planned)
        # What the run has used already, somebody has moved since.
        and not RegroupMove.objects.filter(run=run, to_hash_id=row.pk).exists()
    ]


def _place(issue: int | None) -> int | None:
    return None if issue is None else tombstones.place_of(issue)


def bring(run: RegroupRun, read: Sequence[Read], now: datetime) -> bool:
    """Put these events' new hashes where the plan has them; whether there was one to put."""
    first = {each[2].hashes[0]: each for each in reversed(read)}
    if not astray(run, run.plan["targets"], first):
        return False
    with transaction.atomic():
        project = Project.objects.select_for_update().get(pk=run.project_id)
        plan = dict(RegroupRun.objects.select_for_update().get(pk=run.pk).plan)
        targets, brought = dict(plan["targets"]), list(plan.get("brought", ()))
        rows = astray(run, targets, first)
        pks = {row.issue_id for row in rows} | {_place(targets[row.hash]) for row in rows}
        issues = moving.lock(pk for pk in pks if pk is not None)
        for row in rows:
            source, place = issues.get(row.issue_id), _place(targets[row.hash])
            if source is None:
                continue
            if place is None:
                _, data, grouping = first[row.hash]
                made = new_issue(source, (), project, said=say(data, grouping))
                issues[made.pk] = made
                place = targets[row.hash] = made.pk
            if place not in issues:
                continue
            _move(row.pk, source, issues[place], now)
            brought.append([row.pk, source.pk, place])
        RegroupRun.objects.filter(pk=run.pk).update(
            plan=plan | {"targets": targets, "brought": brought}
        )
    return True


def send_back(run: RegroupRun, now: datetime) -> None:
    """Undo: what was brought goes back to where it came from. Inside the caller's transaction."""
    for grouphash, came_from, went_to in reversed(run.plan.get("brought", ())):
        source, target = tombstones.place_of(went_to), tombstones.place_of(came_from)
        issues = moving.lock([source, target])
        if source != target and len(issues) == 2:
            _move(grouphash, issues[source], issues[target], now)


def _move(grouphash: int, source: Issue, target: Issue, now: datetime) -> None:
    hashes = GroupHash.objects.filter(issue=source)
    if not hashes.filter(pk=grouphash).exists():
        return
    if hashes.count() == 1:
        merging.hand_over(source, target, now)
        tombstones.join_texts(target)
    else:
        hashes.filter(pk=grouphash).update(issue=target)
        moving.recount(source)
    moving.recount(target)
    moving.settle(target.project_id, [source.pk])
