"""Comments: forms that post and lead back to where they are shown."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from issues import comments, tombstones
from issues.access import get_issue
from issues.models import Activity, Issue
from issues.states import Kind
from issues.views.posted import user_of
from projects.models import Role
from projects.redirects import safe_next


@login_required
@require_POST
def comment(request: HttpRequest, pk: int) -> HttpResponse:
    issue, _ = get_issue(request.user, pk, Role.MEMBER)
    if text := comments.cleaned(request.POST.get("text", "")):
        comments.comment(issue, text, by=user_of(request), now=timezone.now())
    return _back(request, issue)


@login_required
@require_POST
def edit(request: HttpRequest, pk: int, entry: int) -> HttpResponse:
    issue, found = _entry(request, pk, entry)
    text = comments.cleaned(request.POST.get("text", ""))
    if not text:
        messages.error(request, "A comment needs a word; to take it away, delete it.")
    else:
        try:
            comments.edit(found, text, by=user_of(request), now=timezone.now())
        except comments.NotYours as error:
            raise PermissionDenied(str(error)) from error
    return _back(request, issue)


@login_required
@require_POST
def delete(request: HttpRequest, pk: int, entry: int) -> HttpResponse:
    issue, found = _entry(request, pk, entry)
    try:
        comments.delete(found, by=user_of(request))
    except comments.NotYours as error:
        raise PermissionDenied(str(error)) from error
    return _back(request, issue)


def _entry(request: HttpRequest, pk: int, entry: int) -> tuple[Issue, Activity]:
    """The comment of this issue, or of one that was merged into it."""
    issue, _ = get_issue(request.user, pk, Role.MEMBER)
    of_issue = Activity.objects.filter(tombstones.with_history(issue), kind=Kind.COMMENTED)
    found = of_issue.filter(pk=entry).first()
    if found is None:
        raise Http404("There is no such comment, or no longer.")
    return issue, found


def _back(request: HttpRequest, issue: Issue) -> HttpResponse:
    return redirect(safe_next(request, issue.get_absolute_url()) + "#activity")
