"""How the values of each tag are distributed over the events of an issue."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet, Sum, Window
from django.db.models.functions import RowNumber

from issues.models import GroupHash, IssueTag
from issues.sparklines import Share, shares

TOP = 4
# Beyond it a distribution says nothing and its sorting costs something: ids, addresses with ids in them.
MAX_VALUES = 1000
# Of many values none stands out if even the commonest is this rare.
FLAT, FLAT_FROM = 0.05, 20

_FIRST = (
    "release",
    "environment",
    "level",
    "transaction",
    "user",
    "browser",
    "os",
    "device",
    "runtime",
    "server_name",
)
# Others of the same family say it already.
_HIDDEN = frozenset({"browser.name", "os.name", "device.family", "runtime.name", "sdk.name"})


class Ranked(Window):
    def get_group_by_cols(self) -> list[Any]:
        """Ranks groups: Django would group by the rank as well, which no database can."""
        return []


@dataclass(frozen=True, slots=True)
class Value:
    text: str
    fraction: float
    count: int
    tone: str


@dataclass(frozen=True, slots=True)
class Spread:
    """values: the commonest. others: the fraction of all the rest."""

    key: str
    value_count: int
    values: tuple[Value, ...]
    others: float
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Tags:
    """spreads: tags with more than one value; same: with one on every event; many: key -> too many to compare."""

    spreads: tuple[Spread, ...]
    same: tuple[tuple[str, str], ...]
    many: tuple[tuple[str, int], ...]


def tags_of(issue_id: int, events: int) -> Tags:
    """events: of the issue in all. Two queries."""
    tags = _tags(issue_id).exclude(key__in=_HIDDEN)
    sums = {
        key: (values, total)
        for key, values, total in tags.values_list("key")
        .annotate(values=Count("value", distinct=True), total=Sum("count"))
        .order_by()
    }
    counts = {key: values for key, (values, _) in sums.items()}
    wanted = [key for key, count in counts.items() if count <= MAX_VALUES]
    many = [(key, count) for key, count in counts.items() if count > MAX_VALUES]
    top = (
        tags.filter(key__in=wanted)
        .values("key", "value")
        .annotate(
            events=Sum("count"),
            rank=Ranked(RowNumber(), partition_by="key", order_by=(Sum("count").desc(), "value")),
        )
        .filter(rank__lte=TOP)
        .order_by("key", "rank")
        .values_list("key", "value", "events")
    )
    found: dict[str, list[tuple[str, int, int]]] = {}
    for key, text, count in top:
        found.setdefault(key, []).append((text, count, sums[key][1]))
    order = {key: index for index, key in enumerate(_FIRST)}
    spreads, same = [], []
    for key in sorted(found, key=lambda key: (order.get(key, len(order)), key)):
        values = found[key]
        if len(values) == 1 and values[0][1] >= events:
            same.append((key, values[0][0]))
        elif counts[key] > FLAT_FROM and values[0][1] < FLAT * values[0][2]:
            many.append((key, counts[key]))
        else:
            spreads.append(_spread(key, counts[key], values, events))
    return Tags(tuple(spreads), tuple(same), tuple(sorted(many)))


def _tags(issue_id: int) -> QuerySet[IssueTag]:
    """Counted by grouphash: a value has a row for each hash of the issue that met it."""
    hashes = GroupHash.objects.filter(issue_id=issue_id).values("pk")
    return IssueTag.objects.filter(grouphash_id__in=hashes)


def _spread(key: str, value_count: int, rows: list[tuple[str, int, int]], events: int) -> Spread:
    # Events without the tag are not "others": the bar is about those that have it.
    total = max(rows[0][2], 1)
    values = tuple(
        Value(text, count / total, count, "now" if index == 0 else "" if index == 1 else "less")
        for index, (text, count, _) in enumerate(rows)
    )
    others = max(0.0, 1 - sum(value.fraction for value in values))
    others = others if value_count > len(values) else 0.0
    fractions = [value.fraction for value in values] + ([others] if others else [])
    return Spread(key, value_count, values, others, shares(fractions))
