"""The verbs, for one issue or many: forms that post and lead back."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from issues import asked, triage
from issues.access import get_issues
from issues.models import Issue
from issues.states import How
from issues.triage import Before
from issues.views.merging import undo_change
from issues.views.posted import UNDO_FOR, back, done, posted, user_of
from projects.models import Role
from projects.redirects import safe_next


@login_required
@require_POST
def resolve(request: HttpRequest) -> HttpResponse:
    """asked.fix"""
    issues, user = posted(request)
    with _understood():
        fix = asked.fix(request.POST)
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
    """asked.condition"""
    issues, user = posted(request)
    now = timezone.now()
    with _understood():
        until = asked.condition(request.POST, now)
    befores = triage.mute(issues, by=user, now=now, **until.arguments)
    return done(request, issues, befores, "Muted", "was muted already", until.words)


@login_required
@require_POST
def assign(request: HttpRequest) -> HttpResponse:
    """asked.assignee"""
    issues, user = posted(request)
    with _understood():
        to = asked.assignee(request.POST, user)
    if to and not asked.sees_all(to, {issue.project_id for issue in issues}):
        raise BadRequest(f"{to} does not see all of these issues.")
    befores = triage.assign(issues, to=to, by=user, now=timezone.now())
    whose = f" to {to}" if to else " to nobody"
    return done(request, issues, befores, "Assigned", f"was assigned{whose} already", whose)


@login_required
@require_POST
def prioritize(request: HttpRequest) -> HttpResponse:
    """asked.priority"""
    issues, user = posted(request)
    with _understood():
        to = asked.priority(request.POST)
    befores = triage.prioritize(issues, to=to, by=user, now=timezone.now())
    words = f" to {to.name.lower()}" if to else " by the level"
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
    befores = [Before.from_json(each) for each in found["before"]]
    # What was allowed a moment ago may be forbidden now.
    there = Issue.objects.filter(pk__in=[before.issue_id for before in befores])
    get_issues(request.user, list(there.values_list("pk", flat=True)), Role.MEMBER)
    count = triage.undo(befores, by=user_of(request), now=now)
    left = len(befores) - count
    words = "Undone." if not left else f"Undone, but {left} had changed again and were left alone."
    messages.success(request, words)
    return redirect(target)


@contextmanager
def _understood() -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise BadRequest(str(error)) from None
