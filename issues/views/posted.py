"""What the verbs' forms have in common: the issues they name, where they lead back to, and how they can be undone."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from issues.access import get_issues
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


def is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


def whole(text: str, *, default: int, most: int) -> int:
    """What somebody typed as a number from 1 to `most`; nothing is the default. Raises BadRequest."""
    raw = text.strip() or str(default)
    if not is_id(raw) or not 1 <= int(raw) <= most:
        raise BadRequest(f"“{raw[:40]}” is no number from 1 to {most:,}.")
    return int(raw)


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
            "before": [
                [before.issue_id, _packed(before.was), _packed(before.became)] for before in befores
            ],
        }
    what = named([issue for issue in issues if issue.pk in changed])
    messages.success(request, f"{verb} {what}{words}.", extra_tags="undo" if can_undo else "")
    return redirect(back(request, issues))


def kept(found: Mapping[str, Any]) -> list[Before]:
    """What `done` put into the session."""
    return [
        Before(issue_id, _unpacked(was), _unpacked(became))
        for issue_id, was, became in found["before"]
    ]


# A session is JSON: times are marked.
def _packed(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {"at": value.isoformat()} if isinstance(value, datetime) else value
        for name, value in columns.items()
    }


def _unpacked(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: datetime.fromisoformat(value["at"]) if isinstance(value, dict) else value
        for name, value in columns.items()
    }
