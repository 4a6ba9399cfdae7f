"""Runs of regrouping: looking, moving, undoing, a chunk at a time.

A chunk is one database transaction: events, counts, journal and cursor move together or not at all, and the cursor
moves only from where the chunk found it. So a run can stop anywhere and go on, in another process as well; two that
work on the same run cannot do a chunk twice; and runs that meet leave alone what the other has moved already.
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from issues import merging, moving, removal, tombstones
from issues.grouping import Config, group
from issues.grouping.compiled import config_from
from issues.models import (
    Activity,
    Event,
    EventPayload,
    GroupHash,
    Issue,
    MergedIssue,
    RegroupMove,
    RegroupRun,
    RegroupState,
    Relocation,
)
from issues.regroup.astray import Read, astray, bring, send_back
from issues.regroup.journal import What, decided_by, note
from issues.regroup.plan import Plan, Tally, plan
from issues.regroup.reach import events_of, follow, take_in
from issues.regroup.shift import Shift, load, payload_tags, retime, shift
from issues.splitting import new_issue, say
from issues.states import Kind
from projects.models import Project

CHUNK = 500  # events
# Until settings that were put in force count for everything that is stored: the digest reads them once in a second,
# and what it has prepared by then is stored a moment later.
GRACE = timedelta(seconds=3)
AT_WORK = (RegroupState.PLANNING, RegroupState.APPLYING, RegroupState.UNDOING)

# Nothing has been moved yet.
AHEAD = (RegroupState.PLANNING, RegroupState.PLANNED, RegroupState.SAVED)


class Busy(RuntimeError):
    """Somebody else did this chunk."""


def carry_on(seconds: float) -> None:
    """Work on the runs that wait in the background, for about so long."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        run = (
            RegroupRun.objects.filter(in_background=True, state__in=AT_WORK).order_by("pk").first()
        )
        if run is None:
            return
        before, now = run.looked_at, timezone.now()
        step(run, now)
        if run.looked_at == before and is_too_soon(run, now):
            return


def is_too_soon(run: RegroupRun, now: datetime) -> bool:
    """Whether events may still come that were grouped by the settings before the last change."""
    if run.follows_id is not None:
        changed_at = run.created_at
    else:
        changes = run.steps.filter(what__in=(What.SAVED, What.RETURNED)).order_by("-pk")
        changed_at = changes.values_list("at", flat=True).first() or now - GRACE
    return changed_at <= now < changed_at + GRACE


def step(run: RegroupRun, now: datetime) -> bool:
    """Do one chunk. Whether there is more to do in this state of the run."""
    try:
        if run.state == RegroupState.PLANNING:
            if run.follows_id is None or not is_too_soon(run, now):
                _look(run, now)
        elif removal.carry_on(1, project_id=run.project_id):
            pass  # first, what belongs to no issue any more goes
        elif moving.relocate(1, project_id=run.project_id):
            pass  # then, every event stands where its hash is
        elif run.state == RegroupState.APPLYING:
            _move(run, now)
        elif run.state == RegroupState.UNDOING:
            _move_back(run, now)
    except Busy:
        pass
    run.refresh_from_db()
    return run.state in AT_WORK


def plan_of(run: RegroupRun) -> Plan:
    """What the run has found so far; of one that was carried out, what it had found."""

    def place(issue: int) -> int:
        # An issue may have been merged away since it was looked at; once events move, that is what they move for.
        return tombstones.place_of(issue) if run.state in AHEAD else issue

    tallies: Counter[Tally] = Counter()
    for issue, old, new, events in run.plan.get("flows", ()):
        tallies[Tally(place(issue), old, new)] += events
    known = {h: place(pk) for h, pk in run.plan.get("known", {}).items()}
    living = {place(pk) for pk in run.plan.get("living", ())}
    return plan(tallies, known, is_splitting=run.is_splitting, living=living)


def _chunk(run: RegroupRun, config: Config) -> tuple[list[Event], list[Read]]:
    """The next events, and those of them whose payload is still there, with their new grouping."""
    events = events_of(run)
    if run.cursor is not None:
        events = events.filter(pk__lt=run.cursor)
    rows: list[Event] = list(events.order_by("-pk")[:CHUNK])
    payloads = EventPayload.objects.filter(project_id=run.project_id).in_bulk(
        [event.pk for event in rows]
    )
    read = []
    for event in rows:
        payload = payloads.get(event.pk)
        data = load(payload) if payload is not None else None
        if data is not None:
            read.append((event, data, group(data, config)))
    return rows, read


