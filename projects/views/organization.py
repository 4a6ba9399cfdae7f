"""What administrators of the installation see: everybody with an account, and how mail leaves."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Prefetch, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from projects import people as verbs
from projects import smtp
from projects.access import MAX_KEY, administrator
from projects.models import Membership, Role, Team, User
from projects.setup import default_team
from projects.views.teams import invite_into

PAGE = 100


@login_required
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    administrator(request.user)
    wanted = request.GET.get("query", "").strip()[:254].replace("\0", "")
    after = request.GET.get("after", "")[:254].replace("\0", "")
    rows = verbs.everybody()
    if wanted:
        rows = rows.filter(Q(email__icontains=wanted) | Q(name__icontains=wanted))
    if after:
        rows = rows.filter(email__gt=after)
    memberships = Membership.objects.select_related("team").order_by("team__name")
    found = list(rows.prefetch_related(Prefetch("memberships", memberships))[: PAGE + 1])
    context = {
        "area": "",
        "page": "people",
        "rows": found[:PAGE],
        "next": found[PAGE - 1].email if len(found) > PAGE else "",
        "query": wanted,
        "after": after,
        "total": verbs.everybody().count(),
        "teams": Team.objects.order_by("name"),
        "roles": Role.choices,
        "default_role": Role.MEMBER,
    }
    return render(request, "projects/people.html", context)


@login_required
@require_POST
def invite(request: HttpRequest) -> HttpResponse:
    administrator(request.user)
    chosen = request.POST.get("team", "")[:50].replace("\0", "")
    team = Team.objects.filter(slug=chosen).first() if chosen else default_team()
    if team is None:
        messages.error(request, "Choose one of the teams.")
        return redirect("projects:people")
    return invite_into(request, team)


@login_required
@require_POST
def activate(request: HttpRequest, pk: int) -> HttpResponse:
    by = administrator(request.user)
    user = person(pk)
    verbs.set_active(user, True, by=by)
    messages.success(request, f"{user.email} can sign in again.")
    return redirect("projects:people")


@login_required
@require_POST
def deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    by = administrator(request.user)
    user = person(pk)
    try:
        verbs.set_active(user, False, by=by)
        messages.success(request, f"{user.email} is signed out and cannot sign in.")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("projects:people")


@login_required
@require_POST
def promote(request: HttpRequest, pk: int) -> HttpResponse:
    administrator(request.user)
    user = person(pk)
    verbs.set_administrator(user, True)
    messages.success(request, f"{user.email} administrates the installation.")
    return redirect("projects:people")


@login_required
@require_POST
def demote(request: HttpRequest, pk: int) -> HttpResponse:
    administrator(request.user)
    user = person(pk)
    try:
        verbs.set_administrator(user, False)
        messages.success(request, f"{user.email} is no administrator any more.")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("projects:people")


def person(pk: int) -> User:
    """Raises Http404."""
    found = verbs.everybody().filter(pk=pk).first() if pk <= MAX_KEY else None
    if found is None:
        raise Http404("There is no such account.")
    return found


@login_required
@require_safe
def mail(request: HttpRequest) -> HttpResponse:
    return _mail_page(request, administrator(request.user).email)


@login_required
@require_POST
def mail_test(request: HttpRequest) -> HttpResponse:
    administrator(request.user)
    to = request.POST.get("to", "").strip()[:254]
    try:
        validate_email(to)
    except ValidationError as error:
        return _mail_page(request, to, wrong=" ".join(error.messages))
    if not settings.EMAIL_URL:
        return _mail_page(request, to, trouble="EMAIL_URL is not set: no mail is sent.")
    return _mail_page(request, to, trouble=smtp.send_test(to), tried=True)


def _mail_page(
    request: HttpRequest, to: str, *, wrong: str = "", trouble: str = "", tried: bool = False
) -> HttpResponse:
    context = {
        "area": "",
        "page": "mail",
        "mail": smtp.mail_settings(),
        "to": to,
        "wrong": wrong,
        "trouble": trouble,
        "sent": tried and not trouble,
    }
    return render(request, "projects/mail.html", context)
