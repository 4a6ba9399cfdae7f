"""The verbs, for one issue or many: forms that post and lead back."""

from datetime import UTC, datetime, timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST

from issues import triage
from issues.access import get_issues
from issues.models import Issue
from issues.spoken import plural, span
from issues.states import Fix, How, Priority
from issues.views.merging import undo_change
from issues.views.posted import UNDO_FOR, back, done, is_id, kept, posted, user_of, whole
from issues.window import MAX_EVENTS, MAX_MINUTES
from projects.access import people_of, teams_of
from projects.models import Role, Team, User
from projects.redirects import safe_next

# What the mute menu offers for a time: seconds, and in words.
MUTE_FOR = {
    "hour": (3_600, "for an hour"),
    "day": (86_400, "for a day"),
    "week": (7 * 86_400, "for a week"),
    "month": (30 * 86_400, "for 30 days"),
}
MAX_MUTE = timedelta(days=5 * 366)


@login_required
@require_POST
def resolve(request: HttpRequest) -> HttpResponse:
    """`fix`: one of states.How, nothing for now; with it `version`, or `commit` and `repository`."""
    issues, user = posted(request)
    fix = _fix(request)
    try:
        befores = triage.resolve(issues, by=user, now=timezone.now(), fix=fix)
    except triage.CannotResolve as error:
        messages.error(request, str(error))
        return redirect(back(request, issues))
    words = {
        How.CURRENT: " in the current release",
        How.NEXT: " in the next release",
        How.RELEASE: f" in {fix.version[:80]}",
        How.COMMIT: f" in commit {fix.commit[:12]}",
    }.get(fix.how, "")
    return done(request, issues, befores, "Resolved", "was resolved already", words)


@login_required
@require_POST
def reopen(request: HttpRequest) -> HttpResponse:
    issues, user = posted(request)
    befores = triage.reopen(issues, by=user, now=timezone.now())
    return done(request, issues, befores, "Reopened", "was open already", can_undo=False)


@login_required
@require_POST
def mute(request: HttpRequest) -> HttpResponse:
    """`for`: nothing, a key of MUTE_FOR, `until` with `until`, `events` with `events`, `users` with `users`, `window`
    with `events` and `minutes`; or all in one, for a button: `events-100`, `users-10`, `window-100-60`.
    """
    issues, user = posted(request)
    now = timezone.now()
    until, more_events, more_users, within, words = _condition(request, now)
    befores = triage.mute(
        issues,
        by=user,
        now=now,
        until=until,
        more_events=more_events,
        more_users=more_users,
        within=within,
    )
    return done(request, issues, befores, "Muted", "was muted already", words)


@login_required
@require_POST
def assign(request: HttpRequest) -> HttpResponse:
    """`to`: `me`, a person's number, `team-` and a team's, or nothing."""
    issues, user = posted(request)
    to = _assignee(request, issues)
    befores = triage.assign(issues, to=to, by=user, now=timezone.now())
    whose = f" to {to}" if to else " to nobody"
    return done(request, issues, befores, "Assigned", f"was assigned{whose} already", whose)


@login_required
@require_POST
def prioritize(request: HttpRequest) -> HttpResponse:
    """`priority`: low, medium, high; nothing for what the level says."""
    issues, user = posted(request)
    name = request.POST.get("priority", "").upper()
    if name and name not in Priority.__members__:
        raise BadRequest("There is no such priority.")
    to = Priority[name] if name else None
    befores = triage.prioritize(issues, to=to, by=user, now=timezone.now())
    words = f" to {name.lower()}" if name else " by the level"
    return done(
        request,
        issues,
        befores,
        "Set the priority of",
        f"was set{words} already",
        words,
        can_undo=False,
    )


