"""The settings page of grouping: rules, their try-out, and the decision about various messages."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from issues import failures, families, tryout
from issues.access import get_issue
from issues.grouping_form import GroupingForm, planned, save_grouping
from issues.models import RegroupRun
from issues.options import described, fields_of, grouping_of
from issues.regroup import decisions
from issues.views.regrouping import DAYS, days_from, is_key
from projects.access import get_project
from projects.models import Project, Role, User

_DECIDED = "From now on, every new text of this place joins this issue."
_UNDECIDED = "New texts of this place become issues again, up to the limit."
MAX_SUGGESTION = 500  # characters of a rule that a link brings along


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def grouping(request: HttpRequest, slug: str) -> HttpResponse:
    """POST saves; with `try` it only shows what would become of an event, with `dry_run` of those that are stored."""
    project = get_project(request.user, slug, Role.ADMIN)
    now = timezone.now()
    trying = "try" in request.POST
    form = GroupingForm(
        request.POST or None, instance=project, initial=_suggested(request, project)
    )
    if "dry_run" in request.POST and form.is_valid():
        run = _dry_run(request, form, now)
        return redirect("issues:grouping_change", slug, run.pk)
    if request.method == "POST" and form.is_valid() and not trying:
        save_grouping(form, now)
        messages.success(request, "Saved. It counts for events that arrive from now on.")
        return redirect("issues:grouping", slug)
    trial, trouble = _tried(request, form, project, now) if trying else (None, "")
    context = {
        "area": "",
        "project": Project.objects.get(pk=project.pk),
        "form": form,
        "page": "grouping",
        "key_count": project.keys.filter(is_active=True).count(),
        "failures": failures.of_project(project.pk),
        "choices": tryout.choices(project),
        "chosen": request.POST.get("event") or request.GET.get("event", ""),
        "pasted": request.POST.get("pasted", ""),
        "days": DAYS,
        "trial": trial,
        "trouble": trouble,
    }
    return render(request, "issues/grouping.html", context)


def _dry_run(request: HttpRequest, form: GroupingForm, now: datetime) -> RegroupRun:
    """Of what is typed, which the form has written into its instance."""
    assert isinstance(request.user, User)
    days = days_from(request.POST.get("days", ""))
    return decisions.start(
        form.instance, described(form.instance), by=request.user, now=now, days=days
    )


def _suggested(request: HttpRequest, project: Project) -> dict[str, Any]:
    """What a link brings along, typed but not saved: a rule, or with `run` all that was tried in a dry run."""
    suggested: dict[str, Any] = {}
    if is_key(request.GET.get("run", "")):
        run = RegroupRun.objects.filter(project_id=project.pk, pk=request.GET["run"]).first()
        suggested = fields_of(run.candidate) if run is not None else {}
    for parameter, field in (
        ("rule", "grouping_fingerprint_rules"),
        ("stack_rule", "grouping_stack_rules"),
    ):
        if rule := request.GET.get(parameter, "")[:MAX_SUGGESTION].replace("\0", ""):
            suggested[field] = "\n".join(filter(None, (getattr(project, field).rstrip(), rule)))
    return suggested


def _tried(
    request: HttpRequest, form: GroupingForm, project: Project, now: datetime
) -> tuple[tryout.Trial | None, str]:
    if not form.is_valid():
        return None, "Put right what stands beside the rules; then it can be tried."
    # The form has written into its instance: what is in force is in the database.
    saved = Project.objects.get(pk=project.pk)
    text = request.POST.get("pasted", "").strip() or request.POST.get("event", "")
    try:
        sample = tryout.sample(saved, text, now)
    except tryout.NoEvent as error:
        return None, str(error)
    return tryout.trial(sample, saved, grouping_of(saved, now), planned(form, now)), ""


@login_required
@require_POST
def by_place(request: HttpRequest, pk: int) -> HttpResponse:
    """Of an issue that gathers various messages: every new text joins it, or with `off` only those beyond the limit."""
    issue, _ = get_issue(request.user, pk, Role.MEMBER)
    on = "off" not in request.POST
    if families.group_by_place(issue, on):
        messages.success(request, _DECIDED if on else _UNDECIDED)
    return redirect(issue)