def _advance(run: RegroupRun, rows: Sequence[Any], **fields: Any) -> None:
    """Inside a chunk's transaction. Raises Busy if the run is no longer where it was read."""
    here = RegroupRun.objects.filter(pk=run.pk, state=run.state, cursor=run.cursor)
    cursor = rows[-1].pk if rows else run.cursor
    if not here.update(cursor=cursor, looked_at=run.looked_at + len(rows), **fields):
        raise Busy


def _look(run: RegroupRun, now: datetime) -> None:
    rows, read = _chunk(run, config_from(run.candidate))
    hashes = dict(
        GroupHash.objects.filter(pk__in={event.grouphash_id for event in rows}).values_list(
            "pk", "hash"
        )
    )
    places = dict(
        GroupHash.objects.filter(pk__in={event.grouphash_id for event in rows}).values_list(
            "pk", "issue_id"
        )
    )
    flows = Counter({(i, old, new): n for i, old, new, n in run.plan.get("flows", ())})
    flows.update(
        (places[event.grouphash_id], hashes[event.grouphash_id], grouping.hashes[0])
        for event, _, grouping in read
        if event.grouphash_id in hashes
    )
    found = {
        "flows": [[*key, count] for key, count in sorted(flows.items())],
        "known": run.plan.get("known", {}) | _known(run.project_id, read),
        "without": run.plan.get("without", 0) + len(rows) - len(read),
    }
    is_last = len(rows) < CHUNK
    state = RegroupState.PLANNED if is_last else RegroupState.PLANNING
    with transaction.atomic():
        _advance(run, rows, plan=found, state=state)
        if is_last:
            fresh = RegroupRun.objects.get(pk=run.pk)
            if fresh.follows_id is not None:
                fresh.plan["living"] = _living(fresh)
            found_plan = plan_of(fresh)
            fresh.plan["targets"] = dict(found_plan.targets)
            fresh.save(update_fields=["plan"])
            note(run, What.LOOKED, now, events=fresh.looked_at)
            if fresh.follows_id is not None:
                _go_on(fresh, found_plan, now)


def _living(run: RegroupRun) -> list[int]:
    """Issues that none of the events looked at may take over: they hold others, too, or were made of several problems
    by the rules that are gone, and are named after one of them.
    """
    looked: Counter[int] = Counter()
    ways: dict[int, set[str]] = {}
    for issue, _, new, events in run.plan["flows"]:
        pk = tombstones.place_of(issue)
        looked[pk] += events
        ways.setdefault(pk, set()).add(new)
    rows = Issue.objects.filter(pk__in=looked).values_list("pk", "event_count")
    return sorted(pk for pk, events in rows if events > looked[pk] or len(ways[pk]) > 1)


def _go_on(run: RegroupRun, found: Plan, now: datetime) -> None:
    """A run that follows an undo needs nobody's decision: that was made with the undo."""
    if found.rehashed:
        run.state, run.cursor, run.looked_at = RegroupState.APPLYING, None, 0
        take_in(run)
        note(run, What.MOVING, now, events=run.to_look_at)
    else:
        run.state, run.finished_at = RegroupState.APPLIED, now
        note(run, What.MOVED, now, events=0)
    run.save(
        update_fields=["state", "cursor", "looked_at", "last_event_pk", "to_look_at", "finished_at"]
    )


def _known(project_id: int, read: Sequence[Read]) -> dict[str, int]:
    """First hash of each event -> the issue of the first of its hashes that exists: as the digest looks them up."""
    wanted = {h for _, _, grouping in read for h in grouping.hashes}
    rows = GroupHash.objects.filter(project_id=project_id, hash__in=wanted)
    issues = dict(rows.values_list("hash", "issue_id"))
    found: dict[str, int] = {}
    for _, _, grouping in read:
        for each in grouping.hashes:
            if each in issues:
                found.setdefault(grouping.hashes[0], issues[each])
                break
    return found


