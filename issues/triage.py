"""What people do to issues: resolve, reopen, mute, assign, comment. For one or many alike; each writes Activity.

Every verb is one transaction that locks its issues in the order of their ids. An issue that the verb would not change
is left alone: two people who resolve the same issue both want it resolved.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from issues.models import Activity, Issue
from issues.states import Kind, Status, Verb, Waiting, changes
from projects.models import User

_STATE = ("status", "resolved_at", "regressed_at", "muted_until", "muted_until_count")


@dataclass(frozen=True, slots=True)
class Before:
    """The state of an issue before a verb, and the status it was given: enough to undo it."""

    issue_id: int
    became: Status
    status: Status
    resolved_at: datetime | None
    regressed_at: datetime | None
    muted_until: datetime | None
    muted_until_count: int | None


def resolve(issues: Sequence[Issue], *, by: User | None, now: datetime) -> list[Before]:
    return _decide(issues, Verb.RESOLVE, Status.RESOLVED, Kind.RESOLVED, by=by, now=now)


def reopen(issues: Sequence[Issue], *, by: User | None, now: datetime) -> list[Before]:
    return _decide(issues, Verb.REOPEN, Status.UNRESOLVED, Kind.REOPENED, by=by, now=now)


def mute(
    issues: Sequence[Issue],
    *,
    by: User | None,
    now: datetime,
    until: datetime | None = None,
    more_events: int | None = None,
) -> list[Before]:
    """Until a moment, until more_events have come, or, with neither, until somebody reopens it."""
    return _decide(
        issues,
        Verb.MUTE,
        Status.MUTED,
        Kind.MUTED,
        by=by,
        now=now,
        until=until,
        more_events=more_events,
    )


def _decide(
    issues: Sequence[Issue],
    verb: Verb,
    status: Status,
    kind: Kind,
    *,
    by: User | None,
    now: datetime,
    until: datetime | None = None,
    more_events: int | None = None,
) -> list[Before]:
    done: list[Before] = []
    activity: list[Activity] = []
    with transaction.atomic():
        for issue in _locked(issues):
            if not changes(verb, Status(issue.status)):
                continue
            done.append(_before(issue, status))
            waiting = Waiting(
                until=until,
                # Counted from what there is now, under the lock that the digest takes as well.
                until_count=issue.event_count + more_events if more_events else None,
            )
            issue.status = status
            issue.resolved_at = now if status is Status.RESOLVED else None
            issue.regressed_at = None
            issue.muted_until, issue.muted_until_count = waiting.until, waiting.until_count
            issue.save(update_fields=_STATE)
            activity.append(_activity(issue, kind, by, now, **_told(waiting)))
        Activity.objects.bulk_create(activity)
    _refresh(issues)
    return done


def undo(befores: Iterable[Before], *, by: User | None, now: datetime) -> int:
    """Give issues back the state they had. One that was changed again since is left alone. Returns how many."""
    wanted = {before.issue_id: before for before in befores}
    activity = []
    with transaction.atomic():
        for issue in _locked(Issue.objects.filter(pk__in=wanted)):
            before = wanted[issue.pk]
            if issue.status != before.became:
                continue
            issue.status = before.status
            issue.resolved_at, issue.regressed_at = before.resolved_at, before.regressed_at
            issue.muted_until = before.muted_until
            issue.muted_until_count = before.muted_until_count
            issue.save(update_fields=_STATE)
            kind = {
                Status.UNRESOLVED: Kind.REOPENED,
                Status.RESOLVED: Kind.RESOLVED,
                Status.MUTED: Kind.MUTED,
            }[before.status]
            told = _told(issue.waiting) if before.status is Status.MUTED else {}
            activity.append(_activity(issue, kind, by, now, undo=True, **told))
        Activity.objects.bulk_create(activity)
    return len(activity)


def assign(
    issues: Sequence[Issue], *, to: User | None, by: User | None, now: datetime
) -> list[Issue]:
    """to: None takes the assignment away. The caller has made sure that the person may see the issues."""
    changed, activity = [], []
    with transaction.atomic():
        for issue in _locked(issues):
            if issue.assignee_id == (to.pk if to else None) and issue.assigned_team_id is None:
                continue
            issue.assignee, issue.assigned_team = to, None
            issue.save(update_fields=["assignee", "assigned_team"])
            told = {"user": to.pk, "name": to.display_name} if to else {}
            kind = Kind.ASSIGNED if to else Kind.UNASSIGNED
            activity.append(_activity(issue, kind, by, now, **told))
            changed.append(issue)
        Activity.objects.bulk_create(activity)
    for issue in issues:
        issue.assignee, issue.assigned_team = to, None
    return changed


def comment(issue: Issue, text: str, *, by: User, now: datetime) -> Activity:
    found = _activity(issue, Kind.COMMENTED, by, now, text=text)
    found.save()
    return found


def _locked(issues: Iterable[Issue]) -> Iterable[Issue]:
    pks = [issue.pk for issue in issues]
    return Issue.objects.select_for_update().filter(pk__in=pks).order_by("pk")


def _before(issue: Issue, became: Status) -> Before:
    return Before(
        issue_id=issue.pk,
        became=became,
        status=Status(issue.status),
        resolved_at=issue.resolved_at,
        regressed_at=issue.regressed_at,
        muted_until=issue.muted_until,
        muted_until_count=issue.muted_until_count,
    )


def _told(waiting: Waiting) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if waiting.until is not None:
        told["until"] = waiting.until.isoformat()
    if waiting.until_count is not None:
        told["until_count"] = waiting.until_count
    return told


def _activity(issue: Issue, kind: Kind, by: User | None, now: datetime, **data: Any) -> Activity:
    return Activity(
        project_id=issue.project_id, issue=issue, kind=kind, at=now, actor=by, data=data
    )


def _refresh(issues: Sequence[Issue]) -> None:
    """The caller's objects say what the database says."""
    fresh = {issue.pk: issue for issue in Issue.objects.filter(pk__in=[i.pk for i in issues])}
    for issue in issues:
        if issue.pk in fresh:
            for name in _STATE:
                setattr(issue, name, getattr(fresh[issue.pk], name))
