"""What the verbs' forms have in common: the issues they name, where they lead back to, and how they can be undone."""

import secrets
from collections.abc import Sequence
from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from issues.access import get_issues
from issues.asked import is_id
from issues.models import Issue
from issues.triage import Before
from projects.models import Role, User
from projects.redirects import safe_next

MAX_ISSUES = 1000
UNDO_FOR = timedelta(hours=1)


def posted(request: HttpRequest, role: Role = Role.MEMBER) -> tuple[list[Issue], User]:
    """The issues of the form. Raises BadRequest for what is none, Http404 and PermissionDenied as get_issues."""
    raw = request.POST.getlist("issue")
    if not raw or len(raw) > MAX_ISSUES or not all(is_id(pk) for pk in raw):
        raise BadRequest(f"Choose from 1 to {MAX_ISSUES} issues.")
    return get_issues(request.user, [int(pk) for pk in raw], role), user_of(request)


def user_of(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def back(request: HttpRequest, issues: Sequence[Issue]) -> str:
    fallback = issues[0].get_absolute_url() if len(issues) == 1 else reverse("issues:list")
    return safe_next(request, fallback)


def named(issues: Sequence[Issue]) -> str:
    first = issues[0].short_id
    return first if len(issues) == 1 else f"{first} and {len(issues) - 1} more"


def done(
    request: HttpRequest,
    issues: Sequence[Issue],
    befores: Sequence[Before],
    verb: str,
    already: str,
    words: str = "",
    *,
    can_undo: bool = True,
) -> HttpResponse:
    """Say what happened, and lead back. already: "was open already", if nothing did."""
    if not befores:
        words = already if len(issues) == 1 else already.replace("was", "were", 1)
        messages.info(request, f"{named(issues)} {words}.")
        return redirect(back(request, issues))
    changed = {before.issue_id for before in befores}
    if can_undo:
        request.session["undo"] = {
            "key": secrets.token_urlsafe(12),
            "at": timezone.now().isoformat(),
            "before": [before.as_json() for before in befores],
        }
    what = named([issue for issue in issues if issue.pk in changed])
    messages.success(request, f"{verb} {what}{words}.", extra_tags="undo" if can_undo else "")
    return redirect(back(request, issues))
