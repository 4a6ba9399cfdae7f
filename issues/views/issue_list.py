"""The list of issues, of one project or of all."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from issues import saved, trend
from issues.counting import owners, per_issue
from issues.listing import Choices, choices, in_tab, listing
from issues.models import Event, Issue
from issues.paging import SORTS, Cursor, parse_cursor
from issues.period import Period
from issues.search import sql
from issues.search.query import Query, Tab, without_tab
from issues.sparklines import LIST_RANGES, RANGES, Spark, spark
from issues.views.find import jump
from projects.access import get_project, people_of
from projects.models import Environment, Project, Release, Role, User

PAGE = 40
MAX_PEOPLE = 50
MAX_ENVIRONMENTS = 50
MAX_RELEASES = 30


@dataclass(frozen=True, slots=True)
class Row:
    issue: Issue
    spark: Spark
    is_new: bool
    may_triage: bool


@dataclass(frozen=True, slots=True)
class Page:
    """notes: where it was cut short."""

    rows: Sequence[Row]
    total: int
    first: int
    newer: str  # cursors; "" for none
    older: str
    notes: Sequence[str] = ()

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1


@login_required
@require_safe
def all_projects(request: HttpRequest) -> HttpResponse:
    return _answer(request, None)


@login_required
@require_safe
def one_project(request: HttpRequest, slug: str) -> HttpResponse:
    project = get_project(request.user, slug, Role.VIEWER)
    if project.first_event_at is None and project.last_issue_number == 0:
        return redirect("ingest:setup", project.slug)
    return _answer(request, project)


def _answer(request: HttpRequest, project: Project | None) -> HttpResponse:
    user = request.user
    assert isinstance(user, User)
    now = timezone.now()
    searches = saved.visible(user, project)
    if not request.GET and (default := next((s for s in searches if s.is_default), None)):
        return redirect(f"{request.path}?{default.search.params}")
    chosen = choices(request.GET, now)
    if (target := _goes_to(user, chosen.query)) is not None:
        return redirect(target)
    found = listing(user, project, chosen, now)
    counts = tab_counts(found.issues, now)
    page = paginate(
        in_tab(found.issues, chosen, now),
        chosen,
        request.GET.get("cursor", ""),
        total=counts[chosen.tab],
        now=now,
        triable=found.triable,
        project_ids=found.project_ids,
    )
    may_share = project is not None and project.pk in found.triable
    context = {
        "area": "issues",
        "now": now,
        "project": project,
        "projects": found.projects,
        "choices": chosen,
        "query_without_tab": without_tab(chosen.query),
        "tabs": [(tab, tab.capitalize(), counts[tab]) for tab in Tab],
        "page": page,
        "notes": [*found.notes, *page.notes],
        "environments": list(
            Environment.objects.filter(project__in=found.project_ids)
            .values_list("name", flat=True)
            .distinct()
            .order_by("name")[:MAX_ENVIRONMENTS]
        ),
        "releases": newest_releases(found.project_ids),
        "ranges": [RANGES[key] for key in LIST_RANGES],
        "sorts": SORTS.values(),
        "searches": searches,
        "saved_params": saved.params_of(request.GET),
        "may_share": may_share,
        "may_triage": bool(found.triable),
        "may_administrate": project is not None and project.pk in found.administered,
        "people": people_of(found.triable)[:MAX_PEOPLE] if found.triable else (),
        "suggest_url": reverse("issues:suggest"),
    }
    return render(request, "issues/list.html", context)


def _goes_to(user: User, query: Query) -> Issue | Event | None:
    """What one id alone leads to."""
    if query.mistakes or len(query.root.parts) != 1 or len(query.words) != 1:
        return None
    return jump(user, query.text)


def newest_releases(project_ids: Collection[int]) -> list[str]:
    """Each name once: the newest of each project come first."""
    newest = Release.objects.filter(project__in=project_ids).order_by("-pk")
    return list(dict.fromkeys(newest.values_list("version", flat=True)[:MAX_RELEASES]))


def tab_counts(issues: QuerySet[Issue], now: datetime) -> Mapping[Tab, int]:
    """One pass for all tabs."""
    counts: dict[str, int] = issues.order_by().aggregate(
        **{tab.value: Count("pk", filter=sql.tab_condition(tab, now)) for tab in Tab}
    )
    return {tab: counts[tab.value] for tab in Tab}


def paginate(
    issues: QuerySet[Issue],
    chosen: Choices,
    cursor_text: str,
    *,
    total: int,
    now: datetime,
    triable: Collection[int],
    project_ids: Collection[int],
) -> Page:
    sort = chosen.sort
    cursor = parse_cursor(cursor_text, sort)
    backwards = cursor is not None and cursor.is_backwards
    notes: Sequence[str] = ()
    if sort.field:
        found, keys, has_more = _by_column(issues, sort.field, cursor)
    else:
        found, keys, has_more, notes = _by_trend(issues, cursor, project_ids, now)
    offset = cursor.offset if cursor is not None else 0
    if backwards:
        offset = max(0, offset - len(found)) if has_more else 0
    has_newer = has_more if backwards else cursor is not None
    has_older = backwards or has_more
    newer = Cursor(True, keys[0], found[0].pk, offset) if found and has_newer else ""
    last = offset + len(found)
    older = Cursor(False, keys[-1], found[-1].pk, last) if found and has_older else ""
    return Page(
        rows=rows(found, chosen.period, triable, now),
        total=total,
        first=offset + 1,
        newer=str(newer),
        older=str(older),
        notes=notes,
    )


def _by_column(
    issues: QuerySet[Issue], field: str, cursor: Cursor | None
) -> tuple[list[Issue], list[datetime | int], bool]:
    """A page, its sort keys, and whether there is more in its direction."""
    backwards = cursor is not None and cursor.is_backwards
    if cursor is not None:
        side = "gt" if backwards else "lt"
        issues = issues.filter(
            Q(**{f"{field}__{side}": cursor.key})
            | Q(**{field: cursor.key, f"pk__{side}": cursor.id})
        )
    order = (field, "pk") if backwards else (f"-{field}", "-pk")
    related = ("project", "assignee", "assigned_team")
    found = list(issues.select_related(*related).order_by(*order)[: PAGE + 1])
    has_more = len(found) > PAGE
    found = found[:PAGE]
    if backwards:
        found.reverse()
    return found, [getattr(issue, field) for issue in found], has_more


def _by_trend(
    issues: QuerySet[Issue],
    cursor: Cursor | None,
    project_ids: Collection[int],
    now: datetime,
) -> tuple[list[Issue], list[datetime | int], bool, Sequence[str]]:
    ranking = trend.ranking(issues, project_ids, now)
    keys = list(ranking.keys)
    if cursor is not None:
        at = (cursor.key, cursor.id)
        keys = [key for key in keys if (key > at if cursor.is_backwards else key < at)]
    has_more = len(keys) > PAGE
    keys = keys[-PAGE:] if cursor is not None and cursor.is_backwards else keys[:PAGE]
    related = Issue.objects.select_related("project", "assignee", "assigned_team")
    found = related.in_bulk([pk for _, pk in keys])
    keys = [key for key in keys if key[1] in found]
    cut = f"Sorted by trend are only the {trend.MOST:,} that were seen last."
    notes = (cut,) if ranking.is_cut else ()
    return [found[pk] for _, pk in keys], [number for number, _ in keys], has_more, notes


def rows(
    issues: Sequence[Issue], period: Period, triable: Collection[int], now: datetime
) -> list[Row]:
    owner = owners([issue.pk for issue in issues])
    project_ids = {issue.project_id for issue in issues}
    series = per_issue(owner, project_ids, period.chart, period.end)
    nothing = [0] * period.chart.bars
    return [
        Row(
            issue=issue,
            spark=spark(series.get(issue.pk, nothing), period.chart),
            is_new=now - issue.first_seen < sql.NEW_FOR,
            may_triage=issue.project_id in triable,
        )
        for issue in issues
    ]
