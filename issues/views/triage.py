"""The verbs, for one issue or many: forms that post and lead back."""

import secrets
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from issues import triage
from issues.access import get_issue, get_issues
from issues.models import Issue
from issues.states import Status
from issues.triage import Before
from issues.views.merging import undo_change
from projects.access import people_of
from projects.models import Role, User
from projects.redirects import safe_next

MAX_ISSUES = 500
MAX_COMMENT = 10_000
UNDO_FOR = timedelta(hours=1)

# What the mute menu offers: seconds, or more events.
MUTE_FOR = {"hour": 3_600, "day": 86_400, "week": 7 * 86_400}
MUTE_EVENTS = {"events": 100}


@login_required
@require_POST
def resolve(request: HttpRequest) -> HttpResponse:
    issues, user = _posted(request)
    done = triage.resolve(issues, by=user, now=timezone.now())
    return _done(request, issues, done, "Resolved", "was resolved already")


@login_required
@require_POST
def reopen(request: HttpRequest) -> HttpResponse:
    issues, user = _posted(request)
    done = triage.reopen(issues, by=user, now=timezone.now())
    return _done(request, issues, done, "Reopened", "was open already")


@login_required
@require_POST
def mute(request: HttpRequest) -> HttpResponse:
    issues, user = _posted(request)
    how = request.POST.get("for", "")
    now = timezone.now()
    if how and how not in MUTE_FOR and how not in MUTE_EVENTS:
        raise BadRequest("There is no such way to mute.")
    until = now + timedelta(seconds=MUTE_FOR[how]) if how in MUTE_FOR else None
    done = triage.mute(issues, by=user, now=now, until=until, more_events=MUTE_EVENTS.get(how))
    words = {"hour": " for an hour", "day": " for a day", "week": " for a week"}.get(how, "")
    if how in MUTE_EVENTS:
        words = f" until {MUTE_EVENTS[how]} more events have come"
    return _done(request, issues, done, "Muted", "was muted already", words)


@login_required
@require_POST
def assign(request: HttpRequest) -> HttpResponse:
    issues, user = _posted(request)
    to = _assignee(request, issues)
    changed = triage.assign(issues, to=to, by=user, now=timezone.now())
    if changed:
        whose = f"to {to.display_name}" if to else "to nobody"
        messages.success(request, f"Assigned {_named(changed)} {whose}.")
    return redirect(_back(request, issues))


@login_required
@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    kept = request.session.pop("undo", None)
    target = safe_next(request, reverse("issues:list"))
    is_ours = isinstance(kept, dict) and kept["key"] == request.POST.get("key")
    now = timezone.now()
    if not is_ours or now - datetime.fromisoformat(kept["at"]) > UNDO_FOR:
        messages.warning(request, "This can no longer be undone from here.")
        return redirect(target)
    if "change" in kept:
        return undo_change(request, kept["change"], target)
    befores = [_restored(item) for item in kept["before"]]
    # What was allowed a moment ago may be forbidden now.
    get_issues(request.user, [before.issue_id for before in befores], Role.MEMBER)
    assert isinstance(request.user, User)
    count = triage.undo(befores, by=request.user, now=now)
    left = len(befores) - count
    words = "Undone." if not left else f"Undone, but {left} had changed again and were left alone."
    messages.success(request, words)
    return redirect(target)


@login_required
@require_POST
def comment(request: HttpRequest, pk: int) -> HttpResponse:
    issue, _ = get_issue(request.user, pk, Role.MEMBER)
    text = request.POST.get("text", "").replace("\0", "").strip()[:MAX_COMMENT]
    if text:
        assert isinstance(request.user, User)
        triage.comment(issue, text, by=request.user, now=timezone.now())
    return redirect(safe_next(request, issue.get_absolute_url()) + "#activity")


def _posted(request: HttpRequest) -> tuple[list[Issue], User]:
    raw = request.POST.getlist("issue")
    if not raw or len(raw) > MAX_ISSUES or not all(_is_id(pk) for pk in raw):
        raise BadRequest(f"Choose from 1 to {MAX_ISSUES} issues.")
    assert isinstance(request.user, User)
    return get_issues(request.user, [int(pk) for pk in raw], Role.MEMBER), request.user


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


def _assignee(request: HttpRequest, issues: list[Issue]) -> User | None:
    raw = request.POST.get("to", "")
    if not raw:
        return None
    if raw == "me":
        assert isinstance(request.user, User)
        return request.user
    if not _is_id(raw):
        raise BadRequest("There is no such person.")
    for project_id in {issue.project_id for issue in issues}:
        if not people_of([project_id]).filter(pk=int(raw)).exists():
            raise BadRequest("That person does not see all of these issues.")
    return User.objects.get(pk=int(raw))


def _done(
    request: HttpRequest,
    issues: list[Issue],
    done: list[Before],
    verb: str,
    already: str,
    words: str = "",
) -> HttpResponse:
    if not done:
        what = _named(issues)
        messages.info(
            request, f"{what} {already if len(issues) == 1 else already.replace('was', 'were')}."
        )
        return redirect(_back(request, issues))
    changed = {before.issue_id for before in done}
    named = _named([issue for issue in issues if issue.pk in changed])
    can_undo = verb in ("Resolved", "Muted")
    if can_undo:
        request.session["undo"] = {
            "key": secrets.token_urlsafe(12),
            "at": timezone.now().isoformat(),
            "before": [_plain(before) for before in done],
        }
    messages.success(request, f"{verb} {named}{words}.", extra_tags="undo" if can_undo else "")
    return redirect(_back(request, issues))


def _back(request: HttpRequest, issues: list[Issue]) -> str:
    fallback = issues[0].get_absolute_url() if len(issues) == 1 else reverse("issues:list")
    return safe_next(request, fallback)


def _named(issues: list[Issue]) -> str:
    first = issues[0].short_id
    return first if len(issues) == 1 else f"{first} and {len(issues) - 1} more"


def _plain(before: Before) -> dict[str, Any]:
    """For the session, which is JSON."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(before).items()
    }


def _restored(item: dict[str, Any]) -> Before:
    def moment(name: str) -> datetime | None:
        return datetime.fromisoformat(item[name]) if item[name] else None

    return Before(
        issue_id=item["issue_id"],
        became=Status(item["became"]),
        status=Status(item["status"]),
        resolved_at=moment("resolved_at"),
        regressed_at=moment("regressed_at"),
        muted_until=moment("muted_until"),
        muted_until_count=item["muted_until_count"],
    )
