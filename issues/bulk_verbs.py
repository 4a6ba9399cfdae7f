"""The verbs that can be given to all issues that match. A new verb is a function and a line in VERBS."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from issues import triage
from issues.models import Issue
from issues.triage import Before
from projects.access import people_of
from projects.models import User

MUTE_FOR = {"hour": 3_600, "day": 86_400, "week": 7 * 86_400}
MUTE_EVENTS = {"events": 100}

Data = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Done:
    """changed: how many issues. before: what undoes it, of a verb that can be undone."""

    changed: int
    before: Sequence[Before] = ()


@dataclass(frozen=True, slots=True)
class BulkVerb:
    """words: what was done. fields: what of a form it reads. run raises ValueError for values that will not do."""

    words: str
    run: Callable[[Sequence[Issue], Data, User, datetime], Done]
    fields: tuple[str, ...] = ()
    can_undo: bool = True


def _resolve(issues: Sequence[Issue], data: Data, by: User, now: datetime) -> Done:
    return _done(triage.resolve(issues, by=by, now=now))


def _reopen(issues: Sequence[Issue], data: Data, by: User, now: datetime) -> Done:
    return _done(triage.reopen(issues, by=by, now=now))


def _mute(issues: Sequence[Issue], data: Data, by: User, now: datetime) -> Done:
    how = data.get("for", "")
    if how and how not in MUTE_FOR and how not in MUTE_EVENTS:
        raise ValueError("There is no such way to mute.")
    until = now + timedelta(seconds=MUTE_FOR[how]) if how in MUTE_FOR else None
    events = MUTE_EVENTS.get(how)
    return _done(triage.mute(issues, by=by, now=now, until=until, more_events=events))


def _assign(issues: Sequence[Issue], data: Data, by: User, now: datetime) -> Done:
    """Where the person does not see the issue, it is left alone."""
    raw = data.get("to", "")
    if raw == "me" or not raw:
        to = by if raw else None
    else:
        to = User.objects.filter(pk=int(raw)).first() if _is_id(raw) else None
        if to is None:
            raise ValueError("There is no such person.")
        seen = {
            project_id
            for project_id in {issue.project_id for issue in issues}
            if people_of([project_id]).filter(pk=to.pk).exists()
        }
        issues = [issue for issue in issues if issue.project_id in seen]
    return Done(len(triage.assign(issues, to=to, by=by, now=now)))


def _done(before: Sequence[Before]) -> Done:
    return Done(len(before), before)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


VERBS: Mapping[str, BulkVerb] = {
    "resolve": BulkVerb("Resolved", _resolve),
    "reopen": BulkVerb("Reopened", _reopen),
    "mute": BulkVerb("Muted", _mute, ("for",)),
    "assign": BulkVerb("Assigned", _assign, ("to",), can_undo=False),
}
