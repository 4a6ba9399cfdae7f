"""The releases of a project, and one of them with what it brought."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from issues import releases
from issues.paging import parse_cursor
from issues.states import Kind
from projects.access import get_project
from projects.models import Release, Role


@login_required
@require_safe
def release_list(request: HttpRequest, slug: str) -> HttpResponse:
    project = get_project(request.user, slug, Role.VIEWER)
    words = request.GET.get("query", "")[:250].replace("\0", "").strip()
    cursor = parse_cursor(request.GET.get("cursor", ""), releases.TIMES)
    context = {
        "area": "issues",
        "project": project,
        "words": words,
        "page": releases.page_of(project, cursor, words),
    }
    return render(request, "issues/releases.html", context)


@login_required
@require_safe
def release(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    project = get_project(request.user, slug, Role.VIEWER)
    found = Release.objects.filter(project=project, pk=pk).first()
    if found is None:
        raise Http404("There is no such release.")
    became = releases.became(project, found, Kind.REGRESSED, Kind.RESOLVED)
    frequent = releases.most_frequent(project, found)
    groups = (
        ("introduced", "New in it", releases.introduced(project, found)),
        ("regressed", "Came back in it", became[Kind.REGRESSED]),
        ("resolved", "Resolved in it", became[Kind.RESOLVED]),
    )
    for issue in (*(i for _, _, issues in groups for i in issues), *(i for i, _ in frequent)):
        issue.project = project
    context = {
        "area": "issues",
        "project": project,
        "release": found,
        "row": releases.rows_of(project, [found])[0],
        "groups": groups,
        "frequent": frequent,
        "limit": releases.MAX_ISSUES,
    }
    return render(request, "issues/release.html", context)
