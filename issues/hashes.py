"""The grouphashes of an issue, for the panel that takes some of them out again."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Min, Sum

from issues.models import GroupHash, HourCount, Issue, IssueTag, MergedIssue
from issues.text import line
from issues.why import Why, why

MAX_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Row:
    """A hash that has placed events. what, where: in the words of its explanation. origin: short id, "" for none."""

    pk: int
    what: str
    where: str
    hash: str
    events: int
    first_seen: datetime | None
    last_seen: datetime | None
    origin: str


@dataclass(frozen=True, slots=True)
class Groups:
    """What an issue is made of. others: how many rows are not shown; those with fewer events."""

    rows: tuple[Row, ...]
    others: int


def of_issue(issue: Issue) -> Groups | None:
    """None if all events of the issue have one hash: then there is nothing to take out."""
    hashes = {row.pk: row for row in GroupHash.objects.filter(issue=issue).defer("why")}
    if len(hashes) < 2:
        return None
    counts = HourCount.objects.filter(project_id=issue.project_id, grouphash_id__in=hashes)
    events = dict(counts.order_by().values_list("grouphash_id").annotate(events=Sum("count")))
    if len(events) < 2:
        return None
    largest = sorted(events, key=lambda pk: (-events[pk], pk))[:MAX_SHOWN]
    levels = IssueTag.objects.filter(grouphash_id__in=largest, key="level")
    times = {
        pk: (first, last)
        for pk, first, last in levels.order_by()
        .values_list("grouphash_id")
        .annotate(Min("first_seen"), Max("last_seen"))
    }
    whys = dict(GroupHash.objects.filter(pk__in=largest).values_list("pk", "why"))
    origins = {hashes[pk].merged_from or 0 for pk in largest}
    numbers = dict(
        MergedIssue.objects.filter(pk__in=origins, into_id=issue.pk).values_list("pk", "number")
    )
    rows = []
    for pk in largest:
        row = hashes[pk]
        number = numbers.get(row.merged_from or 0)
        first, last = times.get(pk, (None, None))
        what, where = _words(why(whys[pk], row.hash, row.config))
        rows.append(
            Row(
                pk=pk,
                what=what or row.hash,
                where=where,
                hash=row.hash,
                events=events[pk],
                first_seen=first,
                last_seen=last,
                origin=f"{issue.project.prefix}-{number}" if number else "",
            )
        )
    rows.sort(key=lambda row: (row.origin, -row.events))
    return Groups(tuple(rows), len(events) - len(rows))


def _words(said: Why | None) -> tuple[str, str]:
    if said is None:
        return "", ""
    lines = {each.label: each.value for each in said.lines}
    where = lines.pop("Place", "")
    words = [
        lines[label] for label in ("Fingerprint", "Type", "Reason", "Message") if label in lines
    ]
    return line(": ".join(words or [said.text, *lines.values()][:2]), 200), where
