"""Storm mode in the database: issues.storm decides, this carries it out. Inside the digest's transaction, under the
lock of the issues' rows, but for `end_storms`, which takes both.

A batch without a storm costs no statement; one with any number of storms costs three, or five where a payload that
leaves had attachments.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction

from issues import storm
from issues.match import Names, Placed
from issues.models import Activity, Attachment, AttachmentData, Event, EventPayload, Issue
from issues.storm import Arrival, Keep, Rule, State, Stored, Turn


@dataclass(frozen=True, slots=True)
class _Flood:
    """An issue of the batch. latest: index in the batch of the event that is kept until a newer one comes."""

    issue: Issue
    state: State
    latest: int | None


@dataclass(slots=True)
class Thinning:
    """What storms make of a batch. keeps: one for each placed event."""

    keeps: list[Keep]
    activity: list[Activity] = field(default_factory=list)
    _floods: list[_Flood] = field(default_factory=list)
    _superseded: list[tuple[int, Stored]] = field(default_factory=list)  # with their projects

    def settle(self, placed: Sequence[Placed], keys: Sequence[int], now: datetime) -> None:
        """Once the events have keys: note the latest ones, and take the payloads of those that were it before.

        keys: the primary keys of the placed events. The issues' columns are written with their counters.
        """
        for flood in self._floods:
            if flood.state.storm is not None:
                flood.state.storm.digested = storm.minute_of(now)
                if flood.latest is not None:
                    event_id = placed[flood.latest].event.event_id.hex
                    flood.state.storm.latest = Stored(keys[flood.latest], event_id)
            flood.issue.flood = storm.write(flood.state)
        if self._superseded:
            _drop(self._superseded)


def judge(placed: Sequence[Placed], names: Names, rule: Rule) -> Thinning:
    indexes_of: dict[int, list[int]] = defaultdict(list)
    for index, p in enumerate(placed):
        indexes_of[p.issue.pk].append(index)
    thinning = Thinning([Keep.WHOLE] * len(placed))
    for indexes in indexes_of.values():
        _judge_issue(thinning, placed, indexes, names, rule)
    return thinning


def _judge_issue(
    thinning: Thinning,
    placed: Sequence[Placed],
    indexes: Sequence[int],
    names: Names,
    rule: Rule,
) -> None:
    issue = placed[indexes[0]].issue
    state = storm.read(issue.flood)
    arrivals = [
        Arrival(event.received_at, names.release(event) or 0, names.environment(event) or 0)
        for event in (placed[index].event for index in indexes)
    ]
    verdict = storm.judge(state, arrivals, rule, last_seen=issue.last_seen)
    for index, keep in zip(indexes, verdict.keeps, strict=True):
        if keep is not Keep.WHOLE:
            thinning.keeps[index] = keep
    thinning.activity += [_activity(issue, turn) for turn in verdict.turns]
    latest = None if verdict.latest is None else indexes[verdict.latest]
    thinning._floods.append(_Flood(issue, state, latest))
    if verdict.superseded is not None:
        thinning._superseded.append((issue.project_id, verdict.superseded))
    issue.storm_since = state.storm.since if state.storm else None


def _activity(issue: Issue, turn: Turn) -> Activity:
    return Activity(
        project_id=issue.project_id, issue_id=issue.pk, kind=turn.kind, at=turn.at, data=turn.data
    )


def _drop(superseded: Sequence[tuple[int, Stored]]) -> None:
    """The rows of the events stay, and say that they are thinned."""
    pks = [stored.pk for _, stored in superseded]
    Event.objects.filter(pk__in=pks).update(keep=Keep.THINNED)
    EventPayload.objects.filter(pk__in=pks).delete()
    owners = {(project_id, UUID(stored.event_id)) for project_id, stored in superseded}
    files = Attachment.objects.filter(
        project_id__in={project_id for project_id, _ in owners},
        event_id__in={event_id for _, event_id in owners},
    ).values_list("pk", "project_id", "event_id")
    # Two projects may know the same event id.
    attached = [pk for pk, *owner in files if tuple(owner) in owners]
    if attached:
        AttachmentData.objects.filter(pk__in=attached).delete()
        Attachment.objects.filter(pk__in=attached).delete()


def end_storms(rule: Rule, now: datetime) -> int:
    """End the storms that no event ends, because none comes any more. Returns how many.

    Any process may call it at any time: the lock of the issue's row lets one of them do it.
    """
    found = Issue.objects.filter(storm_since__isnull=False)
    over = [
        pk
        for pk, flood in found.values_list("pk", "flood")
        if _is_over(storm.read(flood), rule, now)
    ]
    return sum(_end(pk, rule, now) for pk in sorted(over))


def _is_over(state: State, rule: Rule, now: datetime) -> bool:
    return state.storm is not None and storm.is_over(state.storm, rule, now)


def _end(pk: int, rule: Rule, now: datetime) -> bool:
    with transaction.atomic():
        issue = Issue.objects.select_for_update().filter(pk=pk).first()
        if issue is None:
            return False
        state = storm.read(issue.flood)
        turn = storm.end(state, rule, now)
        if turn is None:
            return False
        issue.flood, issue.storm_since = storm.write(state), None
        issue.save(update_fields=["flood", "storm_since"])
        _activity(issue, turn).save()
    return True
