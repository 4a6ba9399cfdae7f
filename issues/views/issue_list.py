"""The list of issues, of one project or of all."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from issues.counting import owners, per_issue
from issues.models import Issue
from issues.paging import SORTS, Cursor, Sort, parse_cursor
from issues.search import sql
from issues.search.query import Query, Tab, parse, without_tab
from issues.sparklines import LIST_RANGES, RANGES, Range, Spark, spark
from projects.access import get_project, people_of, roles, sees_every_issue, visible_projects
from projects.models import Environment, Project, Role, User

PAGE = 40
MAX_PEOPLE = 50
MAX_ENVIRONMENTS = 50


@dataclass(frozen=True, slots=True)
class Choices:
    """What the address says is wanted; anything it does not understand is the default."""

    query: Query
    tab: Tab
    environment: str
    range: Range
    sort: Sort
    cursor: Cursor | None


@dataclass(frozen=True, slots=True)
class Row:
    issue: Issue
    spark: Spark
    is_new: bool
    may_triage: bool


@dataclass(frozen=True, slots=True)
class Page:
    rows: Sequence[Row]
    total: int
    first: int
    newer: str  # cursors; "" for none
    older: str

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
    projects = list(visible_projects(user))
    chosen = choices(request)
    ids = [project.pk] if project else [p.pk for p in projects]
    found = dict.fromkeys(ids, Role.ADMIN) if user.is_admin else roles(user)
    triable = frozenset(pk for pk in ids if found.get(pk, Role.VIEWER) >= Role.MEMBER)
    # An administrator sees all: one index less to look through than with a list of all projects.
    everything = project is None and sees_every_issue(user)
    issues = Issue.objects.all() if everything else Issue.objects.filter(project__in=ids)
    if chosen.environment:
        issues = sql.in_environment(issues, chosen.environment)
    issues = sql.apply(
        issues,
        chosen.query,
        now=now,
        user_id=user.pk,
        project_ids=None if everything else ids,
    )
    counts = tab_counts(issues, now)
    in_tab = issues.filter(sql.tab_condition(chosen.tab, now))
    page = paginate(in_tab, chosen, total=counts[chosen.tab], now=now, triable=triable)
    context = {
        "area": "issues",
        "now": now,
        "project": project,
        "projects": projects,
        "choices": chosen,
        "query_without_tab": without_tab(chosen.query),
        "tabs": [(tab, tab.capitalize(), counts[tab]) for tab in Tab],
        "page": page,
        "environments": list(
            Environment.objects.filter(project__in=ids)
            .values_list("name", flat=True)
            .distinct()
            .order_by("name")[:MAX_ENVIRONMENTS]
        ),
        "ranges": [RANGES[key] for key in LIST_RANGES],
        "sorts": SORTS.values(),
        "may_triage": bool(triable),
        "may_administrate": project is not None and found.get(project.pk) == Role.ADMIN,
        "people": people_of(triable)[:MAX_PEOPLE] if triable else (),
    }
    return render(request, "issues/list.html", context)


def choices(request: HttpRequest) -> Choices:
    get = request.GET
    query = parse(get.get("query", ""))
    tab = Tab(get["tab"]) if get.get("tab") in set(Tab) else Tab.UNRESOLVED
    sort = SORTS.get(get.get("sort", ""), SORTS["last"])
    return Choices(
        query=query,
        tab=query.tab or tab,
        environment=get.get("environment", "")[:200].replace("\0", ""),
        range=RANGES[get["range"]] if get.get("range") in LIST_RANGES else RANGES["24h"],
        sort=sort,
        cursor=parse_cursor(get.get("cursor", ""), sort),
    )


def tab_counts(issues: QuerySet[Issue], now: datetime) -> Mapping[Tab, int]:
    """One pass for all tabs."""
    counts: dict[str, int] = issues.order_by().aggregate(
        **{tab.value: Count("pk", filter=sql.tab_condition(tab, now)) for tab in Tab}
    )
    return {tab: counts[tab.value] for tab in Tab}


def paginate(
    issues: QuerySet[Issue],
    chosen: Choices,
    *,
    total: int,
    now: datetime,
    triable: Collection[int],
) -> Page:
    sort, cursor = chosen.sort, chosen.cursor
    backwards = cursor is not None and cursor.is_backwards
    if cursor is not None:
        side = "gt" if backwards else "lt"
        issues = issues.filter(
            Q(**{f"{sort.field}__{side}": cursor.key})
            | Q(**{sort.field: cursor.key, f"pk__{side}": cursor.id})
        )
    order = (sort.field, "pk") if backwards else (f"-{sort.field}", "-pk")
    found = list(issues.select_related("project", "assignee").order_by(*order)[: PAGE + 1])
    has_more = len(found) > PAGE
    found = found[:PAGE]
    if backwards:
        found.reverse()
    offset = cursor.offset if cursor is not None else 0
    if backwards:
        offset = max(0, offset - len(found)) if has_more else 0
    has_newer = has_more if backwards else cursor is not None
    has_older = backwards or has_more
    return Page(
        rows=rows(found, chosen.range, now, triable),
        total=total,
        first=offset + 1,
        newer=_cursor(True, found[0], sort, offset) if found and has_newer else "",
        older=_cursor(False, found[-1], sort, offset + len(found)) if found and has_older else "",
    )


def _cursor(backwards: bool, issue: Issue, sort: Sort, offset: int) -> str:
    return str(Cursor(backwards, getattr(issue, sort.field), issue.pk, offset))


def rows(
    issues: Sequence[Issue], span: Range, now: datetime, triable: Collection[int]
) -> list[Row]:
    owner = owners([issue.pk for issue in issues])
    series = per_issue(owner, {issue.project_id for issue in issues}, span, now)
    nothing = [0] * span.bars
    return [
        Row(
            issue=issue,
            spark=spark(series.get(issue.pk, nothing), span),
            is_new=now - issue.first_seen < sql.NEW_FOR,
            may_triage=issue.project_id in triable,
        )
        for issue in issues
    ]
