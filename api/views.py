"""The pages of tokens: a person's own, and the organisation's for administrators."""

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from api import tokens as verbs
from api.scopes import PRESETS, SCOPES
from projects.access import MAX_KEY, administrator, visible_projects
from projects.models import User

# Days a token lasts; 0: until it is revoked.
LASTS = {30: "30 days", 90: "90 days", 365: "A year", 0: "Until it is revoked"}
DEFAULT_DAYS = 90
CHOSEN = "chosen"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def own(request: HttpRequest) -> HttpResponse:
    """POST makes one."""
    user = request.user
    assert isinstance(user, User)
    return _page(request, user)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def organization(request: HttpRequest) -> HttpResponse:
    """POST makes one."""
    administrator(request.user)
    return _page(request, None)


def _page(request: HttpRequest, owner: User | None) -> HttpResponse:
    """Answers with the page, not with a redirect: the token must not lie about until the next request."""
    made = wrong = ""
    if request.method == "POST":
        try:
            made = _make(request, owner)
        except ValidationError as error:
            wrong = " ".join(error.messages)
    now = timezone.now()
    context = {
        "page": "tokens" if owner else "organization_tokens",
        "owner": owner,
        "rows": [
            (row, row.expires_at is not None and row.expires_at <= now) for row in verbs.of(owner)
        ],
        "made": made,
        "wrong": wrong,
        "typed": request.POST.get("name", "")[:100] if wrong else "",
        "presets": [(name, " ".join(scopes)) for name, scopes in PRESETS.items()],
        "scopes": SCOPES.items(),
        "projects": visible_projects(request.user).order_by("name"),
        "lasts": LASTS.items(),
        "default_days": DEFAULT_DAYS,
    }
    answer = render(request, "api/tokens.html", context)
    if made:
        answer["Cache-Control"] = "no-store"
    return answer


def _make(request: HttpRequest, owner: User | None) -> str:
    """Raises ValidationError."""
    now = timezone.now()
    preset = request.POST.get("preset", CHOSEN)
    scopes = PRESETS.get(preset) or request.POST.getlist("scope")[: len(SCOPES)]
    if not scopes:
        raise ValidationError("Choose what the token is for.")
    days = request.POST.get("days", str(DEFAULT_DAYS))
    if days not in {str(each) for each in LASTS}:
        raise ValidationError("Choose how long the token lasts.")
    slug = request.POST.get("project", "")
    project = None
    if slug:
        project = visible_projects(request.user).filter(slug=slug[:50].replace("\0", "")).first()
        if project is None:
            raise ValidationError("There is no such project.")
    return verbs.create_token(
        scopes,
        user=owner,
        name=request.POST.get("name", "")[:1000],
        now=now,
        project=project,
        expires_at=now + timedelta(days=int(days)) if int(days) else None,
    )


@login_required
@require_POST
def revoke_own(request: HttpRequest, pk: int) -> HttpResponse:
    user = request.user
    assert isinstance(user, User)
    return _revoke(request, user, pk, "api:tokens")


@login_required
@require_POST
def revoke_of_organization(request: HttpRequest, pk: int) -> HttpResponse:
    administrator(request.user)
    return _revoke(request, None, pk, "api:organization_tokens")


def _revoke(request: HttpRequest, owner: User | None, pk: int, to: str) -> HttpResponse:
    """Somebody else's, or gone already: either way it is not there any more."""
    if pk <= MAX_KEY:
        verbs.of(owner).filter(pk=pk).delete()
    messages.success(request, "Revoked. What is asked with it is refused.")
    return redirect(to)


@login_required
@require_safe
def from_command_line(request: HttpRequest, organization: str) -> HttpResponse:
    """Where `sentry-cli login` leads."""
    return redirect("api:tokens")
