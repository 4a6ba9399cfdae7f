"""The verbs of the pages, as a body of the API asks for them: issues.triage, marks, merging, removal, sharing."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, Sum

from api.caller import Caller
from api.errors import ApiError
from api.issue_changes import Change, Mute
from issues import asked, marks, merging, moving, removal, sharing, triage
from issues.models import GroupHash, HourCount, Issue
from issues.states import Verb
from projects.models import Team, User

# Of an issue that is muted until it escalates: more than twice the busiest hour of a week, and at least so many.
LOOK_BACK = timedelta(days=7)
LEAST_ESCALATION = 10
# As long as a request may take; what is left is moved in the background.
MOVE_SECONDS = 0.5


def apply(issues: Sequence[Issue], change: Change, caller: Caller, now: datetime) -> Issue | None:
    """All or nothing. The caller may do this to each of them. Returns what they were merged into, if they were.

    Raises ApiError 400.
    """
    if change.is_personal and caller.user is None:
        raise ApiError(400, "A bookmark or subscription is a person's; this token is nobody's.")
    to = _assignee(change, issues, caller)
    try:
        with transaction.atomic():
            _decide(issues, change, caller.user, now)
            if change.assignee is not None:
                triage.assign(issues, to=to, by=caller.user, now=now)
            if change.priority is not None:
                triage.prioritize(issues, to=change.priority, by=caller.user, now=now)
            _mark(issues, change, caller.user, now)
            merged = merge(issues, caller.user, now) if change.merge else None
            if change.discard:
                removal.delete(issues, by=caller.user, now=now, discard=True)
    except (triage.CannotResolve, merging.CannotMove) as error:
        raise ApiError(400, str(error)) from error
    return merged


def _decide(issues: Sequence[Issue], change: Change, by: User | None, now: datetime) -> None:
    if change.verb is Verb.RESOLVE:
        triage.resolve(issues, by=by, now=now, fix=change.fix)
    elif change.verb is Verb.REOPEN:
        triage.reopen(issues, by=by, now=now)
    elif change.verb is Verb.MUTE:
        if change.mute.until_escalating:
            for issue in issues:
                within = (escalation_of(issue, now), 60)
                triage.mute([issue], by=by, now=now, within=within)
        else:
            _mute(issues, change.mute, by, now)


def _mute(issues: Sequence[Issue], mute: Mute, by: User | None, now: datetime) -> None:
    triage.mute(
        issues,
        by=by,
        now=now,
        until=mute.until or (now + mute.duration if mute.duration else None),
        more_events=mute.more_events,
        more_users=mute.more_users,
        within=mute.within,
        users_within=mute.users_within,
    )


def escalation_of(issue: Issue, now: datetime) -> int:
    """Events in an hour that are far more than usual."""
    counts = HourCount.objects.filter(
        project_id=issue.project_id,
        grouphash_id__in=GroupHash.objects.filter(issue=issue).values("pk"),
        hour__gte=now - LOOK_BACK,
    )
    busiest = counts.order_by().values("hour").annotate(events=Sum("count")).order_by("-events")
    most = busiest.values_list("events", flat=True).first() or 0
    return max(LEAST_ESCALATION, 2 * most + 1)


def _mark(issues: Sequence[Issue], change: Change, by: User | None, now: datetime) -> None:
    if by is not None and change.is_bookmarked is not None:
        if change.is_bookmarked:
            marks.bookmark(issues, by=by, now=now)
        else:
            marks.unbookmark(issues, by=by)
    if by is not None and change.is_subscribed is not None:
        marks.subscribe(issues, by=by, wanted=change.is_subscribed)
    if change.is_public is not None:
        for issue in issues:
            if change.is_public:
                sharing.share(issue, by=by, now=now)
            else:
                sharing.unshare(issue, by=by, now=now)


def merge(issues: Sequence[Issue], by: User | None, now: datetime) -> Issue:
    """Into the oldest of them. Raises ApiError 400, merging.CannotMove."""
    done = merging.merge(issues, by=by, now=now) if len(issues) > 1 else None
    if done is None:
        raise ApiError(400, "To merge, name at least two issues.")
    project_id = done.into.project_id
    transaction.on_commit(lambda: _move(project_id))
    return done.into


def _move(project_id: int) -> None:
    moving.relocate(MOVE_SECONDS, project_id=project_id)


def _assignee(change: Change, issues: Sequence[Issue], caller: Caller) -> User | Team | None:
    if not change.assignee:
        return None
    found = _find_assignee(change.assignee, caller)
    # One answer for both: who is elsewhere in the installation is not told.
    if found is None or not asked.sees_all(found, {issue.project_id for issue in issues}):
        who = f"person or team “{change.assignee[:80]}”"
        raise ApiError(
            400, f"assignedTo: there is no {who} that sees all of these issues, or not one."
        )
    return found


def _find_assignee(text: str, caller: Caller) -> User | Team | None:
    """`user:5`, `team:3`, an e-mail, a name, `#team`, `me`."""
    kind, colon, number = text.partition(":")
    found: User | Team | None
    if text == "me":
        found = caller.user
    elif colon and kind in ("user", "team") and asked.is_id(number):
        people = User.objects.filter(is_active=True, deleted_at=None)
        found = (people if kind == "user" else Team.objects.all()).filter(pk=int(number)).first()
    elif text.startswith("#"):
        found = Team.objects.filter(slug=text[1:].lower()).first()
    else:
        text = text.removeprefix("user:")
        people = User.objects.filter(is_active=True, deleted_at=None)
        fitting = people.filter(Q(email=text.lower()) | Q(name__iexact=text))[:2]
        found = fitting[0] if len(fitting) == 1 else None
    return found
