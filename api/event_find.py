"""Events for the API: one of an issue, those of an issue, those of projects.

Columns narrow down by index; tags and words stand in the payloads, of which a page reads so many and no more.
"""

import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from django.db.models import F, Max, Q, QuerySet
from django.http import Http404

from api.caller import Caller
from api.errors import ApiError
from api.issue_find import RELATED, issue_of
from api.pagination import Cursor, Page, Paging, paginate, parse_cursor
from api.spans import ALWAYS, Span
from issues import navigator
from issues.event_list import BATCH, MAX_NAMES, glances
from issues.event_query import COLUMNS, FIELDS, Ask, EventQuery, matches, parse
from issues.glance import NOTHING, Glance
from issues.grouping.rules.globs import Glob
from issues.identity import user_hash
from issues.models import Event, GroupHash, Issue, IssueTag
from issues.prepare import COLUMN_TAGS
from issues.search.sql import event_id_of
from issues.states import Level
from issues.storm import Keep
from projects.models import Environment, Project, Release

SCAN = 1000  # payloads that are read for one page of a search that only they can answer
# The newest events of all projects, among which a page of one project's is looked for first.
WINDOW = 20_000

NAMED = ("latest", "oldest", "recommended")
_NULLABLE = {
    "release": "release_id",
    "environment": "environment_id",
    "user": "user_hash",
    "trace": "trace_id",
    "api_request_id": "api_request_id",
}


@dataclass(frozen=True, slots=True)
class Found:
    """An event with what a list shows of it."""

    event: Event
    glance: Glance


# --- one event ---


def event_of(issue: Issue, ref: str) -> Event:
    """`latest`, `oldest`, `recommended` or an event's id. Raises Http404."""
    if ref in ("latest", "recommended"):
        found = navigator.newest_kept(issue)
    elif ref == "oldest":
        found = navigator.oldest(issue)
    else:
        key = event_id_of(ref)
        found = navigator.by_id(issue, key.hex) if key is not None else None
    if found is None:
        raise Http404("This issue has no such event, or no longer.")
    return found


def event_in(project: Project, ref: str) -> tuple[Event, Issue]:
    """By the SDK's event id. Raises Http404."""
    key = event_id_of(ref)
    event = key and Event.objects.filter(project_id=project.pk, event_id=key).first()
    issue = event and owner_of(event)
    if not event or not issue:
        raise Http404("This project has no such event, or no longer.")
    return event, issue


def owner_of(event: Event) -> Issue | None:
    """By way of the grouphash: an event may not have followed it yet."""
    hashes = GroupHash.objects.filter(pk=event.grouphash_id).values("issue")
    return Issue.objects.select_related(*RELATED).filter(pk__in=hashes).first()


def anywhere(caller: Caller, ref: str) -> tuple[Event, Issue]:
    """An event of any project that the caller sees, by the SDK's id. Raises Http404."""
    key = event_id_of(ref)
    ids = list(caller.projects().values_list("pk", flat=True))
    event = key and Event.objects.filter(project_id__in=ids, event_id=key).first()
    issue = event and owner_of(event)
    if not event or not issue:
        raise Http404("There is no such event, or it is not visible to this token.")
    return event, issue


# --- lists ---


@dataclass(frozen=True, slots=True)
class Asked:
    """oldest_first: else the newest."""

    query: str = ""
    environments: Sequence[str] = ()
    span: Span = ALWAYS
    oldest_first: bool = False


@dataclass(frozen=True, slots=True)
class Search:
    """condition: what of the query columns answer."""

    condition: Q
    query: EventQuery


def of_issue(
    caller: Caller, issue: Issue, asked: Asked, pages: Paging, now: datetime
) -> Page[Found]:
    search = read(caller, [issue.project_id], asked, now)
    events = Event.objects.filter(search.condition, issue_id=issue.pk)
    if search.query.reads_payloads:
        return _scanned(
            events, search.query, pages, key="received_at", oldest_first=asked.oldest_first
        )
    return _glanced(
        paginate(events, pages, key="received_at", kind="time", descending=not asked.oldest_first)
    )


