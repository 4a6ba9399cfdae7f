"""From what people have in hand - a short id, an event id, an old address - to the page of the issue."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from issues import tombstones
from issues.models import Event, Issue
from projects.access import AnyUser, visible_projects


@login_required
@require_safe
def find(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("query", "").strip()[:300].replace("\0", "")
    if (found := jump(request.user, text)) is not None:
        return redirect(found)
    target = reverse("issues:list")
    return redirect(f"{target}?{urlencode({'query': text, 'tab': 'all'})}" if text else target)


@login_required
@require_safe
def by_short_id(request: HttpRequest, short_id: str, organization: str = "") -> HttpResponse:
    issue = issue_by_short_id(request.user, short_id)
    if issue is None:
        raise Http404("There is no such issue.")
    return redirect(issue)


@login_required
@require_safe
def by_id(request: HttpRequest, pk: str, organization: str = "") -> HttpResponse:
    # The issue's own page asks who may see it.
    return redirect("issues:issue", int(pk))


def jump(user: AnyUser, text: str) -> Issue | Event | None:
    """What a short id or an event's id alone leads to. No query for text that is neither."""
    return issue_by_short_id(user, text) or event_by_id(user, text)


def issue_by_short_id(user: AnyUser, text: str) -> Issue | None:
    """WEB-123, in small or capital letters, also under a prefix that the project had before."""
    prefix, _, number = text.rpartition("-")
    if not prefix or not number.isascii() or not number.isdigit() or len(number) > 9:
        return None
    projects = visible_projects(user)
    for name in ("prefix", "prefix_aliases__prefix"):
        project = projects.filter(**{name: prefix.upper()}).first()
        if project is not None:
            issues = Issue.objects.filter(project=project)
            return (
                issues.filter(number=int(number)).first()
                or issues.filter(pk=tombstones.by_number(project.pk, int(number))).first()
            )
    return None


def event_by_id(user: AnyUser, text: str) -> Event | None:
    try:
        event_id = uuid.UUID(text)
    except ValueError:
        return None
    ids = list(visible_projects(user).values_list("pk", flat=True))
    return Event.objects.filter(project_id__in=ids, event_id=event_id).first()
