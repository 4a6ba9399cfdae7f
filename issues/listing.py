"""Which issues a list is about: what its address says -> a queryset. For the page and for verbs on all that match."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from issues.counting import with_events_in
from issues.models import Issue
from issues.paging import SORTS, Sort
from issues.period import Period, period
from issues.search import sql
from issues.search.query import Query, Tab, parse
from projects.access import roles, sees_every_issue, visible_projects
from projects.models import Project, Role, User

MAX_NAME = 250
# What an address may say of a list; a saved search keeps these.
FIELDS = ("query", "tab", "environment", "release", "range", "from", "to", "sort")


@dataclass(frozen=True, slots=True)
class Choices:
    """What the address says is wanted; anything it does not understand is the default, or said in `problem`."""

    query: Query
    tab: Tab
    environment: str
    release: str
    period: Period
    start: str
    end: str
    sort: Sort
    problem: str

    @property
    def is_narrowed(self) -> bool:
        return bool(
            self.query
            or self.environment
            or self.release
            or self.period.since
            or self.query.mistakes
        )


@dataclass(frozen=True, slots=True)
class Listing:
    """issues: of every tab. triable: projects whose issues the user may decide about. notes: where it was cut short."""

    issues: QuerySet[Issue]
    projects: Sequence[Project]
    project_ids: Collection[int]
    triable: frozenset[int]
    administered: frozenset[int]
    notes: Sequence[str]


def choices(params: Mapping[str, str], now: datetime) -> Choices:
    query = parse(params.get("query", ""))
    tab = Tab(params["tab"]) if params.get("tab") in set(Tab) else Tab.UNRESOLVED
    start, end = (_name(params.get(key, ""))[:40] for key in ("from", "to"))
    zone = timezone.get_current_timezone()
    span, problem = period(params.get("range", ""), start, end, now=now, zone=zone)
    return Choices(
        query=query,
        tab=query.tab or tab,
        environment=_name(params.get("environment", "")),
        release=_name(params.get("release", "")),
        period=span,
        start=start,
        end=end,
        sort=SORTS.get(params.get("sort", ""), SORTS["last"]),
        problem=problem,
    )


def _name(text: str) -> str:
    return text[:MAX_NAME].replace("\0", "").strip()


def listing(user: User, project: Project | None, chosen: Choices, now: datetime) -> Listing:
    """The caller has made sure that the user may see `project`; None is all that he may see."""
    projects = list(visible_projects(user))
    ids = [project.pk] if project else [each.pk for each in projects]
    found = dict.fromkeys(ids, Role.ADMIN) if user.is_admin else roles(user)
    triable = frozenset(pk for pk in ids if found.get(pk, Role.VIEWER) >= Role.MEMBER)
    administered = frozenset(pk for pk in ids if found.get(pk) == Role.ADMIN)
    # An administrator sees all: one index less to look through than with a list of all projects.
    everything = project is None and sees_every_issue(user)
    issues = Issue.objects.all() if everything else Issue.objects.filter(project__in=ids)
    scope = sql.Scope(ids, user.pk, now)
    if chosen.problem:
        issues = issues.none()
    if chosen.environment:
        issues = sql.in_environment(issues, chosen.environment, scope)
    if chosen.release:
        issues = sql.in_release(issues, chosen.release, scope)
    issues = with_events_in(issues, chosen.period.since, chosen.period.until)
    issues = sql.matching(issues, chosen.query, scope)
    return Listing(issues, projects, ids, triable, administered, scope.notes)


def in_tab(issues: QuerySet[Issue], chosen: Choices, now: datetime) -> QuerySet[Issue]:
    return issues.filter(sql.tab_condition(chosen.tab, now))