def _move(run: RegroupRun, now: datetime) -> None:
    rows, read = _chunk(run, config_from(run.candidate))
    if bring(run, read, now):
        return  # first, the events follow
    with transaction.atomic():
        project = Project.objects.select_for_update().get(pk=run.project_id)
        _advance(run, rows)
        targets = dict(run.plan["targets"])
        hashes = _hashes(project, read, targets, now)
        if astray(run, targets, hashes):
            raise Busy  # it was brought along by an event only just now
        shifts = [
            Shift(event.pk, event.grouphash_id, hashes[grouping.hashes[0]])
            for event, _, grouping in read
            if hashes[grouping.hashes[0]] != event.grouphash_id
        ]
        tags = {event.pk: payload_tags(data) for event, data, _ in read}
        done, _ = shift(run.project_id, shifts, tags)
        RegroupMove.objects.bulk_create(
            [
                RegroupMove(
                    run=run,
                    event_pk=s.event_pk,
                    from_hash_id=s.from_hash_id,
                    to_hash_id=s.to_hash_id,
                )
                for s in done
            ]
        )
        RegroupRun.objects.filter(pk=run.pk).update(
            moved=run.moved + len(done), plan=run.plan | {"targets": targets}
        )
    if len(rows) < CHUNK:
        run.refresh_from_db()
        if not is_too_soon(run, now) and not _take_in_stragglers(run):
            _finish(run, RegroupState.APPLIED, now)


def _take_in_stragglers(run: RegroupRun) -> bool:
    """Once: what was still grouped as before when the settings had been put in force already. Whether anything came."""
    if run.adopted_at is None or "stragglers" in run.plan:
        return False
    here = RegroupRun.objects.filter(pk=run.pk, state=run.state, cursor=run.cursor)
    seen, run.after_event_pk = run.to_look_at, run.last_event_pk
    take_in(run)
    if not run.to_look_at:
        return False
    run.to_look_at += seen
    return bool(
        here.update(
            plan=run.plan | {"stragglers": run.after_event_pk},
            after_event_pk=run.after_event_pk,
            last_event_pk=run.last_event_pk,
            to_look_at=run.to_look_at,
            cursor=None,
        )
    )


def _hashes(
    project: Project,
    read: Sequence[Read],
    targets: dict[str, int | None],
    now: datetime,
) -> dict[str, int]:
    """The new hashes' primary keys; makes those, and the issues, that are missing."""
    first = {grouping.hashes[0]: each for each in read for grouping in [each[2]]}
    rows = GroupHash.objects.filter(project=project, hash__in=first)
    found = dict(rows.values_list("hash", "pk"))
    made = []
    for new_hash, (event, data, grouping) in sorted(first.items()):
        if new_hash in found:
            continue
        source = Issue.objects.get(
            pk=GroupHash.objects.values_list("issue_id", flat=True).get(pk=event.grouphash_id)
        )
        # What was digested between looking and moving is not in the plan: it stays together.
        target = targets.get(new_hash, source.pk)
        if target is None or not _exists(target):  # it may have been deleted meanwhile
            target = new_issue(source, (), project, said=say(data, grouping)).pk
            targets[new_hash] = target
        made.append(
            GroupHash(
                project=project,
                hash=new_hash,
                issue_id=tombstones.place_of(target),
                config=grouping.config,
                why=dict(grouping.why),
                created_at=now,
            )
        )
    GroupHash.objects.bulk_create(made, ignore_conflicts=True)
    found |= dict(rows.all().values_list("hash", "pk"))
    return found


def _exists(issue_pk: int) -> bool:
    return Issue.objects.filter(pk=tombstones.place_of(issue_pk)).exists()


def _move_back(run: RegroupRun, now: datetime) -> None:
    moves = RegroupMove.objects.filter(run=run)
    if run.cursor is not None:
        moves = moves.filter(pk__lt=run.cursor)
    rows = list(moves.order_by("-pk")[:CHUNK])
    payloads = EventPayload.objects.filter(project_id=run.project_id).in_bulk(
        [move.event_pk for move in rows]
    )
    # Without its payload nobody knows an event's tags: it stays where it is counted.
    loaded = {pk: load(payload) for pk, payload in payloads.items()}
    tags = {pk: payload_tags(data) for pk, data in loaded.items() if data is not None}
    shifts = [
        Shift(move.event_pk, move.to_hash_id, move.from_hash_id)
        for move in rows
        if move.event_pk in tags
    ]
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=run.project_id)
        if run.cursor is None:
            _give_back(run)
            send_back(run, now)
        done, _ = shift(run.project_id, shifts, tags)
        back = run.plan.get("back", 0) + len(done)
        _advance(run, rows, plan=run.plan | {"back": back})
    if len(rows) < CHUNK:
        run.refresh_from_db()
        if not is_too_soon(run, now):
            _finish(run, RegroupState.UNDONE, now)


