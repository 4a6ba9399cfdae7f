from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from projects import sessions
from projects.forms import AccountForm
from projects.models import Theme, User
from projects.redirects import safe_next


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    user = request.user
    assert isinstance(user, User)
    # Another object than request.user: what is refused must not show in the page's head.
    form = AccountForm(request.POST or None, instance=User.objects.get(pk=user.pk))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return redirect("projects:account")
    context = {
        "form": form,
        "page": "account",
        "sign_ins": sessions.sign_ins(user, request.session.session_key),
    }
    return render(request, "projects/account.html", context)


@login_required
@require_POST
def end_session(request: HttpRequest, handle: str) -> HttpResponse:
    user = request.user
    assert isinstance(user, User)
    if handle == sessions.handle_of(request.session.session_key or ""):
        logout(request)
        return redirect("account_login")
    # Somebody else's, or gone already: either way it is not there any more.
    sessions.end(user, handle)
    messages.success(request, "Signed out there.")
    return redirect("projects:account")


@login_required
@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    user = request.user
    assert isinstance(user, User)
    sessions.end_all(user, but=request.session.session_key)
    messages.success(request, "Signed out everywhere else.")
    return redirect("projects:account")


@login_required
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    chosen = request.POST.get("theme", "")
    user = request.user
    assert isinstance(user, User)
    if chosen in Theme.values:
        user.theme = chosen
        user.save(update_fields=["theme"])
    return redirect(safe_next(request, reverse("issues:home")))
