"""What people do to issues: resolve, reopen, mute, assign, set a priority. For one or many alike; each writes Activity.

Every verb is one transaction that locks its issues in the order of their ids. An issue that the verb would not change
is left alone: two people who resolve the same issue both want it resolved.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Min

from issues import fixes, marks, waking, window
from issues.fixes import CannotResolve
from issues.models import Activity, Issue
from issues.states import AT_ONCE, Fix, How, Kind, Priority, Status, Verb, changes
from issues.window import UserWindow, Window
from projects import sql
from projects.models import Release, Team, User

__all__ = ["Before", "CannotResolve", "assign", "mute", "prioritize", "reopen", "resolve", "undo"]

CHUNK = 500  # issues that lose their mute in one transaction

STATE = waking.COLUMNS
ASSIGNMENT = ("assignee_id", "assigned_team_id")
# Of a state, what tells whether somebody has changed it since. The counts move with merges.
_TELLING = ("status", "resolved_at", "resolved_in_id", "resolved_next", "muted_until")

Columns = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Before:
    """What undoes a verb: columns of an issue as they were, and what it made of those that must still be so."""

    issue_id: int
    was: Columns
    became: Columns

    def as_json(self) -> list[Any]:
        return [self.issue_id, _packed(self.was), _packed(self.became)]

    @classmethod
    def from_json(cls, kept: Sequence[Any]) -> "Before":
        issue_id, was, became = kept
        return cls(issue_id, _unpacked(was), _unpacked(became))


# JSON has no times: they are marked.
def _packed(columns: Columns) -> dict[str, Any]:
    return {
        name: {"at": value.isoformat()} if isinstance(value, datetime) else value
        for name, value in columns.items()
    }


def _unpacked(columns: Columns) -> dict[str, Any]:
    return {
        name: datetime.fromisoformat(value["at"]) if isinstance(value, dict) else value
        for name, value in columns.items()
    }


def resolve(
    issues: Sequence[Issue], *, by: User | None, now: datetime, fix: Fix = AT_ONCE
) -> list[Before]:
    """Raises CannotResolve if a project has no such release."""
    places = fixes.find(issues, fix)

    def change(issue: Issue) -> dict[str, Any] | None:
        place = places[issue.pk]
        if not changes(Verb.RESOLVE, Status(issue.status), says_more=fix.how is not How.NOW):
            return None
        if issue.status == Status.RESOLVED and place.is_of(issue):
            return None
        waking.reopen(issue)
        issue.status, issue.resolved_at, issue.regressed_at = Status.RESOLVED, now, None
        place.put(issue)
        return dict(place.told)

    return _decide(issues, change, STATE, _TELLING, Kind.RESOLVED, by, now)


def reopen(issues: Sequence[Issue], *, by: User | None, now: datetime) -> list[Before]:
    def change(issue: Issue) -> dict[str, Any] | None:
        if not changes(Verb.REOPEN, Status(issue.status)):
            return None
        waking.reopen(issue)
        issue.regressed_at = None
        return {}

    return _decide(issues, change, STATE, _TELLING, Kind.REOPENED, by, now)


def mute(
    issues: Sequence[Issue],
    *,
    by: User | None,
    now: datetime,
    until: datetime | None = None,
    more_events: int | None = None,
    more_users: int | None = None,
    within: tuple[int, int] | None = None,
    users_within: tuple[int, int] | None = None,
) -> list[Before]:
    """Until the first of: a moment, more_events or more_users have come, `within` (events, minutes) or, where that is
    not given, `users_within` (users, minutes). Without any of them until somebody reopens it.
    """
    says_more = bool(until or more_events or more_users or within or users_within)
    # Each issue counts for itself.
    waited_for = window.write(
        Window(*within) if within else UserWindow(*users_within) if users_within else None
    )

    def change(issue: Issue) -> dict[str, Any] | None:
        if not changes(Verb.MUTE, Status(issue.status), says_more=says_more):
            return None
        waking.reopen(issue)
        issue.status, issue.regressed_at = Status.MUTED, None
        issue.muted_until = until
        # Counted from what there is now, under the lock that the digest takes as well.
        issue.muted_until_count = issue.event_count + more_events if more_events else None
        issue.muted_until_users = issue.user_count + more_users if more_users else None
        issue.muted_window = waited_for
        return _told_of_mute(issue)

    return _decide(issues, change, STATE, _TELLING, Kind.MUTED, by, now)


def assign(
    issues: Sequence[Issue], *, to: User | Team | None, by: User | None, now: datetime
) -> list[Before]:
    """to: None takes the assignment away. The caller has made sure that the person or team may see the issues."""
    user = to if isinstance(to, User) else None
    team = to if isinstance(to, Team) else None
    wanted = (user.pk if user else None, team.pk if team else None)

    def change(issue: Issue) -> dict[str, Any] | None:
        if (issue.assignee_id, issue.assigned_team_id) == wanted:
            return None
        issue.assignee, issue.assigned_team = user, team
        return _told_of_assignment(user, team)

    kind = Kind.ASSIGNED if to else Kind.UNASSIGNED
    with transaction.atomic():
        done = _decide(issues, change, ASSIGNMENT, ASSIGNMENT, kind, by, now)
        if user is not None:
            marks.subscribe_along(
                [before.issue_id for before in done], [user], marks.Reason.ASSIGNED
            )
    return done


def prioritize(
    issues: Sequence[Issue], *, to: Priority | None, by: User | None, now: datetime
) -> list[Before]:
    """to: None gives back what the level says."""

    def change(issue: Issue) -> dict[str, Any] | None:
        if issue.priority == to:
            return None
        issue.priority = to
        return {"priority": issue.priority_name, "chosen": to is not None}

    return _decide(issues, change, ("priority",), ("priority",), Kind.PRIORITY, by, now)


def undo(befores: Iterable[Before], *, by: User | None, now: datetime) -> int:
    """Give issues back what they had. One that was changed again since is left alone. Returns how many."""
    wanted = {before.issue_id: before for before in befores}
    activity: list[Activity] = []
    with transaction.atomic():
        for issue in _locked(wanted):
            before = wanted[issue.pk]
            if any(getattr(issue, name) != value for name, value in before.became.items()):
                continue
            for name, value in before.was.items():
                setattr(issue, name, value)
            # People and teams may have gone meanwhile.
            issue.assignee = User.objects.filter(pk=issue.assignee_id or 0).first()
            issue.assigned_team = Team.objects.filter(pk=issue.assigned_team_id or 0).first()
            issue.save(update_fields=list(before.was))
            kind, told = _undone(issue, before.was)
            activity.append(_activity(issue, kind, by, now, {"undo": True} | told))
        Activity.objects.bulk_create(activity)
    return len(activity)


def end_mutes(now: datetime) -> int:
    """Unmute what was muted until a moment that is over, without an event. Returns how many.

    Any process may call it at any time: the lock of the issue's row lets one of them do it.
    """
    ended = 0
    while True:
        due = Issue.objects.filter(status=Status.MUTED, muted_until__lte=now)
        pks = list(due.order_by("muted_until").values_list("pk", flat=True)[:CHUNK])
        with transaction.atomic():
            rows = Issue.objects.select_for_update().filter(pk__in=pks, muted_until__lte=now)
            found = list(rows.filter(status=Status.MUTED).order_by("pk"))
            for issue in found:
                waking.reopen(issue)
            _save(found, STATE)
            Activity.objects.bulk_create(
                [_activity(issue, Kind.UNMUTED, None, now, {"time": True}) for issue in found]
            )
        ended += len(found)
        if len(pks) < CHUNK:
            return ended


def settle_releases(now: datetime) -> int:
    """Note which release the next one was, where it has appeared since. Returns how many issues waited for it."""
    waiting = Issue.objects.filter(resolved_next=True, status=Status.RESOLVED)
    settled = 0
    projects = waiting.order_by().values_list("project_id").annotate(Min("resolved_after_id"))
    for project_id, base in sorted(projects):
        # Nearly always nothing is new, and there may be many that wait.
        if not Release.objects.filter(project_id=project_id, pk__gt=base or 0).exists():
            continue
        with transaction.atomic():
            of_project = waiting.filter(project_id=project_id)
            look = waking.settle(of_project, {})
            found = {(issue.pk, issue.resolved_after_id): issue.resolved_in_id for issue in look}
            rows = [
                issue
                for issue in of_project.select_for_update()
                .filter(pk__in=[pk for pk, _ in found])
                .order_by("pk")
                if (issue.pk, issue.resolved_after_id) in found
            ]
            releases = fixes.versions([pk for pk in found.values() if pk is not None])
            for issue in rows:
                issue.resolved_in_id = found[issue.pk, issue.resolved_after_id]
                issue.resolved_next = False
            _save(rows, STATE)
            Activity.objects.bulk_create(
                [
                    _activity(
                        issue,
                        Kind.RELEASED,
                        None,
                        now,
                        {"release": releases.get(issue.resolved_in_id or 0, "")},
                    )
                    for issue in rows
                ]
            )
            settled += len(rows)
    return settled


def _decide(
    issues: Sequence[Issue],
    change: Callable[[Issue], dict[str, Any] | None],
    columns: Sequence[str],
    telling: Sequence[str],
    kind: Kind,
    by: User | None,
    now: datetime,
) -> list[Before]:
    """change: makes an issue what it is to be and says what to tell, or None where it leaves it alone."""
    done: list[Before] = []
    changed: list[Issue] = []
    activity: list[Activity] = []
    with transaction.atomic():
        for issue in _locked([each.pk for each in issues]):
            was = {name: getattr(issue, name) for name in columns}
            told = change(issue)
            if told is None:
                continue
            became = {name: getattr(issue, name) for name in telling}
            done.append(Before(issue.pk, was, became))
            changed.append(issue)
            activity.append(_activity(issue, kind, by, now, told))
        _save(changed, columns)
        Activity.objects.bulk_create(activity)
    fresh = {issue.pk: issue for issue in changed}
    for each in issues:  # the caller's objects say what the database says
        if each.pk in fresh:
            for name in columns:
                setattr(each, name, getattr(fresh[each.pk], name))
    return done


def _locked(pks: Iterable[int]) -> list[Issue]:
    return list(Issue.objects.select_for_update().filter(pk__in=list(pks)).order_by("pk"))


def _save(issues: Sequence[Issue], columns: Sequence[str]) -> None:
    sql.update(
        Issue,
        columns,
        [(*(getattr(issue, name) for name in columns), issue.pk) for issue in issues],
    )


def _undone(issue: Issue, was: Columns) -> tuple[Kind, dict[str, Any]]:
    """The activity that giving this back is."""
    if "status" in was:
        if issue.status == Status.MUTED:
            return Kind.MUTED, _told_of_mute(issue)
        if issue.status == Status.RESOLVED:
            return Kind.RESOLVED, fixes.told(issue)
        return Kind.REOPENED, {}
    if "priority" in was:
        return Kind.PRIORITY, {
            "priority": issue.priority_name,
            "chosen": issue.priority is not None,
        }
    told = _told_of_assignment(issue.assignee, issue.assigned_team)
    return (Kind.ASSIGNED if told else Kind.UNASSIGNED), told


def _told_of_assignment(user: User | None, team: Team | None) -> dict[str, Any]:
    if user is not None:
        return {"user": user.pk, "name": user.display_name}
    return {"team": team.pk, "name": team.name} if team is not None else {}


def _told_of_mute(issue: Issue) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if issue.muted_until is not None:
        told["until"] = issue.muted_until.isoformat()
    if issue.muted_until_count is not None:
        told["until_count"] = issue.muted_until_count
    if issue.muted_until_users is not None:
        told["until_users"] = issue.muted_until_users
    wanted = issue.window
    if isinstance(wanted, Window):
        told["within"] = [wanted.events, wanted.minutes]
    elif wanted is not None:
        told["users_within"] = [wanted.users, wanted.minutes]
    return told


def _activity(
    issue: Issue, kind: Kind, by: User | None, now: datetime, data: Mapping[str, Any]
) -> Activity:
    return Activity(
        project_id=issue.project_id, issue_id=issue.pk, kind=kind, at=now, actor=by, data=data
    )
