"""What a person says about alerts, and what became of those of the last days."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from alerts import mail as sending
from alerts.models import Delivery, MailChoice
from projects.access import visible_projects
from projects.models import User

MAX_ROWS = 25


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def mail(request: HttpRequest) -> HttpResponse:
    user = request.user
    assert isinstance(user, User)
    if request.method == "POST":
        wanted = request.POST.get("wanted") == "on"
        MailChoice.objects.update_or_create(user=user, defaults={"wanted": wanted})
        messages.success(request, "Saved.")
        return redirect("alerts:mail")
    choice = MailChoice.objects.filter(user=user).first()
    rows = list(Delivery.objects.filter(user=user).order_by("-made_at", "-pk")[:MAX_ROWS])
    names = visible_projects(user).in_bulk({row.project_id for row in rows})
    context = {
        "page": "alerts",
        "wanted": choice is None or choice.wanted,
        "is_possible": sending.is_possible(),
        "rows": [(row, names[row.project_id]) for row in rows if row.project_id in names],
    }
    return render(request, "alerts/mine.html", context)