@login_required
@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    found = request.session.pop("undo", None)
    target = safe_next(request, reverse("issues:list"))
    is_ours = isinstance(found, dict) and found["key"] == request.POST.get("key")
    now = timezone.now()
    if not is_ours or now - datetime.fromisoformat(found["at"]) > UNDO_FOR:
        messages.warning(request, "This can no longer be undone from here.")
        return redirect(target)
    if "change" in found:
        return undo_change(request, found["change"], target)
    befores = kept(found)
    # What was allowed a moment ago may be forbidden now.
    there = Issue.objects.filter(pk__in=[before.issue_id for before in befores])
    get_issues(request.user, list(there.values_list("pk", flat=True)), Role.MEMBER)
    count = triage.undo(befores, by=user_of(request), now=now)
    left = len(befores) - count
    words = "Undone." if not left else f"Undone, but {left} had changed again and were left alone."
    messages.success(request, words)
    return redirect(target)


def _fix(request: HttpRequest) -> Fix:
    how = request.POST.get("fix", "") or How.NOW
    if how not in set(How):
        raise BadRequest("There is no such way to resolve.")
    return Fix(How(how), *(_line(request, name) for name in ("version", "commit", "repository")))


def _line(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\0", "").strip()[:500]


_Condition = tuple[datetime | None, int | None, int | None, tuple[int, int] | None, str]


def _condition(request: HttpRequest, now: datetime) -> _Condition:
    """until, events, users, (events, minutes), and all that in words."""
    how, *given = request.POST.get("for", "").split("-")
    if how in MUTE_FOR and not given:
        seconds, words = MUTE_FOR[how]
        return now + timedelta(seconds=seconds), None, None, None, f" {words}"
    if how == "until" and not given:
        until = _moment(request.POST.get("until", ""), now)
        local = timezone.localtime(until)
        return until, None, None, None, f" until {local:%Y-%m-%d %H:%M}"
    fields = {"events": ("events",), "users": ("users",), "window": ("events", "minutes")}.get(how)
    if fields is None or len(given) not in (0, len(fields)):
        if how or given:
            raise BadRequest("There is no such way to mute.")
        return None, None, None, None, ""
    named = dict(zip(fields, given, strict=False)) or {
        name: request.POST.get(name, "") for name in fields
    }
    if how == "users":
        users = whole(named["users"], default=10, most=MAX_EVENTS)
        return None, None, users, None, f" until {_more(users, 'user')} met it"
    events = whole(named["events"], default=100, most=MAX_EVENTS)
    if how == "events":
        return None, events, None, None, f" until {_more(events, 'event')} come"
    minutes = whole(named["minutes"], default=60, most=MAX_MINUTES)
    words = f" until {plural(events, 'event')} come within {span(minutes)}"
    return None, None, None, (events, minutes), words


def _more(count: int, what: str) -> str:
    return f"1 more {what} has" if count == 1 else f"{count:,} more {what}s have"


def _moment(text: str, now: datetime) -> datetime:
    """What a browser's field for a time sends, in the user's time zone."""
    try:
        found = parse_datetime(text.strip()[:40])
    except ValueError:
        found = None
    if found is None:
        raise BadRequest("That is no date and time.")
    try:
        until = found if found.tzinfo else found.replace(tzinfo=timezone.get_current_timezone())
        until = until.astimezone(UTC)
    except OverflowError:
        raise BadRequest("That is no date and time.") from None
    if not now < until <= now + MAX_MUTE:
        raise BadRequest("The time has to be ahead, and within five years.")
    return until


def _assignee(request: HttpRequest, issues: list[Issue]) -> User | Team | None:
    raw = request.POST.get("to", "")
    if not raw:
        return None
    if raw == "me":
        return user_of(request)
    project_ids = {issue.project_id for issue in issues}
    number = raw.removeprefix("team-")
    if not is_id(number):
        raise BadRequest("There is no such person.")
    if raw != number:
        team = Team.objects.filter(pk=int(number)).first()
        if team is None or teams_of(project_ids, all_of=True).filter(pk=team.pk).first() is None:
            raise BadRequest("That team does not hold the projects of all of these issues.")
        return team
    for project_id in project_ids:
        if not people_of([project_id]).filter(pk=int(number)).exists():
            raise BadRequest("That person does not see all of these issues.")
    return User.objects.get(pk=int(number))