def of_projects(
    caller: Caller, projects: Collection[Project], asked: Asked, pages: Paging, now: datetime
) -> Page[Found]:
    """In the order in which they were digested."""
    ids = [project.pk for project in projects]
    search = read(caller, ids, asked, now)
    # Plus nothing: the index of projects knows no order, and sorting all events of one costs.
    near = Event.objects.annotate(own=F("project_id") + 0).filter(search.condition, own__in=ids)
    if search.query.reads_payloads:
        return _scanned(near, search.query, pages, key="pk", oldest_first=asked.oldest_first)
    cursor = parse_cursor(pages.cursor, "number")
    if not asked.oldest_first and (cursor is None or not cursor.is_backwards):
        top = cursor.id if cursor else (Event.objects.aggregate(top=Max("pk"))["top"] or 0) + 1
        page = paginate(near.filter(pk__gte=top - WINDOW), pages, descending=True)
        if page.has_next:
            return _glanced(page)
    every = Event.objects.filter(search.condition, project_id__in=ids)
    return _glanced(paginate(every, pages, descending=not asked.oldest_first))


def _glanced(page: Page[Any]) -> Page[Found]:
    seen = glances(page.rows)
    rows = [Found(event, seen.get(event.pk, NOTHING)) for event in page.rows]
    return Page(rows, page.previous, page.next, page.has_previous, page.has_next)


def _scanned(
    events: QuerySet[Event], query: EventQuery, pages: Paging, *, key: str, oldest_first: bool
) -> Page[Found]:
    """A page that was cut short goes on behind the last event that was looked at."""
    kind: Literal["time", "number"] = "number" if key == "pk" else "time"
    cursor = parse_cursor(pages.cursor, kind)
    is_back = cursor is not None and cursor.is_backwards
    # What is before for one order is behind for the other.
    upwards = is_back != oldest_first
    found: list[Found] = []
    looked_at, last, has_more = 0, None, False
    for event, seen in _walk(events.exclude(keep=Keep.THINNED), key, cursor, upwards=upwards):
        if looked_at >= SCAN or len(found) == pages.size:
            has_more = True
            break
        looked_at, last = looked_at + 1, event
        if seen is not None and matches(query, {**seen.known, "title": seen.title}, seen.text):
            found.append(Found(event, seen))
    first = found[0].event if found else last
    if is_back:
        found.reverse()
        first, last = last, first
    return Page(
        found,
        _cursor(first, key, True, cursor),
        _cursor(last, key, False, cursor),
        has_more if is_back else cursor is not None,
        is_back or has_more,
    )


def _walk(
    events: QuerySet[Event], key: str, cursor: Cursor | None, *, upwards: bool
) -> Iterator[tuple[Event, Glance | None]]:
    after = (cursor.key, cursor.id) if cursor is not None else None
    side, sign = ("gt", "") if upwards else ("lt", "-")
    while True:
        batch = events
        if after is not None:
            # The second condition alone lets the index begin at the right place.
            same = Q(**{key: after[0], f"pk__{side}": after[1]}) if key != "pk" else Q(pk__in=())
            batch = batch.filter(
                Q(**{f"{key}__{side}": after[0]}) | same, **{f"{key}__{side}e": after[0]}
            )
        rows = list(batch.order_by(*dict.fromkeys((f"{sign}{key}", f"{sign}pk")))[:BATCH])
        seen = glances(rows)
        for event in rows:
            yield event, seen.get(event.pk)
        if len(rows) < BATCH:
            return
        after = (getattr(rows[-1], key), rows[-1].pk)


def _cursor(event: Event | None, key: str, is_backwards: bool, given: Cursor | None) -> str:
    if event is not None:
        return str(Cursor(getattr(event, key), event.pk, is_backwards))
    return str(Cursor(given.key, given.id, is_backwards) if given else Cursor(0, 0, is_backwards))


# --- what is asked ---


