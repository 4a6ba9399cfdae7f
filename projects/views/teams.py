"""Teams: their people, whom they have asked in, and their projects."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from projects import invitations
from projects import teams as verbs
from projects.access import administrator, get_team, may_change_team, visible_teams
from projects.invitations import Invited
from projects.models import Invitation, Membership, Project, Role, Team, User

MAX_MEMBERS = 500  # on one page


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def teams(request: HttpRequest) -> HttpResponse:
    """POST makes one."""
    user = request.user
    assert isinstance(user, User)
    wrong = ""
    if request.method == "POST":
        try:
            made = verbs.create_team(request.POST.get("name", ""), by=administrator(user))
        except ValidationError as error:
            wrong = " ".join(error.messages)
        else:
            messages.success(request, "The team is made.")
            return redirect("projects:team", made.slug)
    live = Q(projects__deleted_at__isnull=True)
    rows = (
        visible_teams(user)
        .annotate(
            member_count=Count("memberships", distinct=True),
            project_count=Count("projects", filter=live, distinct=True),
        )
        .order_by("name", "pk")
    )
    context = {"area": "", "page": "teams", "rows": rows, "wrong": wrong}
    if wrong:
        context["typed"] = request.POST.get("name", "")[:200]
    return render(request, "projects/teams.html", context)


@login_required
@require_safe
def team(request: HttpRequest, slug: str) -> HttpResponse:
    return team_page(request, get_team(request.user, slug, Role.VIEWER))


def team_page(
    request: HttpRequest, team: Team, invited: Invited | None = None, wrong: str = ""
) -> HttpResponse:
    """invited: what became of an invitation a moment ago; its link is shown now and never again."""
    may_change = may_change_team(request.user, team)
    people = Membership.objects.filter(team=team).select_related("user")
    context = {
        "area": "",
        "page": "teams",
        "team": team,
        "people": people.order_by("-role", "user__name", "user__email")[:MAX_MEMBERS],
        "projects": Project.objects.filter(teams=team).order_by("name"),
        "open": invitations.open_invitations(team, timezone.now()) if may_change else (),
        "may_change": may_change,
        "roles": Role.choices,
        "default_role": Role.MEMBER,
        "invited": invited,
        "wrong": wrong,
        "typed": request.POST.get("email", "")[:254] if wrong else "",
    }
    answer = render(request, "projects/team.html", context)
    if invited is not None:
        answer["Cache-Control"] = "no-store"
    return answer


@login_required
@require_POST
def rename(request: HttpRequest, slug: str) -> HttpResponse:
    team = get_team(request.user, slug, Role.ADMIN)
    try:
        verbs.rename_team(team, request.POST.get("name", ""))
        messages.success(request, "Saved.")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("projects:team", slug)


@login_required
@require_POST
def invite(request: HttpRequest, slug: str) -> HttpResponse:
    team = get_team(request.user, slug, Role.ADMIN)
    return invite_into(request, team)


def invite_into(request: HttpRequest, team: Team) -> HttpResponse:
    """Answers with the team's page, not with a redirect: the link must not lie about until the next request."""
    user = request.user
    assert isinstance(user, User)
    email = request.POST.get("email", "")
    role = role_from(request)
    try:
        if role is None:
            raise ValidationError("Choose a role.")
        if "\0" in email:
            raise ValidationError("Enter a valid email address.")
        invited = invitations.invite(team, email, role, by=user, now=timezone.now())
    except ValidationError as error:
        return team_page(request, team, wrong=" ".join(error.messages))
    if invited.joined is not None:
        messages.success(request, f"{invited.joined.display_name} is in the team.")
        return redirect("projects:team", team.slug)
    return team_page(request, team, invited)


@login_required
@require_POST
def revoke(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Of one that is gone already: nothing more to do."""
    team = get_team(request.user, slug, Role.ADMIN)
    Invitation.objects.filter(team=team, pk=pk).delete()
    messages.success(request, "Revoked. The link does not work any more.")
    return redirect("projects:team", slug)


@login_required
@require_POST
def set_role(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """pk: the user's."""
    team = get_team(request.user, slug, Role.ADMIN)
    role = role_from(request)
    try:
        if role is None:
            raise ValidationError("Choose a role.")
        if verbs.set_role(team, pk, role) is not None:
            messages.success(request, "Saved.")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("projects:team", slug)


@login_required
@require_POST
def remove_member(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """pk: the user's. Everybody may leave."""
    user = request.user
    assert isinstance(user, User)
    team = get_team(user, slug, Role.VIEWER if pk == user.pk else Role.ADMIN)
    try:
        gone = verbs.remove_member(team, pk)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("projects:team", slug)
    if gone is not None:
        messages.success(request, f"{gone.user.display_name} is no longer in the team.")
    return redirect("projects:teams") if pk == user.pk else redirect("projects:team", slug)


def role_from(request: HttpRequest) -> Role | None:
    try:
        return Role(int(request.POST.get("role", "")[:4]))
    except ValueError:
        return None
