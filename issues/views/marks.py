"""What an issue is to the reader: bookmark and subscription, each on and off by one form."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from issues import marks
from issues.views.posted import back, posted
from projects.models import Role


@login_required
@require_POST
def bookmark(request: HttpRequest) -> HttpResponse:
    """`off` takes it away."""
    issues, user = posted(request, Role.VIEWER)
    if "off" in request.POST:
        marks.unbookmark(issues, by=user)
    else:
        marks.bookmark(issues, by=user, now=timezone.now())
    return redirect(back(request, issues))


@login_required
@require_POST
def subscribe(request: HttpRequest) -> HttpResponse:
    """`off` ends it, also for what would subscribe the reader later."""
    issues, user = posted(request, Role.VIEWER)
    marks.subscribe(issues, by=user, wanted="off" not in request.POST)
    return redirect(back(request, issues))
