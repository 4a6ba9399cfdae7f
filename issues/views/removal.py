"""Deleting issues, which asks once, and what is discarded in a project."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from issues import removal
from issues.models import DeletedIssue, Discard, Issue
from issues.views.posted import back, named, posted
from projects.access import get_project, require
from projects.models import Project, Role
from projects.redirects import safe_next

MAX_NAMED = 10
MAX_SHOWN = 200


@login_required
@require_POST
def delete(request: HttpRequest) -> HttpResponse:
    """`discard`: with all their future. Without `sure` it asks, and says what will be lost."""
    issues, user = posted(request)
    discard = "discard" in request.POST
    if "sure" not in request.POST:
        context = {
            "area": "issues",
            "issues": issues,
            "named": issues[:MAX_NAMED],
            "total": len(issues),
            "others": len(issues) - MAX_NAMED,
            "events": sum(issue.event_count for issue in issues),
            "discard": discard,
            "action": reverse("issues:delete"),
            "posted": _kept(next=safe_next(request, ""), discard="1" if discard else ""),
            "back": back(request, issues),
        }
        return render(request, "issues/delete.html", context)
    gone = removal.delete(issues, by=user, now=timezone.now(), discard=discard)
    if gone:
        words = "Deleted and discarded" if discard else "Deleted"
        messages.success(request, f"{words} {named(gone)}.")
    else:
        messages.info(request, "They were deleted already.")
    # Not back to the page of an issue that is no more.
    target = safe_next(request, "")
    to_list = target.partition("?")[0].endswith("/issues/")
    return redirect(target if to_list else reverse("issues:project", args=[issues[0].project.slug]))


def ask_about_all(
    request: HttpRequest, found: QuerySet[Issue], project: Project | None, back: str
) -> HttpResponse:
    """The same question, about all issues that match a search."""
    total = found.count()
    if not total:
        messages.info(request, "No issue matches any more.")
        return redirect(back)
    discard = "discard" in request.POST
    context = {
        "area": "issues",
        "named": found.select_related("project").order_by("-event_count", "-pk")[:MAX_NAMED],
        "total": total,
        "others": total - MAX_NAMED,
        "events": found.aggregate(events=Sum("event_count"))["events"],
        "discard": discard,
        "action": reverse("issues:bulk", args=["delete"]),
        "posted": _kept(
            all="1",
            list=request.POST.get("list", "")[:4000],
            project=project.slug if project else "",
            next=back,
            discard="1" if discard else "",
        ),
        "back": back,
    }
    return render(request, "issues/delete.html", context)


def _kept(**fields: str) -> dict[str, str]:
    """What is sent again together with the answer."""
    return {name: value for name, value in fields.items() if value}


@login_required
@require_safe
def discarded(request: HttpRequest, slug: str) -> HttpResponse:
    project = get_project(request.user, slug, Role.VIEWER)
    found = Discard.objects.filter(project_id=project.pk).select_related("actor")
    context = {
        "area": "issues",
        "project": project,
        "discards": found.order_by("-at", "-pk")[:MAX_SHOWN],
        "deleting": DeletedIssue.objects.filter(project_id=project.pk).count(),
        "may_triage": require(request.user, project.pk, Role.VIEWER) >= Role.MEMBER,
    }
    return render(request, "issues/discarded.html", context)


@login_required
@require_POST
def take_back(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    project = get_project(request.user, slug, Role.MEMBER)
    discard = get_object_or_404(Discard, pk=pk, project_id=project.pk)
    removal.take_back(discard)
    messages.success(request, "Such events make issues again, from now on.")
    return redirect("issues:discarded", slug)
