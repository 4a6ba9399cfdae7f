"""The events of an issue that fit a query, newest first, a page at a time or all of them.

Columns narrow down by index. Tags and words stand in the payloads: these are read one after the other, so many for a
page and no more, and the page says how far it came.
"""

import logging
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Min, Q, QuerySet, Sum

from issues.event_query import FIELDS, Ask, EventQuery, matches
from issues.glance import NOTHING, Glance, glance
from issues.grouping.rules.globs import Glob
from issues.identity import user_hash
from issues.models import Event, EventPayload, GroupHash, Issue, IssueTag
from issues.paging import SORTS, Cursor
from issues.prepare import COLUMN_TAGS
from issues.states import Level
from issues.storm import Keep
from projects.models import Environment, Release

log = logging.getLogger(__name__)

PAGE = 40
SCAN = 200  # payloads that are read for one page of a query that only they can answer
BATCH = 100
MAX_NAMES = 2000  # releases or environments among which a pattern looks
TIMES = SORTS["last"]  # cursors that are times

_NAMED = {"release": Release, "environment": Environment}
_NULLABLE = {
    "release": "release_id",
    "environment": "environment_id",
    "user": "user_hash",
    "trace": "trace_id",
    "api_request_id": "api_request_id",
}


@dataclass(frozen=True, slots=True)
class Row:
    event: Event
    glance: Glance
    release: str
    environment: str

    @property
    def level(self) -> str:
        return Level(self.event.level).name.lower()


@dataclass(frozen=True, slots=True)
class Page:
    """older, newer: cursors, "" for none. looked_at: events whose payload was read; None where none had to be."""

    rows: Sequence[Row]
    older: str
    newer: str
    looked_at: int | None
    is_cut: bool


def page_of(issue: Issue, query: EventQuery, cursor: Cursor | None) -> Page:
    backwards = cursor is not None and cursor.is_backwards
    events = matching(issue, query)
    found: list[tuple[Event, Glance]] = []
    looked_at, last, is_cut = 0, None, False
    for event, seen in walk(events, query, cursor, backwards=backwards):
        if query.reads_payloads and looked_at >= SCAN:
            is_cut = True
            break
        looked_at += 1
        last = event
        if seen is not None:
            found.append((event, seen))
        if len(found) > PAGE:
            break
    has_more = len(found) > PAGE or is_cut
    found = found[:PAGE]
    # A page that was cut short goes on behind the last event that was looked at, not the last that is shown.
    end = last if is_cut else found[-1][0] if found else None
    start = found[0][0] if found else None
    if backwards:
        found.reverse()
        start, end = end, start
    has_newer = has_more if backwards else cursor is not None
    has_older = True if backwards else has_more
    return Page(
        rows=_named(found),
        older=_cursor(False, end) if end is not None and has_older else "",
        newer=_cursor(True, start) if start is not None and has_newer else "",
        looked_at=looked_at if query.reads_payloads else None,
        is_cut=is_cut,
    )


def _cursor(backwards: bool, event: Event) -> str:
    return str(Cursor(backwards, event.received_at, event.pk, 0))


def everything(issue: Issue, query: EventQuery, *, most: int, look_at: int) -> Iterator[Row]:
    """All that fits, newest first, in batches: at most so many rows, and so many events looked at."""
    waiting: list[tuple[Event, Glance]] = []
    given = 0
    for number, (event, seen) in enumerate(walk(matching(issue, query), query, None), start=1):
        if seen is not None:
            waiting.append((event, seen))
            given += 1
        if len(waiting) >= BATCH:
            yield from _named(waiting)
            waiting = []
        if given >= most or number >= look_at:
            break
    yield from _named(waiting)


def walk(
    events: QuerySet[Event],
    query: EventQuery,
    cursor: Cursor | None,
    *,
    backwards: bool = False,
) -> Iterator[tuple[Event, Glance | None]]:
    """Every event that the columns let through, with what is seen of it; None if that does not fit the query."""
    after: tuple[datetime, int] | None = None
    if cursor is not None and isinstance(cursor.key, datetime):
        after = (cursor.key, cursor.id)
    side = "gt" if backwards else "lt"
    order = ("received_at", "pk") if backwards else ("-received_at", "-pk")
    size = BATCH if query.reads_payloads else PAGE + 1
    while True:
        batch = events
        if after is not None:
            # The first half alone lets the index begin at the right place.
            batch = batch.filter(
                Q(**{f"received_at__{side}": after[0]})
                | Q(received_at=after[0], **{f"pk__{side}": after[1]}),
                **{f"received_at__{side}e": after[0]},
            )
        rows = list(batch.order_by(*order)[:size])
        seen = glances(rows)
        for event in rows:
            known = seen.get(event.pk)
            if query.reads_payloads and (
                known is None or not matches(query, known.known, known.text)
            ):
                yield event, None
            else:
                yield event, known or NOTHING
        if len(rows) < size:
            return
        after = (rows[-1].received_at, rows[-1].pk)


