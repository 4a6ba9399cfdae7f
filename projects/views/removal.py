"""Deleting for good: what will be lost is said, the name is typed, and how far it is can be seen."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from projects import deletion
from projects.access import administrator, get_project, get_team
from projects.models import Deletion, Membership, Project, Role, User
from projects.teams import only_team_of
from projects.views.organization import person

SHOWN = 100


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete_project(request: HttpRequest, slug: str) -> HttpResponse:
    project = get_project(request.user, slug, Role.ADMIN)
    context: dict[str, Any] = {
        "what": "project",
        "project": project,
        "page": "general",
        "losses": deletion.losses(project),
        "keys": project.keys.count(),
        "key_count": project.keys.filter(is_active=True).count(),
    }
    if _is_confirmed(request, project.slug, context):
        deletion.delete_project(project, by=_user(request), now=timezone.now())
        return _begun(
            request, f"{project.name} is gone from all pages; its events are being deleted."
        )
    return render(request, "projects/delete_project.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete_team(request: HttpRequest, slug: str) -> HttpResponse:
    team = get_team(request.user, slug, Role.ADMIN)
    context: dict[str, Any] = {
        "team": team,
        "page": "teams",
        "members": team.memberships.count(),
        "projects": Project.objects.filter(teams=team).order_by("name"),
        "alone": only_team_of(team),
    }
    if _is_confirmed(request, team.slug, context):
        try:
            deletion.delete_team(team, by=_user(request), now=timezone.now())
            return _begun(request, f"The team {team.name} is deleted.")
        except ValidationError as error:
            context["wrong"] = " ".join(error.messages)
    return render(request, "projects/delete_team.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete_user(request: HttpRequest, pk: int) -> HttpResponse:
    by = administrator(request.user)
    user = person(pk)
    admin_of = Membership.objects.filter(user=user, role=Role.ADMIN).select_related("team")
    context: dict[str, Any] = {
        "person": user,
        "page": "people",
        "last_admin_of": [
            row.team
            for row in admin_of
            if not row.team.memberships.filter(role=Role.ADMIN, user__is_active=True)
            .exclude(user=user)
            .exists()
        ],
    }
    if _is_confirmed(request, user.email, context):
        try:
            email = user.email
            deletion.delete_user(user, by=by, now=timezone.now())
            return _begun(request, f"The account {email} is deleted.")
        except ValidationError as error:
            context["wrong"] = " ".join(error.messages)
    return render(request, "projects/delete_user.html", context)


@login_required
@require_safe
def deletions(request: HttpRequest) -> HttpResponse:
    """Administrators see all; others what they have asked for."""
    user = _user(request)
    rows = Deletion.objects.select_related("requested_by").order_by("-requested_at", "-pk")
    if not user.is_admin:
        rows = rows.filter(requested_by=user)
    shown = list(rows[:SHOWN])
    context = {
        "area": "",
        "page": "deletions",
        "rows": shown,
        "is_running": any(row.finished_at is None for row in shown),
    }
    return render(request, "projects/deletions.html", context)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _is_confirmed(request: HttpRequest, name: str, context: dict[str, Any]) -> bool:
    context["wrong"] = ""
    if request.method != "POST":
        return False
    if request.POST.get("confirm", "").strip() == name:
        return True
    context["wrong"] = f"Nothing was deleted. Type {name} to confirm."
    return False


def _begun(request: HttpRequest, words: str) -> HttpResponse:
    messages.success(request, words)
    return redirect("projects:deletions")
