"""All tags of an issue, and all values of one: how many events had each, and when. Exact, whatever is still kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Min, Q, Sum
from django.db.models.functions import RowNumber

from issues.event_list import tags_of
from issues.models import Issue
from issues.spread import Ranked

TOP = 6  # values of each tag on the page of all tags
PAGE = 50  # values of one tag
MAX_KEYS = 200
# Beyond it values are listed by name, which an index does, and not by number, which sorts them all.
MAX_SORTED = 5_000


@dataclass(frozen=True, slots=True)
class ValueRow:
    """share: of the events that have the tag."""

    text: str
    events: int
    share: float
    first_seen: datetime
    last_seen: datetime

    @property
    def width(self) -> str:
        """Of its bar."""
        return f"{max(self.share * 100, 1):.1f}%"


@dataclass(frozen=True, slots=True)
class TagRow:
    """events: that have the tag; coverage: their share of the issue's. values: the commonest, if they can be sorted."""

    key: str
    value_count: int
    events: int
    coverage: float
    first_seen: datetime
    last_seen: datetime
    values: tuple[ValueRow, ...] = ()

    @property
    def others(self) -> int:
        return self.value_count - len(self.values)


@dataclass(frozen=True, slots=True)
class Values:
    """One page of a tag's values. older: the cursor of the next one, "" for none."""

    tag: TagRow
    rows: Sequence[ValueRow]
    by_name: bool
    older: str


def all_tags(issue: Issue) -> list[TagRow]:
    """By name. Two queries."""
    rows = _sums(issue)
    few = [row.key for row in rows if row.value_count <= MAX_SORTED]
    top = (
        tags_of(issue)
        .filter(key__in=few)
        .values("key", "value")
        .annotate(
            events=Sum("count"),
            first=Min("first_seen"),
            last=Max("last_seen"),
            rank=Ranked(RowNumber(), partition_by="key", order_by=(Sum("count").desc(), "value")),
        )
        .filter(rank__lte=TOP)
        .order_by("key", "rank")
        .values_list("key", "value", "events", "first", "last")
    )
    totals = {row.key: row.events for row in rows}
    found: dict[str, list[ValueRow]] = {}
    for key, text, events, first, last in top:
        share = events / max(totals[key], 1)
        found.setdefault(key, []).append(ValueRow(text, events, share, first, last))
    return [_with_values(row, found.get(row.key, [])) for row in rows]


def _with_values(row: TagRow, values: Sequence[ValueRow]) -> TagRow:
    return TagRow(
        row.key,
        row.value_count,
        row.events,
        row.coverage,
        row.first_seen,
        row.last_seen,
        tuple(values),
    )


def _sums(issue: Issue, key: str | None = None) -> list[TagRow]:
    tags = tags_of(issue)
    if key is not None:
        tags = tags.filter(key=key)
    return [
        TagRow(name, values, total, min(1.0, total / max(issue.event_count, 1)), first, last)
        for name, values, total, first, last in tags.values_list("key")
        .annotate(
            values=Count("value", distinct=True),
            total=Sum("count"),
            first=Min("first_seen"),
            last=Max("last_seen"),
        )
        .order_by("key")[:MAX_KEYS]
    ]


def values_of(issue: Issue, key: str, cursor: str) -> Values | None:
    """None if the issue has no such tag. cursor: as in Values.older; anything else is the first page. Two queries."""
    found = _sums(issue, key)
    if not found:
        return None
    tag = found[0]
    by_name = tag.value_count > MAX_SORTED
    values = (
        tags_of(issue)
        .filter(key=key)
        .values("value")
        .annotate(events=Sum("count"), first=Min("first_seen"), last=Max("last_seen"))
    )
    number, colon, name = cursor.partition(":")
    if colon and by_name:
        values = values.filter(value__gt=name)
    elif colon and number.isascii() and number.isdigit() and len(number) < 18:
        count = int(number)
        values = values.filter(Q(events__lt=count) | Q(events=count, value__gt=name))
    order = ("value",) if by_name else ("-events", "value")
    rows = [
        ValueRow(text, events, events / max(tag.events, 1), first, last)
        for text, events, first, last in values.order_by(*order).values_list(
            "value", "events", "first", "last"
        )[: PAGE + 1]
    ]
    has_more, rows = len(rows) > PAGE, rows[:PAGE]
    older = f"{rows[-1].events}:{rows[-1].text}" if has_more else ""
    return Values(tag, rows, by_name, older)
