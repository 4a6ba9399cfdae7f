"""Who sees a project: the teams that hold it, with their people."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from projects import teams
from projects.access import get_project, role_in, visible_teams
from projects.models import Membership, Role, Team, User


@login_required
@require_safe
def members(request: HttpRequest, slug: str) -> HttpResponse:
    user = request.user
    assert isinstance(user, User)
    project = get_project(user, slug, Role.VIEWER)
    people = Membership.objects.select_related("user").order_by(
        "-role", "user__name", "user__email"
    )
    held = list(
        Team.objects.filter(projects=project)
        .order_by("name")
        .prefetch_related(Prefetch("memberships", people))
    )
    may_change = role_in(user, project.pk) == Role.ADMIN
    addable = visible_teams(user).exclude(projects=project).order_by("name") if may_change else ()
    mine = {row.team_id for row in user.memberships.all()}
    context = {
        "area": "",
        "project": project,
        "page": "members",
        "teams": [(team, user.is_admin or team.pk in mine) for team in held],
        "count": len({row.user_id for team in held for row in team.memberships.all()}),
        "may_change": may_change,
        "key_count": project.keys.filter(is_active=True).count() if may_change else "",
        "addable": list(addable),
    }
    return render(request, "projects/members.html", context)


@login_required
@require_POST
def add_team(request: HttpRequest, slug: str) -> HttpResponse:
    project = get_project(request.user, slug, Role.ADMIN)
    chosen = request.POST.get("team", "")
    visible = visible_teams(request.user)
    team = visible.filter(slug=chosen).first() if len(chosen) <= 50 and "\0" not in chosen else None
    if team is None:
        messages.error(request, "Choose one of the teams.")
    else:
        teams.add_to_project(project, team)
        messages.success(request, f"{team.name} sees the project now.")
    return redirect("projects:members", slug)


@login_required
@require_POST
def remove_team(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    user = request.user
    project = get_project(user, slug, Role.ADMIN)
    team = Team.objects.filter(pk=pk).first()
    if team is None:
        raise Http404("There is no such team.")
    if project.teams.filter(pk=pk).exists():
        try:
            teams.remove_from_project(project, team)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, f"{team.name} no longer sees the project.")
            if role_in(user, project.pk) is None:
                return redirect("issues:home")
    return redirect("projects:members", slug)
