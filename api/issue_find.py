"""From what a client names to issues: numbers, short ids, UUIDs, searches. The language is that of the pages."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.http import Http404

from api.caller import Caller
from api.errors import ApiError
from api.spans import ALWAYS, Span
from issues import tombstones, trend
from issues.counting import with_events_in
from issues.models import Issue
from issues.search import sql, tags
from issues.search.query import Query, Tab, parse
from projects.access import MAX_KEY, sees_every_issue
from projects.models import Project, Role

RELATED = (
    *("project", "assignee", "assigned_team"),
    *("resolved_in", "first_release", "last_release"),
)
DEFAULT_QUERY = "is:unresolved"
SORTS = {
    "date": "last_seen",
    "new": "first_seen",
    "freq": "event_count",
    "user": "user_count",
    "priority": "last_seen",
    "trends": "",  # issues.trend: no column of the issue
    "inbox": "last_seen",
    "recommended": "last_seen",
}
MAX_ENVIRONMENTS = 50


def issue_of(caller: Caller, ref: str, role: Role = Role.VIEWER) -> Issue:
    """By number, short id or UUID; of an issue that was merged away the one that has its events now.

    Raises Http404 for what is not there or not visible, PermissionDenied for too low a role.
    """
    issue = _by_ref(caller, ref.strip()[:100].replace("\0", ""))
    if issue is None:
        raise Http404("There is no such issue, or it is not visible to this token.")
    try:
        caller.require(issue.project_id, role)
    except Http404:
        raise Http404("There is no such issue, or it is not visible to this token.") from None
    return issue


def _by_ref(caller: Caller, ref: str) -> Issue | None:
    issues = Issue.objects.select_related(*RELATED)
    if ref.isascii() and ref.isdigit():
        pk = int(ref) if len(ref) < 20 else 0
        if not 0 < pk <= MAX_KEY:
            return None
        return issues.filter(pk=pk).first() or issues.filter(pk=tombstones.place_of(pk)).first()
    found = _by_short_id(caller, ref)
    if found is not None:
        return found
    if (key := sql.event_id_of(ref)) is not None:
        return _by_uuid(key)
    return None


def _by_uuid(key: uuid.UUID) -> Issue | None:
    return Issue.objects.select_related(*RELATED).filter(uuid=key).first()


def _by_short_id(caller: Caller, ref: str) -> Issue | None:
    """WEB-123, in small or capital letters, also under a prefix that the project had before."""
    prefix, _, number = ref.rpartition("-")
    if not prefix or not number.isascii() or not number.isdigit() or len(number) > 9:
        return None
    projects = caller.projects()
    for name in ("prefix", "prefix_aliases__prefix"):
        project = projects.filter(**{name: prefix.upper()}).first()
        if project is not None:
            issues = Issue.objects.select_related(*RELATED)
            return (
                issues.filter(project=project, number=int(number)).first()
                or issues.filter(pk=tombstones.by_number(project.pk, int(number))).first()
            )
    return None


@dataclass(frozen=True, slots=True)
class Wanted:
    """query: None is unresolved ones, "" all. span: only issues with an event in it."""

    query: str | None = None
    environments: Sequence[str] = ()
    span: Span = ALWAYS


def search(
    caller: Caller,
    projects: Collection[Project],
    wanted: Wanted,
    now: datetime,
    *,
    is_all: bool = False,
) -> QuerySet[Issue]:
    """is_all: `projects` are all there are. Raises ApiError 400 for a search with mistakes, naming the place."""
    ids = [project.pk for project in projects]
    text = DEFAULT_QUERY if wanted.query is None else wanted.query
    query = parse(text)
    if query.mistakes:
        raise ApiError(400, " ".join(query.errors))
    # Of all there are: one index less to look through than with a list of all projects.
    issues = Issue.objects.filter(project__in=ids) if not is_all else Issue.objects.all()
    named = _named_alone(caller, query, ids)
    if named is not None:
        return issues.filter(pk=named)
    scope = sql.Scope(ids, caller.user.pk if caller.user else None, now)
    names = [name[:250].replace("\0", "") for name in wanted.environments if name]
    if names:
        found = tags.with_values(ids, "environment", names[:MAX_ENVIRONMENTS])
        issues = issues.filter(found)
    issues = with_events_in(issues, wanted.span.since, wanted.span.until)
    issues = sql.matching(issues, query, scope)
    return issues.filter(sql.tab_condition(query.tab or Tab.ALL, now))


def sees_all(caller: Caller) -> bool:
    """Whether nothing is hidden from the caller, and no project is being deleted."""
    if caller.project_id is not None:
        return False
    if caller.user is not None:
        return sees_every_issue(caller.user)
    return not Project.everything.filter(deleted_at__isnull=False).exists()


def _named_alone(caller: Caller, query: Query, project_ids: Collection[int]) -> int | None:
    """A short id and nothing else is that issue."""
    if len(query.root.parts) != 1 or len(query.words) != 1:
        return None
    found = _by_short_id(caller, query.text)
    return found.pk if found is not None and found.project_id in project_ids else None


def trending(issues: QuerySet[Issue], projects: Collection[Project], now: datetime) -> list[int]:
    """Primary keys, the most rising first."""
    ids = [project.pk for project in projects]
    return [pk for _, pk in trend.ranking(issues, ids, now).keys]


def chosen(
    caller: Caller,
    projects: Collection[Project],
    *,
    ids: Collection[str],
    wanted: Wanted | None,
    statuses: Collection[str],
    now: datetime,
    most: int,
) -> list[Issue]:
    """What a change of many is about: of these projects, named or found. Raises ApiError 400 for more than `most`.

    ids: numbers or short ids; what is none of these projects' is passed over. wanted: None for no search.
    """
    issues = (
        search(caller, projects, wanted, now)
        if wanted is not None
        else Issue.objects.filter(project__in=[project.pk for project in projects])
    )
    if ids:
        issues = issues.filter(pk__in=_keys(caller, ids))
    if statuses:
        issues = issues.filter(_in_status(statuses, now))
    found = list(issues.select_related(*RELATED).order_by("pk")[: most + 1])
    if len(found) > most:
        raise ApiError(400, f"More than {most:,} issues match; narrow the search.")
    return found


def _keys(caller: Caller, ids: Collection[str]) -> list[int]:
    numbers = [int(ref) for ref in ids if ref.isascii() and ref.isdigit() and len(ref) < 19]
    keys = [pk for pk in numbers if pk <= MAX_KEY]
    moved = tombstones.follow(keys)
    named = [
        found.pk
        for ref in ids
        if not ref.isdigit() and (found := _by_short_id(caller, ref[:100])) is not None
    ]
    return [*(moved.get(pk, pk) for pk in keys), *named]


def _in_status(statuses: Collection[str], now: datetime) -> Q:
    tabs = {
        "unresolved": Tab.UNRESOLVED,
        "resolved": Tab.RESOLVED,
        "ignored": Tab.MUTED,
        "muted": Tab.MUTED,
        "archived": Tab.MUTED,
    }
    found = Q(pk__in=())
    for status in statuses:
        if status not in tabs:
            raise ApiError(400, f"status: is unresolved, resolved or muted, not “{status[:40]}”.")
        found |= sql.tab_condition(tabs[status], now)
    return found
