"""A project's retention: what may stay, what would go now, and what has gone."""

import time
from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from issues.models import Eviction
from issues.retention import passes
from issues.retention.passes import Tally
from issues.retention.policy import Reason
from projects.access import get_project
from projects.models import Project, Role
from projects.option_forms import RetentionForm

LOOK_SECONDS = 3.0  # for a dry run while somebody waits
SHOWN_DAYS = 30
WORDS = {
    Reason.AGE: "too old",
    Reason.ISSUE: "too many of their issue",
    Reason.PROJECT: "too many of the project",
    Reason.BYTES: "too many bytes of the installation",
}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def retention(request: HttpRequest, slug: str) -> HttpResponse:
    """POST with `try`: what would go with these rules; nothing is saved."""
    project = get_project(request.user, slug, Role.ADMIN)
    shown = Project(pk=project.pk, name=project.name, slug=project.slug)
    form = RetentionForm(request.POST or None, instance=project, general=_general())
    trial = None
    if request.method == "POST" and form.is_valid():
        if "try" not in request.POST:
            form.instance.save(update_fields=list(form.fields))
            messages.success(request, "Saved. What has to go leaves within the hour.")
            return redirect("issues:retention", slug)
        trial = _tried(form.instance)
    context = {
        "area": "",
        "project": shown,
        "page": "retention",
        "key_count": project.keys.filter(is_active=True).count(),
        "form": form,
        "trial": trial,
        "gone": _gone(project.pk),
        "days": SHOWN_DAYS,
    }
    return render(request, "issues/retention.html", context)


def _general() -> dict[str, int]:
    policy = passes.installation_policy()
    return {
        "retention_days": policy.days,
        "retention_kept_days": policy.kept_days,
        "retention_issue_events": policy.issue_events,
        "retention_events": policy.project_events,
    }


def _tried(project: Project) -> dict[str, object]:
    until = time.monotonic() + LOOK_SECONDS
    tally, is_whole = passes.dry_run(
        timezone.now(), projects=[project], until=lambda: time.monotonic() > until
    )
    return {"tally": tally, "is_whole": is_whole, "rows": _rows(tally)}


def _rows(tally: Tally) -> list[tuple[str, int]]:
    return [(WORDS[reason], count) for reason, count in sorted(tally.events.items())]


def _gone(project_id: int) -> list[tuple[str, int, int]]:
    """In words why, events and bytes."""
    since = timezone.now().date() - timedelta(days=SHOWN_DAYS)
    rows = Eviction.objects.filter(project_id=project_id, day__gte=since).values_list("reason")
    found = rows.annotate(Sum("events"), Sum("bytes")).order_by("reason")
    return [
        (WORDS[Reason(reason)], events, size)
        for reason, events, size in found
        if reason in set(Reason)
    ]
