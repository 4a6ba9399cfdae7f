"""A project's page "Logs": the ready pipeline, and what came of it."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ingest import pipelines
from ingest.models import LogSource
from projects import dsn
from projects.access import get_project, role_in
from projects.models import ProjectKey, Role


@login_required
@require_safe
def show(request: HttpRequest, slug: str) -> HttpResponse:
    project = get_project(request.user, slug, Role.VIEWER)
    key = ProjectKey.objects.filter(project=project, is_active=True).first()
    shipper = pipelines.chosen(request.GET.get("shipper"))
    source = LogSource.objects.filter(project_id=project.pk).first()
    may_change = role_in(request.user, project.pk) == Role.ADMIN
    text = ""
    if key is not None:
        text = pipelines.text(
            shipper,
            base_url=settings.BASE_URL,
            project_id=project.pk,
            key=key.public_key,
            dsn=dsn.build(settings.BASE_URL, key.public_key, project.pk),
        )
    context = {
        "area": "",
        "project": project,
        "page": "logs",
        "may_change": may_change,
        "key_count": project.keys.filter(is_active=True).count() if may_change else "",
        "shippers": pipelines.SHIPPERS,
        "shipper": shipper,
        "text": text,
        "source": source,
        "threshold": settings.LOGS_LEVEL,
    }
    return render(request, "ingest/logs.html", context)
