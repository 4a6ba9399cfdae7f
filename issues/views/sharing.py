"""Public links to issues: making one, taking it back, and what it shows to whoever has it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from issues import frames, navigator, sharing
from issues.access import get_issue
from issues.public import hidden, public, public_tags
from issues.views.issue_detail import load, message
from issues.views.posted import user_of
from projects.models import Role
from projects.redirects import safe_next


@login_required
@require_POST
def share(request: HttpRequest, pk: int) -> HttpResponse:
    issue, _ = get_issue(request.user, pk, Role.MEMBER)
    sharing.share(issue, by=user_of(request), now=timezone.now())
    messages.success(request, f"Whoever has the link may look at {issue.short_id} now.")
    return redirect(safe_next(request, issue.get_absolute_url()))


@login_required
@require_POST
def unshare(request: HttpRequest, pk: int) -> HttpResponse:
    issue, _ = get_issue(request.user, pk, Role.MEMBER)
    if sharing.unshare(issue, by=user_of(request), now=timezone.now()):
        messages.success(request, f"The link to {issue.short_id} leads nowhere any more.")
    return redirect(safe_next(request, issue.get_absolute_url()))


@require_safe
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """Without a session: title, stack trace and some tags of the newest event that is kept."""
    issue = sharing.shared_issue(token)
    if issue is None:
        raise Http404("This link leads nowhere, or no longer.")
    event = navigator.newest_kept(issue)
    payload = load(event).data if event is not None else {}
    data, view = public(payload), frames.View()
    context = {
        "issue": issue,
        "event": event,
        "title": hidden(issue.type or issue.title),
        "value": hidden(issue.value) if issue.type else "",
        "said": hidden(issue.value),
        "tags": public_tags(payload),
        "exceptions": frames.exceptions(data, view),
        "loose": frames.event_stack(data, view),
        "message": "" if data["exception"]["values"] else hidden(message(payload)),
    }
    response = render(request, "issues/shared.html", context)
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, no-store"
    return response