def read(caller: Caller, project_ids: Collection[int], asked: Asked, now: datetime) -> Search:
    """Raises ApiError 400 for what cannot be understood."""
    query = parse(asked.query, now)
    if query.errors:
        raise ApiError(400, " ".join(query.errors))
    condition = Q()
    if asked.span.since is not None:
        condition &= Q(received_at__gte=asked.span.since)
    if asked.span.until is not None:
        condition &= Q(received_at__lt=asked.span.until)
    names = [name[:64].replace("\0", "") for name in asked.environments if name]
    if names:
        rows = Environment.objects.filter(project__in=project_ids, name__in=names)
        condition &= Q(environment_id__in=rows.values("pk"))
    tags = []
    for ask in query.tags:
        found = _of_issue(caller, ask) or _of_user(ask)
        if isinstance(found, Q):
            condition &= ~found if ask.negated else found
        else:
            tags.append(ask)
    for ask in query.columns:
        found = _of_column(project_ids, ask)
        condition &= ~found if ask.negated else found
    for ask in query.has:
        if ask.key in _NULLABLE:
            condition &= Q(**{f"{_NULLABLE[ask.key]}__isnull": ask.negated})
    for ask in (*tags, *query.has):
        condition &= _counted(project_ids, ask)
    return Search(condition, replace(query, tags=tuple(tags)))


def _of_issue(caller: Caller, ask: Ask) -> Q | None:
    if ask.key == "issue":
        try:
            return Q(issue_id=issue_of(caller, ask.value).pk)
        except Http404:
            return Q(pk__in=())
    if ask.key == "issue.id":
        return Q(issue_id=_number(ask))
    if ask.key == "project.id":
        return Q(project_id=_number(ask))
    if ask.key in ("project", "project.name"):
        projects = caller.projects().filter(Q(slug=ask.value) | Q(name=ask.value))
        return Q(project_id__in=list(projects.values_list("pk", flat=True)))
    if ask.key == "event.type":
        return Q()
    return None


def _number(ask: Ask) -> int:
    if not (ask.value.isascii() and ask.value.isdigit() and len(ask.value) < 19):
        raise ApiError(400, f"{ask.key}: takes a number, not “{ask.value[:40]}”.")
    return int(ask.value)


def _of_user(ask: Ask) -> Q | None:
    """`user.email:x`: users are counted by the first of id, e-mail, name and address that they have."""
    kind = ask.key.removeprefix("user.")
    if kind == ask.key or ask.is_pattern or kind not in ("email", "username", "ip"):
        return None
    return Q(user_hash=user_hash(f"{kind}:{ask.value}"), user_hash__isnull=False)


def _of_column(project_ids: Collection[int], ask: Ask) -> Q:
    if ask.at is not None:
        field = "received_at" if ask.key == "received" else ask.key
        return Q(**{f"{field}__{'gte' if ask.is_after else 'lt'}": ask.at})
    if ask.key == "level":
        return Q(level=Level.named(ask.value))
    if ask.key in ("id", "trace"):
        return Q(**{"event_id" if ask.key == "id" else "trace_id": uuid.UUID(ask.value)})
    if ask.key == "user":
        return Q(user_hash=user_hash(ask.value), user_hash__isnull=False)
    if ask.key == "release":
        return Q(release_id__in=_named(Release, "version", project_ids, ask))
    if ask.key == "environment":
        return Q(environment_id__in=_named(Environment, "name", project_ids, ask))
    return Q(**{ask.key: ask.value, f"{ask.key}__isnull": False})


def _named(
    model: type[Release] | type[Environment], label: str, project_ids: Collection[int], ask: Ask
) -> list[int]:
    rows = model._default_manager.filter(project_id__in=project_ids)
    if not ask.is_pattern:
        return list(rows.filter(**{label: ask.value}).values_list("pk", flat=True))
    pattern = Glob(ask.value)
    newest = rows.order_by("-pk").values_list("pk", label)[:MAX_NAMES]
    return [pk for pk, name in newest if pattern.matches(name)]


def _counted(project_ids: Collection[int], ask: Ask) -> Q:
    """Only the hashes for which the tag was counted: no event elsewhere can have it."""
    if ask.negated or ask.key in COLUMN_TAGS | FIELDS | COLUMNS | {"title"}:
        return Q()
    tags = IssueTag.objects.filter(project_id__in=project_ids, key=ask.key)
    if ask.value and not ask.is_pattern:
        tags = tags.filter(value=ask.value)
    return Q(grouphash_id__in=tags.order_by().values("grouphash_id"))
