"""Every project at a glance, and what is new in any of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.db.models import Count, OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from issues.counting import per_project
from issues.models import Issue
from issues.search.query import Tab
from issues.search.sql import tab_condition
from issues.sparklines import RANGES, Spark, spark
from issues.states import Status
from projects.access import may_create_project, visible_projects
from projects.models import Project, Release, User
from projects.notices import Notice, notices
from projects.platforms import label

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Counts:
    unresolved: int = 0
    new: int = 0
    regressed: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    project: Project
    platform: str
    spark: Spark
    events: int
    counts: Counts
    release: Release | None
    notices: Sequence[Notice]


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    user = request.user
    assert isinstance(user, User)
    now = timezone.now()
    projects = list(visible_projects(user))
    ids = [project.pk for project in projects]
    rows = project_rows(projects, now)
    new = Issue.objects.filter(tab_condition(Tab.NEW, now), project__in=ids)
    mine = Issue.objects.filter(project__in=ids, assignee=user, status=Status.UNRESOLVED)
    context = {
        "area": "home",
        "rows": rows,
        "events": sum(row.events for row in rows),
        "new": sum(row.counts.new for row in rows),
        "regressed": sum(row.counts.regressed for row in rows),
        "new_issues": new.select_related("project").order_by("-first_seen")[:SHOWN],
        "my_issues": list(mine.select_related("project").order_by("-last_seen")[:SHOWN]),
        "may_create": may_create_project(user),
    }
    return render(request, "issues/home.html", context)


def project_rows(projects: Sequence[Project], now: datetime) -> list[Row]:
    ids = [project.pk for project in projects]
    span = RANGES["24h"]
    series = per_project(ids, span, now)
    counts = issue_counts(ids, now)
    releases = latest_releases(ids)
    said = notices(ids)
    return [
        Row(
            project=project,
            platform=label(project.platform),
            spark=spark(series[project.pk], span, width=168, height=28),
            events=sum(series[project.pk]),
            counts=counts.get(project.pk, Counts()),
            release=releases.get(project.pk),
            notices=said.get(project.pk, ()),
        )
        for project in projects
    ]


def issue_counts(project_ids: Collection[int], now: datetime) -> Mapping[int, Counts]:
    rows = (
        Issue.objects.filter(project__in=project_ids, status=Status.UNRESOLVED)
        .order_by()
        .values_list("project")
        .annotate(
            unresolved=Count("pk"),
            new=Count("pk", filter=tab_condition(Tab.NEW, now)),
            regressed=Count("pk", filter=tab_condition(Tab.REGRESSED, now)),
        )
    )
    return {project_id: Counts(*counts) for project_id, *counts in rows}


def latest_releases(project_ids: Collection[int]) -> Mapping[int, Release]:
    """The release that was met last for the first time, of each project."""
    latest = Release.objects.filter(project=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    pks = Project.objects.filter(pk__in=project_ids).values(latest=Subquery(latest))
    return {r.project_id: r for r in Release.objects.filter(pk__in=pks)}
