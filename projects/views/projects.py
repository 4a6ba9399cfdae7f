from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from projects.access import may_create_project
from projects.forms import NewProjectForm
from projects.models import User
from projects.setup import create_project


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    user = request.user
    assert isinstance(user, User)
    if not may_create_project(user):
        raise PermissionDenied("Admins of a team make projects. Ask one of them.")
    form = NewProjectForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        project = create_project(
            form.cleaned_data["name"],
            platform=form.cleaned_data["platform"],
            teams=[team] if (team := form.cleaned_data.get("team")) else [],
        )
        return redirect("ingest:setup", project.slug)
    return render(request, "projects/new.html", {"area": "home", "form": form})
