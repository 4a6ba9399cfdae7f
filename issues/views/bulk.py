"""The buttons over the list: a verb on the ticked issues, or on all that match."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from issues import bulk
from issues.bulk_verbs import VERBS
from issues.listing import FIELDS
from issues.models import BulkJob, BulkState
from issues.views import removal, triage
from projects.access import get_project
from projects.models import Project, Role, User
from projects.redirects import safe_next

# As long as a click may take; what is left is done in the background.
SECONDS = 4.0

# What the same button does to the ticked ones.
TICKED = {
    "resolve": triage.resolve,
    "reopen": triage.reopen,
    "mute": triage.mute,
    "assign": triage.assign,
    "prioritize": triage.prioritize,
    "delete": removal.delete,
}


@login_required
@require_POST
def act(request: HttpRequest, verb: str) -> HttpResponse:
    """`all`: the list's query string, if not the ticked issues are meant. `project`: its slug, if it is of one."""
    if verb not in VERBS:
        raise Http404("There is no such verb.")
    if "all" not in request.POST:
        return TICKED[verb](request)
    user = request.user
    assert isinstance(user, User)
    project = _project(request, Role.MEMBER)
    listed = QueryDict(request.POST.get("list", "")[:4000])
    fallback = reverse("issues:project", args=[project.slug]) if project else reverse("issues:list")
    back = safe_next(request, fallback)
    params = {name: listed[name] for name in FIELDS if name in listed}
    try:
        if VERBS[verb].asks and "sure" not in request.POST:
            found = bulk.matching(user, project, params, timezone.now())
            return removal.ask_about_all(request, found, project, back)
        job = bulk.begin(
            user,
            project,
            verb,
            params=params,
            data={name: request.POST[name] for name in VERBS[verb].fields if name in request.POST},
            back=back,
            now=timezone.now(),
        )
    except bulk.CannotBegin as error:
        messages.error(request, str(error))
        return redirect(back)
    if job is None:
        messages.info(request, "No issue matches any more.")
        return redirect(back)
    if job.total > bulk.AT_ONCE:
        return redirect("issues:bulk_job", job.pk)
    return _answer(request, bulk.finish(job, SECONDS))


def _answer(request: HttpRequest, job: BulkJob) -> HttpResponse:
    if job.state == BulkState.RUNNING:
        return redirect("issues:bulk_job", job.pk)
    if job.state == BulkState.REFUSED:
        messages.error(request, job.reason)
        return redirect(job.back)
    what = f"{job.changed:,} issue{'' if job.changed == 1 else 's'}"
    words = VERBS[job.verb].words if job.undoes is None else "Undone for"
    if can_undo(job):
        request.session["undo_bulk"] = job.pk
    messages.success(request, f"{words} {what}.", extra_tags="bulk" if can_undo(job) else "")
    return redirect(job.back)


def can_undo(job: BulkJob) -> bool:
    return (
        job.undoes is None
        and job.changed > 0
        and job.state in (BulkState.DONE, BulkState.STOPPED)
        and VERBS[job.verb].can_undo
    )


@login_required
@require_safe
def job(request: HttpRequest, pk: int) -> HttpResponse:
    found = _own(request, pk)
    done = min(found.looked_at, found.total)
    context = {
        "area": "issues",
        "job": found,
        "words": VERBS[found.verb].words if found.undoes is None else "Undone",
        "percent": round(100 * done / found.total),
        "is_at_work": found.state == BulkState.RUNNING,
        "can_undo": can_undo(found) and not BulkJob.objects.filter(undoes=found).exists(),
    }
    return render(request, "issues/bulk_job.html", context)


@login_required
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """`verb`: stop, resume or undo."""
    found = _own(request, pk)
    verb = request.POST.get("verb")
    if verb == "stop":
        bulk.stop(found)
    elif verb == "resume":
        bulk.resume(found)
    elif verb == "undo":
        if not can_undo(found):
            messages.info(request, "There is nothing to be undone.")
            return redirect(found.back)
        made = bulk.undo(found, now=timezone.now())
        if made is not None and made.total <= bulk.AT_ONCE:
            return _answer(request, bulk.finish(made, SECONDS))
        found = made or found
    else:
        raise BadRequest("There is no such verb.")
    return redirect("issues:bulk_job", found.pk)


def _own(request: HttpRequest, pk: int) -> BulkJob:
    assert isinstance(request.user, User)
    found = bulk.of(request.user, pk)
    if found is None:
        raise Http404("There is no such job.")
    return found


def _project(request: HttpRequest, role: Role) -> Project | None:
    slug = request.POST.get("project", "")[:50].replace("\0", "")
    return get_project(request.user, slug, role) if slug else None
