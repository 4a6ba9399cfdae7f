"""Project settings, grouping changes: what another grouping would do, doing it, and the journal with its undo."""

import json
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from issues import tombstones
from issues.models import Issue, RegroupRun, RegroupState
from issues.regroup import apply
from issues.regroup.plan import Plan
from projects.access import get_project
from projects.models import Project, Role, User

MAX_RUNS = 50
MAX_SHOWN = 50
DAYS = (7, 30, 90)


@login_required
@require_safe
def changes(request: HttpRequest, slug: str) -> HttpResponse:
    project = get_project(request.user, slug, Role.ADMIN)
    runs = RegroupRun.objects.filter(project_id=project.pk).select_related("actor")
    context = _frame(project) | {
        "runs": runs.exclude(state=RegroupState.DROPPED).order_by("-pk")[:MAX_RUNS],
        "days": DAYS,
    }
    return render(request, "issues/grouping_changes.html", context)


@login_required
@require_POST
def look(request: HttpRequest, slug: str) -> HttpResponse:
    """Begin a dry run. `candidate`: JSON (issues.regroup.candidates); `days`: of stored events, all if empty."""
    project = get_project(request.user, slug, Role.ADMIN)
    days = request.POST.get("days", "")
    if days and not (days.isascii() and days.isdigit() and 0 < int(days[:6]) <= 3650):
        raise BadRequest("There is no such number of days.")
    assert isinstance(request.user, User)
    try:
        candidate = json.loads(request.POST.get("candidate") or "{}")
        if not isinstance(candidate, dict):
            raise ValueError("A grouping is a JSON object.")
        run = apply.start(
            project,
            candidate,
            by=request.user,
            now=timezone.now(),
            days=int(days) if days else None,
        )
    except (ValueError, TypeError, RecursionError) as error:
        raise BadRequest("There is no such grouping.") from error
    return redirect("issues:grouping_change", slug, run.pk)


@login_required
@require_safe
def change(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    project = get_project(request.user, slug, Role.ADMIN)
    run = _run(project, pk)
    plan = apply.plan_of(run)
    context = _frame(project) | {
        "run": run,
        "is_at_work": run.state in apply.AT_WORK,
        "percent": min(100, run.looked_at * 100 // max(run.to_look_at, 1)),
        "plan": plan,
        **_tables(plan),
    }
    return render(request, "issues/grouping_change.html", context)


@login_required
@require_POST
def decide(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """`verb`: apply, undo or drop."""
    project = get_project(request.user, slug, Role.ADMIN)
    run = _run(project, pk)
    verbs = {"apply": apply.apply, "undo": apply.undo, "drop": apply.drop}
    verb = verbs.get(request.POST.get("verb", ""))
    if verb is None:
        raise BadRequest("There is no such verb.")
    if not verb(run):
        messages.warning(request, "The run has gone on in the meantime. Look again.")
    elif verb is apply.drop:
        messages.success(request, "Dropped. Nothing was moved.")
        return redirect(reverse("issues:grouping_changes", args=[slug]))
    return redirect("issues:grouping_change", slug, pk)


def _run(project: Project, pk: int) -> RegroupRun:
    rows = RegroupRun.objects.filter(project_id=project.pk, pk=pk).select_related("actor")
    run = rows.first()
    if run is None:
        raise Http404("There is no such change.")
    return run


def _frame(project: Project) -> dict[str, Any]:
    return {
        "area": "",
        "project": project,
        "page": "grouping_changes",
        "key_count": project.keys.filter(is_active=True).count(),
    }


def _tables(plan: Plan) -> dict[str, Any]:
    """Splits and merges with their issues in place of numbers; None is one to be made."""
    splits, merges = plan.splits[:MAX_SHOWN], plan.merges[:MAX_SHOWN]
    pks = {split.issue for split in splits} | {part.target for s in splits for part in s.parts}
    pks |= {merge.target for merge in merges} | {pk for m in merges for pk, _ in m.sources}
    wanted = {pk: tombstones.place_of(pk) for pk in pks if pk is not None}
    rows = Issue.objects.select_related("project").in_bulk(set(wanted.values()))
    issues = {pk: rows.get(place) for pk, place in wanted.items()}

    def issue(pk: int | None) -> Issue | None:
        return None if pk is None else issues[pk]

    return {
        "splits": [
            (issue(s.issue), [(issue(part.target), part.events) for part in s.parts])
            for s in splits
        ],
        "merges": [
            (issue(m.target), [(issue(pk), events) for pk, events in m.sources]) for m in merges
        ],
        "more": len(plan.splits) - len(splits) + len(plan.merges) - len(merges),
    }
