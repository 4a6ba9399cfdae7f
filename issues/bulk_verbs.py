"""The verbs that can be given to all issues that match. A new verb is a function and a line in VERBS."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from issues import asked, removal, triage
from issues.models import Issue
from issues.triage import Before
from projects.models import User

Data = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Done:
    """changed: how many issues. before: what undoes it, of a verb that can be undone."""

    changed: int
    before: Sequence[Before] = ()


@dataclass(frozen=True, slots=True)
class BulkVerb:
    """words: what was done. fields: what of a form it reads. run raises ValueError for values that will not do.

    asks: whoever clicks is told what will be lost, and asked once.
    """

    words: str
    run: Callable[[Sequence[Issue], Data, User, datetime], Done]
    fields: tuple[str, ...] = ()
    can_undo: bool = True
    asks: bool = False


def _resolve(issues: Sequence[Issue], data: Data, by: User, now: datetime) -> Done:
    return _done(triage.resolve(issues, by=by, now=now, fix=asked.fix(data)))


def _reopen(issues: Sequence[Issue], data: Data, by: User, now: datetime) -> Done:
    return _done(triage.reopen(issues, by=by, now=now))


def _mute(issues: Sequence[Issue], data: Data, by: User, now: datetime) -> Done:
    return _done(triage.mute(issues, by=by, now=now, **asked.condition(data, now).arguments))


def _assign(issues: Sequence[Issue], data: Data, by: User, now: datetime) -> Done:
    """Where the person or team does not see the issue, it is left alone."""
    to = asked.assignee(data, by)
    if to is not None:
        seen = {each for each in {i.project_id for i in issues} if asked.sees_all(to, [each])}
        issues = [issue for issue in issues if issue.project_id in seen]
    return _done(triage.assign(issues, to=to, by=by, now=now))


def _prioritize(issues: Sequence[Issue], data: Data, by: User, now: datetime) -> Done:
    return Done(len(triage.prioritize(issues, to=asked.priority(data), by=by, now=now)))


def _delete(issues: Sequence[Issue], data: Data, by: User, now: datetime) -> Done:
    return Done(len(removal.delete(issues, by=by, now=now, discard=bool(data.get("discard")))))


def _done(before: Sequence[Before]) -> Done:
    return Done(len(before), before)


VERBS: Mapping[str, BulkVerb] = {
    "resolve": BulkVerb("Resolved", _resolve, ("fix", "version", "commit", "repository")),
    "reopen": BulkVerb("Reopened", _reopen),
    "mute": BulkVerb("Muted", _mute, ("for", "until", "events", "users", "minutes")),
    "assign": BulkVerb("Assigned", _assign, ("to",)),
    "prioritize": BulkVerb("Set the priority of", _prioritize, ("priority",), can_undo=False),
    "delete": BulkVerb("Deleted", _delete, ("discard",), can_undo=False, asks=True),
}
