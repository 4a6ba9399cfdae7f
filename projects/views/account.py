from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

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
    return render(request, "projects/account.html", {"form": form})


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
