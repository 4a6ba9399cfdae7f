"""The page of a project that waits for its first event, and what was refused on the way."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import Max, Sum
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from ingest.models import Refusal
from ingest.reasons import RefusalReason
from ingest.snippets import GROUPS, fill, for_platform
from projects import dsn, notices
from projects.access import get_project, role_in
from projects.models import Project, ProjectKey, Role
from projects.notices import Notice

NOTICE_FOR = timedelta(hours=24)

# What happened, and what to do about it.
ADVICE: dict[str, tuple[str, str]] = {
    RefusalReason.NO_KEY: (
        "The request held no key.",
        "Copy the whole DSN, with the part before the @. A proxy must pass the header X-Sentry-Auth and the query on.",
    ),
    RefusalReason.UNKNOWN_KEY: (
        "There is no such key.",
        "The DSN belongs to another installation, or the key was mistyped. Copy the DSN from this page.",
    ),
    RefusalReason.DISABLED_KEY: (
        "The key is revoked.",
        "Use another key of this project, or activate this one again in the settings.",
    ),
    RefusalReason.WRONG_PROJECT: (
        "The key belongs to another project.",
        "The number at the end of the DSN was changed. Copy the DSN as it is.",
    ),
    RefusalReason.UNREADABLE_BODY: (
        "The body could not be read.",
        "Something between the SDK and here changed it, or it is no envelope. Look for a proxy that rewrites bodies.",
    ),
    RefusalReason.BAD_ENCODING: (
        "The body’s compression is unknown or damaged.",
        "gzip, deflate, br and zstd are understood. Look for a proxy that unpacks and leaves the header.",
    ),
    RefusalReason.WRONG_TYPE: (
        "The endpoint takes other content types.",
        "Security reports are JSON, crash uploads are forms. Look at the address and the sender’s settings.",
    ),
    RefusalReason.TOO_LARGE: (
        "The event was too large.",
        "Attach less, or raise MAX_EVENT_BYTES and MAX_REQUEST_BYTES.",
    ),
    RefusalReason.QUOTA: (
        "The quota is used up.",
        "Events are accepted again when its period is over. Raise the quota, or send less.",
    ),
    RefusalReason.RATE_LIMITED: (
        "Too much came at once.",
        "The SDK sends again by itself. If it stays, sample in the SDK or raise the project’s limit.",
    ),
}


@dataclass(frozen=True, slots=True)
class RefusalRow:
    what: str
    advice: str
    refusal: Refusal


@login_required
@require_safe
def setup(request: HttpRequest, slug: str) -> HttpResponse:
    project = get_project(request.user, slug, Role.VIEWER)
    chosen = for_platform(request.GET.get("platform") or project.platform)
    key = ProjectKey.objects.filter(project=project, is_active=True).first()
    address = dsn.build(settings.BASE_URL, key.public_key, project.pk) if key else ""
    context = {
        "area": "issues",
        "project": project,
        "dsn": address,
        "key": key,
        "groups": GROUPS.items(),
        "siblings": GROUPS[chosen.group],
        "chosen": fill(
            chosen, dsn=address, slug=project.slug, base_url=settings.BASE_URL,
            project_id=project.pk, public_key=key.public_key if key else "KEY",
            environment=project.default_environment, organization=settings.ORGANIZATION_SLUG,
        ),
        "refusals": refusals(project),
        "may_administrate": role_in(request.user, project.pk) == Role.ADMIN,
        "is_local": settings.BASE_URL.startswith(("http://localhost", "http://127.0.0.1")),
    }  # fmt: skip
    return render(request, "ingest/setup.html", context)


@login_required
@require_safe
def setup_state(request: HttpRequest, slug: str) -> HttpResponse:
    """What the waiting page asks every few seconds."""
    project = get_project(request.user, slug, Role.VIEWER)
    seen = Refusal.objects.filter(project_id=project.pk).aggregate(
        count=Sum("count"), last=Max("last_at")
    )
    return JsonResponse(
        {
            "events": project.first_event_at is not None,
            "refused": seen["count"] or 0,
            "last_refused_at": seen["last"],
        }
    )


def refusals(project: Project) -> list[RefusalRow]:
    found = Refusal.objects.filter(project_id=project.pk).order_by("-last_at")[:20]
    return [
        RefusalRow(*ADVICE.get(refusal.reason, ("The request was refused.", "")), refusal)
        for refusal in found
    ]


def refusal_notices(project_ids: Collection[int]) -> Mapping[int, Notice]:
    """For the list of projects: what was refused in the last day."""
    rows = Refusal.objects.filter(
        project_id__in=project_ids, last_at__gte=timezone.now() - NOTICE_FOR
    ).values_list("project_id", "reason")
    found: dict[int, Notice] = {}
    for project_id, reason in rows:
        if reason == RefusalReason.QUOTA:
            found[project_id] = Notice("bad", "quota used up", "ingest:setup")
        else:
            found.setdefault(project_id, Notice("bad", "requests refused", "ingest:setup"))
    return found


# The root urls import this module, so the list of projects knows it before the first page is made.
notices.register(refusal_notices)
