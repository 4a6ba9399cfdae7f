"""Merge and unmerge: forms that post and lead to the issue that came of it."""

import re
import secrets

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from issues import alike, merging, moving
from issues.access import get_issue, get_issues
from issues.merging import CannotMove, Done
from issues.models import Issue, Rearrangement
from issues.tombstones import place_of
from issues.views.find import event_by_id, issue_by_short_id
from projects.access import require, visible_projects
from projects.models import Role, User
from projects.redirects import safe_next

MAX_ISSUES = 500
# As long as a click may take; what is left is moved in the background.
MOVE_SECONDS = 0.5

_ADDRESS = re.compile(r"/issues/([A-Za-z0-9_-]{1,60})(?:/|\?|#|\Z)(?:events/([0-9a-f]{32}))?")


@login_required
@require_POST
def merge(request: HttpRequest) -> HttpResponse:
    """`issue`: the issues. `into`: "oldest", "events" for the one with the most, or a link or short id of any other.

    With `turn` the issue of `into` is the one that goes away.
    """
    raw = request.POST.getlist("issue")
    if not raw or len(raw) > MAX_ISSUES or not all(_is_id(pk) for pk in raw):
        raise BadRequest(f"Choose from 1 to {MAX_ISSUES} issues.")
    user = request.user
    assert isinstance(user, User)
    issues = get_issues(user, [int(pk) for pk in raw], Role.MEMBER)
    named = request.POST.get("into", "oldest").strip()[:500]
    into: Issue | None = None
    if named == "events":
        into = max(issues, key=lambda issue: (issue.event_count, -issue.pk))
    elif named != "oldest":
        found = issue_of_text(user, named)
        if found is None:
            messages.error(request, f"There is no issue “{named[:80]}” that you see.")
            return redirect(_back(request, issues))
        require(user, found.project_id, Role.MEMBER)
        into = found
        if "turn" in request.POST:
            issues, into = [found], issues[0]
    try:
        done = merging.merge(issues, into=into, by=user, now=timezone.now())
    except CannotMove as error:
        messages.error(request, str(error))
        return redirect(_back(request, issues))
    if done is None:
        messages.info(request, "To merge, choose at least two issues.")
        return redirect(_back(request, issues))
    first, more = done.moved[0], len(done.moved) - 1
    what = first if not more else f"{first} and {more} more"
    return _answer(request, done, f"Merged {what} into {done.into.short_id}.")


@login_required
@require_POST
def unmerge(request: HttpRequest, pk: int) -> HttpResponse:
    issue, _ = get_issue(request.user, pk, Role.MEMBER)
    raw = request.POST.getlist("hash")
    if len(raw) > merging.MAX_HASHES or not all(_is_id(each) for each in raw):
        raise BadRequest("There are no such hashes.")
    assert isinstance(request.user, User)
    if not raw:
        messages.info(request, "Choose what to take out.")
        return redirect(issue)
    try:
        done = merging.unmerge(issue, map(int, raw), by=request.user, now=timezone.now())
    except CannotMove as error:
        messages.error(request, str(error))
        return redirect(issue)
    return _answer(request, done, f"Taken out of {issue.short_id}: this is {done.into.short_id}.")


@login_required
@require_POST
def tell_apart(request: HttpRequest, pk: int) -> HttpResponse:
    """`other` is not the same issue: it is not suggested again, on neither of their pages."""
    issue, _ = get_issue(request.user, pk, Role.MEMBER)
    raw = request.POST.get("other", "")
    if not _is_id(raw):
        raise BadRequest("There is no such issue.")
    (other,) = get_issues(request.user, [int(raw)], Role.MEMBER)
    if other.pk != issue.pk and other.project_id == issue.project_id:
        assert isinstance(request.user, User)
        alike.tell_apart(issue, other, by=request.user, now=timezone.now())
        messages.success(request, f"{other.short_id} is not suggested here again.")
    return redirect(issue)


def undo_change(request: HttpRequest, pk: int, target: str) -> HttpResponse:
    change = Rearrangement.objects.filter(pk=pk).first()
    if change is None:
        messages.warning(request, "This can no longer be undone from here.")
        return redirect(target)
    # What was allowed a moment ago may be forbidden now.
    require(request.user, change.project_id, Role.MEMBER)
    assert isinstance(request.user, User)
    if merging.undo(change, by=request.user, now=timezone.now()):
        moving.relocate(MOVE_SECONDS, project_id=change.project_id)
        messages.success(request, "Undone.")
    else:
        messages.warning(request, "It had changed again and was left alone.")
    return redirect(target)


def issue_of_text(user: User, text: str) -> Issue | None:
    """An issue that the user sees: by its short id, its number, its address or the address of one of its events."""
    found = _ADDRESS.search(text)
    if found is not None and found[2]:
        event = event_by_id(user, found[2])
        text = str(event.issue_id) if event else found[1]
    elif found is not None:
        text = found[1]
    if _is_id(text):
        pk = int(text)
        issues = Issue.objects.select_related("project").filter(project__in=visible_projects(user))
        return issues.filter(pk=pk).first() or issues.filter(pk=place_of(pk)).first()
    return issue_by_short_id(user, text)


def _answer(request: HttpRequest, done: Done, words: str) -> HttpResponseRedirect:
    moving.relocate(MOVE_SECONDS, project_id=done.change.project_id)
    request.session["undo"] = {
        "key": secrets.token_urlsafe(12),
        "at": timezone.now().isoformat(),
        "change": done.change.pk,
    }
    messages.success(request, words, extra_tags="undo")
    # Not back to where one was if that is the page of an issue that is no more.
    to_list = safe_next(request, "").partition("?")[0].endswith("/issues/")
    return redirect(safe_next(request, "") if to_list else done.into.get_absolute_url())


def _back(request: HttpRequest, issues: list[Issue]) -> str:
    fallback = issues[0].get_absolute_url() if len(issues) == 1 else reverse("issues:list")
    return safe_next(request, fallback)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18
