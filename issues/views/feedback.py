"""What people wrote to a project, and the files that came with events and feedback."""

import uuid
from collections.abc import Mapping

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from issues import previews
from issues.feedback import of_project
from issues.models import Attachment, AttachmentData, Feedback, GroupHash, Issue
from projects.access import get_project
from projects.models import Project, Role

PAGE = 50


@login_required
@require_safe
def project_feedback(request: HttpRequest, slug: str) -> HttpResponse:
    """Latest first; `?before=` an id shows what is older."""
    project = get_project(request.user, slug, Role.VIEWER)
    before = request.GET.get("before", "")
    number = int(before) if before.isascii() and before.isdigit() and len(before) < 18 else None
    found = of_project(project.pk, PAGE + 1, before=number)
    rows, more = found[:PAGE], found[PAGE:]
    context = {
        "area": "issues",
        "project": project,
        "rows": _with_places(project, rows),
        "older": rows[-1].pk if more else None,
    }
    return render(request, "issues/feedback.html", context)


def _with_places(
    project: Project, rows: list[Feedback]
) -> list[tuple[Feedback, Issue | None, list[Attachment]]]:
    """Each with the issue it is about and its own files."""
    hashes = GroupHash.objects.filter(
        pk__in=[said.grouphash_id for said in rows if said.grouphash_id is not None]
    ).select_related("issue")
    issues: Mapping[int, Issue] = {row.pk: row.issue for row in hashes}
    for issue in issues.values():
        issue.project = project
    files: dict[uuid.UUID, list[Attachment]] = {}
    own = Attachment.objects.filter(
        project_id=project.pk, event_id__in=[said.feedback_id for said in rows]
    ).order_by("pk")
    for attachment in own:
        files.setdefault(attachment.event_id, []).append(attachment)
    return [
        (
            said,
            issues.get(said.grouphash_id) if said.grouphash_id is not None else None,
            files.get(said.feedback_id, []),
        )
        for said in rows
    ]


# Nothing that is sent here runs, loads or is framed, whatever a browser makes of it.
_INERT = "default-src 'none'; sandbox; frame-ancestors 'none'"


@login_required
@require_safe
def attachment_view(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """A picture or plain text, to be looked at; to be saved, if it is neither."""
    project = get_project(request.user, slug, Role.VIEWER)
    found, data = _attachment(project, pk)
    kind = previews.image_type(data)
    text = None if kind else previews.plain_text(data)
    if kind:
        response = HttpResponse(data, content_type=kind)
    elif text is not None:
        response = HttpResponse(text.encode(), content_type="text/plain; charset=utf-8")
    else:
        return redirect("issues:attachment", slug, pk)
    response["Content-Disposition"] = content_disposition_header(False, found.name) or "inline"
    response["Content-Security-Policy"] = _INERT
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-store"
    return response


def _attachment(project: Project, pk: int) -> tuple[Attachment, bytes]:
    found = Attachment.objects.filter(pk=pk, project_id=project.pk).first()
    data = AttachmentData.objects.filter(pk=pk, project_id=project.pk).first() if found else None
    if found is None or data is None:
        raise Http404("There is no such attachment, or it is no longer kept.")
    return found, data.load()


@login_required
@require_safe
def attachment(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The bytes, to be saved: whatever a sender claims them to be, no browser runs them on our pages."""
    project = get_project(request.user, slug, Role.VIEWER)
    found, data = _attachment(project, pk)
    response = HttpResponse(data, content_type="application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, found.name)
    response["Cache-Control"] = "private, no-store"
    return response
