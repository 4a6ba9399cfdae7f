"""An issue and an event by its address: `.json` as the API has it, `.md` for a ticket or a language model."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from api.caller import Caller
from api.event_rows import event_json
from api.issue_rows import detail
from api.replies import reply
from api.scopes import READ_ONLY
from issues import frames, navigator
from issues.access import get_issue
from issues.models import Event, Issue
from issues.views.issue_detail import event_context, load
from projects.models import Role, User


@login_required
@require_safe
def issue_json(request: HttpRequest, pk: str) -> HttpResponse:
    """With its newest event that is kept, as `latestEvent`."""
    issue = _issue(request, pk)
    if issue.pk != int(pk):  # merged away
        return redirect("export:issue_json", issue.pk)
    event = navigator.newest_kept(issue)
    found = detail(issue, _caller(request), timezone.now())
    found["latestEvent"] = event_json(event, issue) if event is not None else None
    return _private(reply(found))


@login_required
@require_safe
def issue_markdown(request: HttpRequest, pk: str) -> HttpResponse:
    issue = _issue(request, pk)
    if issue.pk != int(pk):
        return redirect("export:issue_markdown", issue.pk)
    event = navigator.newest_kept(issue)
    if event is None:
        raise Http404("None of this issue's events is stored any more.")
    return _markdown(issue, event)


@login_required
@require_safe
def export_event_json(request: HttpRequest, pk: str, event_id: str) -> HttpResponse:
    issue = _issue(request, pk)
    return _private(reply(event_json(_event(issue, event_id), issue)))


@login_required
@require_safe
def event_markdown(request: HttpRequest, pk: str, event_id: str) -> HttpResponse:
    issue = _issue(request, pk)
    return _markdown(issue, _event(issue, event_id))


def _issue(request: HttpRequest, pk: str) -> Issue:
    # Longer ones are no key, and Python refuses to read some thousands of digits.
    return get_issue(request.user, int(pk) if len(pk) < 19 else 0, Role.VIEWER)[0]


def _event(issue: Issue, event_id: str) -> Event:
    found = navigator.by_id(issue, event_id)
    if found is None:
        raise Http404("This issue has no such event, or no longer.")
    return found


def _caller(request: HttpRequest) -> Caller:
    assert isinstance(request.user, User)
    return Caller(user=request.user, scopes=frozenset(READ_ONLY))


def _markdown(issue: Issue, event: Event) -> HttpResponse:
    text = event_context(issue, load(event), frames.View())["markdown"]
    return _private(HttpResponse(text, content_type="text/markdown; charset=utf-8"))


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, no-store"
    return response