def _finish(run: RegroupRun, state: RegroupState, now: datetime) -> None:
    """Put the times right that moved events left behind, bury issues that have nothing left, and tell."""
    if Relocation.objects.filter(project_id=run.project_id).exists():
        return  # the next chunk, an empty one, comes back here when every event stands where its hash is
    moves = RegroupMove.objects.filter(run=run)
    pairs = list(moves.values_list("from_hash_id", "to_hash_id").distinct())
    left = {pair[0] if state == RegroupState.APPLIED else pair[1] for pair in pairs}
    for grouphash in sorted(left):
        retime(run.project_id, grouphash)
    with transaction.atomic():
        done = RegroupRun.objects.filter(pk=run.pk, state=run.state)
        if not done.update(state=state, finished_at=now):
            return
        events: Counter[int] = Counter()
        heirs: dict[int, Counter[int]] = {}
        issue_of = dict(
            GroupHash.objects.filter(pk__in={pk for pair in pairs for pk in pair}).values_list(
                "pk", "issue_id"
            )
        )
        for old, new in moves.values_list("from_hash_id", "to_hash_id"):
            a, b = issue_of.get(old), issue_of.get(new)
            if a is None or b is None or a == b:
                continue
            source, target = (a, b) if state == RegroupState.APPLIED else (b, a)
            events[source] += 1
            events[target] += 1
            heirs.setdefault(source, Counter())[target] += 1
        what = What.MOVED if state == RegroupState.APPLIED else What.UNDONE
        count = run.moved if state == RegroupState.APPLIED else run.plan.get("back", 0)
        note(run, what, now, events=count)
        locked = moving.lock(events)
        buried = _bury_empty(locked, heirs, now)
        decider = decided_by(run)
        Activity.objects.bulk_create(
            Activity(
                project_id=run.project_id,
                issue_id=pk,
                kind=Kind.REGROUPED,
                at=now,
                actor_id=decider,
                data={"events": moved, "run": run.pk}
                | ({"undo": True} if state == RegroupState.UNDONE else {}),
            )
            for pk, moved in sorted(events.items())
        )
        if state == RegroupState.APPLIED:
            RegroupRun.objects.filter(pk=run.pk).update(plan=run.plan | {"buried": buried})
        else:
            follow(run, now)


def _bury_empty(
    locked: Mapping[int, Issue], heirs: Mapping[int, Counter[int]], now: datetime
) -> list[Any]:
    """Issues all of whose events have gone elsewhere lead there from now on."""
    buried: list[Any] = []
    gone: set[int] = set()
    for pk, counts in sorted(heirs.items()):
        target = next(
            (locked[to] for to, _ in counts.most_common() if to in locked and to not in gone), None
        )
        if pk not in locked or locked[pk].event_count > 0 or target is None:
            continue
        graves = merging.graves_in(pk)
        buried.append([pk, target.pk, merging.hand_over(locked[pk], target, now), graves])
        gone.add(pk)
        tombstones.join_texts(target)
        moving.settle(target.project_id, [pk])
    return buried


def _give_back(run: RegroupRun) -> None:
    """Issues that lost everything to this run get their hashes back, and by them their events."""
    for pk, into, hashes, graves in run.plan.get("buried", ()):
        grave = MergedIssue.objects.filter(pk=pk, into_id=into).first()
        target = moving.lock([into]).get(into)
        if grave is None or target is None:
            continue
        issue = tombstones.revive(grave)
        for grouphash, _, origin in hashes:
            GroupHash.objects.filter(pk=grouphash, issue=target).update(
                issue=issue, merged_from=origin
            )
        inner = [each for each, _ in graves]
        MergedIssue.objects.filter(pk__in=inner, into_id=into).update(into_id=pk)
        for each in (issue, target):
            tombstones.join_texts(each)
            moving.recount(each)
