"""The answer to a page that asks, again and again, whether something new has come."""

import hashlib
from datetime import UTC, datetime

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from issues import live
from issues.access import get_issue
from projects.access import get_project, visible_projects
from projects.models import Role, User


@login_required
@require_safe
def news(request: HttpRequest) -> HttpResponse:
    """`?issue=` its number of primary key and `&seen=` its events; or `?project=` a slug, or nothing, and `&seen=` a
    time. {"text": "3 new events", "seen": ...}; 304 as long as nothing is new.
    """
    found = _news(request)
    # Of what is said, not of the moment: the same text is the same answer.
    said = " ".join((found.text, found.seen)).encode()
    etag = f'"{hashlib.blake2b(said, digest_size=9).hexdigest()}"'
    response: HttpResponse
    if request.headers.get("If-None-Match") == etag:
        response = HttpResponseNotModified()
    else:
        response = JsonResponse({"text": found.text, "seen": found.seen})
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    return response


def _news(request: HttpRequest) -> live.News:
    seen = request.GET.get("seen", "")[:40]
    issue = request.GET.get("issue", "")
    if issue:
        pk = _whole(issue)
        shown, _ = get_issue(request.user, pk, Role.VIEWER)
        if shown.pk != pk:
            return live.News("This issue was merged into another one", seen)
        return live.of_issue(shown, _whole(seen))
    slug = request.GET.get("project", "").replace("\0", "")
    if slug:
        return live.of_list([get_project(request.user, slug[:100], Role.VIEWER).pk], _time(seen))
    user = request.user
    if isinstance(user, User) and user.is_admin:
        return live.of_list(None, _time(seen))
    return live.of_list(list(visible_projects(user).values_list("pk", flat=True)), _time(seen))


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


def _time(text: str) -> datetime:
    """Now for anything that is no time: nothing is new then."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return timezone.now()
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return at if 1970 <= at.year <= 2200 else timezone.now()
