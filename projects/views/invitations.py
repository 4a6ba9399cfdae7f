"""The page behind an invitation's link: sign in and join, or make an account."""

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth import login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from projects.forms import RegisterForm
from projects.invitations import Unusable, accept, find, register
from projects.models import Invitation, Role, User

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
MAX_TOKEN = 100  # characters


@sensitive_post_parameters("password1", "password2")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    try:
        if len(token) > MAX_TOKEN or "\0" in token:
            raise Unusable("This is no invitation’s link. Was it copied as a whole?")
        found = find(token, timezone.now())
        if isinstance(request.user, User):
            return _for_user(request, found, request.user)
        return _for_guest(request, found)
    except Unusable as error:
        return render(
            request, "projects/invitation_unusable.html", {"words": str(error)}, status=404
        )


def _for_user(request: HttpRequest, found: Invitation, user: User) -> HttpResponse:
    is_mine = found.email in ("", user.email)
    if request.method == "POST" and is_mine:
        accept(found, user)
        messages.success(request, f"You are in the team {found.team.name}.")
        return redirect("issues:home")
    return render(request, "projects/invitation.html", _context(found) | {"is_mine": is_mine})


def _for_guest(request: HttpRequest, found: Invitation) -> HttpResponse:
    has_account = bool(found.email) and User.objects.filter(email=found.email).exists()
    form = RegisterForm(request.POST or None, email=found.email)
    if request.method == "POST" and not has_account and form.is_valid():
        try:
            user = register(
                found,
                email=form.cleaned_data.get("email", ""),
                name=form.cleaned_data["name"],
                password=form.cleaned_data["password1"],
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            login(request, user, backend=BACKEND)
            return redirect("issues:home")
    context = _context(found) | {
        "form": form,
        "has_account": has_account,
        "sign_in": f"{reverse('account_login')}?{urlencode({'next': request.path})}",
    }
    return render(request, "projects/invitation.html", context)


def _context(found: Invitation) -> dict[str, object]:
    return {"invitation": found, "role": Role(found.role).label, "is_mine": False}
