"""Project settings, grouping changes: what another grouping would do, doing it, and the journal with its undo."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from issues.models import Issue, MergedIssue, RegroupRun, RegroupState
from issues.options import described
from issues.regroup import apply, decisions
from issues.regroup.diff import differences
from issues.regroup.plan import Merge, Part, Plan
from projects.access import get_project
from projects.models import Project, Role, User

MAX_RUNS = 50
MAX_SHOWN = 50
DAYS = (7, 30, 90)
MAX_DAYS = 3650
UNDECIDED = (RegroupState.PLANNING, RegroupState.PLANNED, RegroupState.DROPPED)


@login_required
@require_safe
def changes(request: HttpRequest, slug: str) -> HttpResponse:
    project = get_project(request.user, slug, Role.ADMIN)
    runs = RegroupRun.objects.filter(project_id=project.pk).select_related("actor")
    context = _frame(project) | {
        "runs": runs.order_by("-pk")[:MAX_RUNS],
        "days": DAYS,
    }
    return render(request, "issues/grouping_changes.html", context)


@login_required
@require_POST
def look(request: HttpRequest, slug: str) -> HttpResponse:
    """Begin a dry run of the rules in force, or with `again` of those of that run. `days`: of events, all if empty."""
    project = get_project(request.user, slug, Role.ADMIN)
    days = days_from(request.POST.get("days", ""))
    candidate = described(project)
    if again := request.POST.get("again", ""):
        candidate = _run(project, int(again) if is_key(again) else 0).candidate
    run = decisions.start(project, candidate, by=_user(request), now=timezone.now(), days=days)
    return redirect("issues:grouping_change", slug, run.pk)


@login_required
@require_safe
def change(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    project = get_project(request.user, slug, Role.ADMIN)
    run = _run(project, pk)
    plan = apply.plan_of(run)
    in_force = described(project)
    has_begun = run.adopted_at is not None or run.state not in UNDECIDED
    before = run.in_force if has_begun else in_force
    context = _frame(project) | {
        "run": run,
        "is_at_work": run.state in apply.AT_WORK,
        "percent": min(100, run.looked_at * 100 // max(run.to_look_at, 1)),
        "plan": plan,
        "without": run.plan.get("without", 0),
        "differences": differences(before, run.candidate),
        "is_undecided": run.state in UNDECIDED,
        "differs": run.in_force != run.candidate,
        "is_in_force": in_force == run.candidate,
        "is_stale": in_force not in (run.candidate, run.in_force),
        "gives_back": decisions.gives_back(run, project),
        "days": (run.created_at - run.since).days if run.since else "",
        "followers": run.followers.order_by("pk"),
        "steps": run.steps.select_related("actor").order_by("pk"),
        **_tables(project, run, plan),
    }
    return render(request, "issues/grouping_change.html", context)


@login_required
@require_POST
def decide(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """`verb`: save_and_move, save, move, undo or drop."""
    project = get_project(request.user, slug, Role.ADMIN)
    run = _run(project, pk)
    verb = _VERBS.get(request.POST.get("verb", ""))
    if verb is None:
        raise BadRequest("There is no such verb.")
    try:
        if verb is decisions.apply and described(project) != run.candidate:
            raise decisions.Changed
        if not verb(run, by=_user(request), now=timezone.now()):
            messages.warning(request, "The run has gone on in the meantime. Look again.")
        elif verb is decisions.save:
            messages.success(request, "Saved. It counts for events that arrive from now on.")
        elif verb is decisions.drop:
            messages.success(request, "Dropped. Nothing was moved.")
            return redirect("issues:grouping_changes", slug)
    except decisions.Changed:
        messages.warning(request, "Nothing was done: the settings were changed in the meantime.")
    return redirect("issues:grouping_change", slug, pk)


_VERBS: Mapping[str, Callable[..., bool]] = {
    "save_and_move": partial(decisions.apply, is_saving=True),
    "save": decisions.save,
    "move": decisions.apply,
    "undo": decisions.undo,
    "drop": decisions.drop,
}


def days_from(text: str) -> int | None:
    """Of a form's choice; all events if empty."""
    if text and not (text.isascii() and text.isdigit() and 0 < int(text[:6]) <= MAX_DAYS):
        raise BadRequest("There is no such number of days.")
    return int(text) if text else None


def is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


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


def _tables(project: Project, run: RegroupRun, plan: Plan) -> dict[str, Any]:
    """Splits and merges with their issues in place of numbers; None is one to be made."""
    splits, merges = plan.splits[:MAX_SHOWN], plan.merges[:MAX_SHOWN]
    # Once the run has made them, the new ones are there, too.
    made: Mapping[str, int | None] = run.plan.get("targets", {})

    def target(each: Part | Merge) -> int | None:
        return made.get(each.new_hash) if each.target is None else each.target

    pks = {split.issue for split in splits} | {target(p) for s in splits for p in s.parts}
    pks |= {target(merge) for merge in merges} | {pk for m in merges for pk, _ in m.sources}
    issues = _issues(project, {pk for pk in pks if pk is not None})

    def issue(pk: int | None) -> Issue | None:
        return None if pk is None else issues.get(pk)

    return {
        "splits": [
            (issue(s.issue), [(issue(target(part)), part.events) for part in s.parts])
            for s in splits
        ],
        "merges": [
            (issue(target(m)), [(issue(pk), events) for pk, events in m.sources]) for m in merges
        ],
        "more": len(plan.splits) - len(splits) + len(plan.merges) - len(merges),
    }


def _issues(project: Project, pks: set[int]) -> dict[int, Issue]:
    """Those that were merged away as they were called; their addresses lead on."""
    graves = MergedIssue.objects.filter(pk__in=pks, project_id=project.pk)
    buried = {
        grave.pk: Issue(
            pk=grave.pk,
            project=project,
            number=grave.number,
            title=str(grave.state.get("title", "")),
        )
        for grave in graves
    }
    return buried | Issue.objects.select_related("project").in_bulk(pks)