def glances(events: Sequence[Event]) -> Mapping[int, Glance]:
    """By primary key. Without those whose payload is gone or damaged. One query."""
    found: dict[int, Glance] = {}
    keys = [event.pk for event in events if not event.is_thinned]
    for payload in EventPayload.objects.filter(pk__in=keys) if keys else ():
        try:
            found[payload.pk] = glance(payload.content())
        except Exception:  # a damaged row must not take the list with it
            log.exception("The payload of event %s cannot be read.", payload.pk)
    return found


def _named(found: Sequence[tuple[Event, Glance]]) -> list[Row]:
    names = {
        field: dict(
            model._default_manager.filter(
                pk__in={getattr(event, field) for event, _ in found} - {None}
            ).values_list("pk", label)
        )
        for field, model, label in (
            ("release_id", Release, "version"),
            ("environment_id", Environment, "name"),
        )
    }
    return [
        Row(
            event=event,
            glance=seen,
            release=names["release_id"].get(event.release_id, ""),
            environment=names["environment_id"].get(event.environment_id, ""),
        )
        for event, seen in found
    ]


def matching(issue: Issue, query: EventQuery) -> QuerySet[Event]:
    """By columns, and by what the issue's tags tell of where to look."""
    events = Event.objects.filter(issue_id=issue.pk)
    for ask in query.columns:
        condition = _condition(issue, ask)
        events = events.exclude(condition) if ask.negated else events.filter(condition)
    for ask in query.has:
        if ask.key in _NULLABLE:
            events = events.filter(**{f"{_NULLABLE[ask.key]}__isnull": ask.negated})
    if query.reads_payloads:
        events = events.exclude(keep=Keep.THINNED)
    for ask in (*query.tags, *query.has):
        if not ask.negated and (ask.is_pattern or ask.key not in _NULLABLE):
            events = _narrowed(issue, events, ask)
    return events


def _condition(issue: Issue, ask: Ask) -> Q:
    if ask.at is not None:
        field = "received_at" if ask.key == "received" else ask.key
        return Q(**{f"{field}__{'gte' if ask.is_after else 'lt'}": ask.at})
    if ask.key == "level":
        return Q(level=Level.named(ask.value))
    if ask.key in ("id", "trace"):
        return Q(**{"event_id" if ask.key == "id" else "trace_id": uuid.UUID(ask.value)})
    if ask.key == "user":
        return Q(user_hash=user_hash(ask.value), user_hash__isnull=False)
    if ask.key in _NAMED:
        field, label = _NULLABLE[ask.key], "version" if ask.key == "release" else "name"
        rows = _NAMED[ask.key]._default_manager.filter(project_id=issue.project_id)
        if ask.is_pattern:
            names = _values(issue, ask)
            rows = rows.filter(**{f"{label}__in": names})
        else:
            rows = rows.filter(**{label: ask.value})
        return Q(**{f"{field}__in": rows.values("pk"), f"{field}__isnull": False})
    return Q(**{ask.key: ask.value, f"{ask.key}__isnull": False})


def _values(issue: Issue, ask: Ask) -> list[str]:
    """The values of the issue's tag that fit a pattern."""
    pattern = Glob(ask.value)
    values = tags_of(issue).filter(key=ask.key).order_by("value").values_list("value", flat=True)
    return [value for value in values.distinct()[:MAX_NAMES] if pattern.matches(value)]


def _narrowed(issue: Issue, events: QuerySet[Event], ask: Ask) -> QuerySet[Event]:
    """Only the hashes and the time in which the issue's counts know the tag: no event elsewhere can have it."""
    tags = tags_of(issue).filter(key=ask.key)
    if ask.value and not ask.is_pattern:
        tags = tags.filter(value=ask.value)
    if ask.key in COLUMN_TAGS or ask.key in FIELDS:
        return events  # nobody counts them
    known = tags.aggregate(first=Min("first_seen"), last=Max("last_seen"), events=Sum("count"))
    if not known["events"]:
        return events.none()
    return events.filter(
        received_at__range=(known["first"], known["last"]),
        grouphash_id__in=tags.order_by().values("grouphash_id"),
    )


def tags_of(issue: Issue) -> QuerySet[IssueTag]:
    """Counted by grouphash: a value has a row for each hash of the issue that met it."""
    hashes = GroupHash.objects.filter(issue_id=issue.pk).values("pk")
    # Without the project: SQLite would read all of its tags, in the order of the other index.
    return IssueTag.objects.filter(grouphash_id__in=hashes)
