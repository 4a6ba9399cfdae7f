"""Which issues are on the rise.

    trend = (recent - usual) / sqrt(usual + 1)

recent: events of the last 24 hours, in whole hours of the clock with the one under way; usual: events per 24 hours in
the six days before. Counts of rare things vary by about the square root of what is usual, so the trend says by how many
such steps the last day is above it: 5 -> 50 events a day counts 18, 1,000 -> 1,100 counts 3, a new issue's 9 events
count 9. Below 0 is less than usual; issues without an event in these seven days come last.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q, QuerySet, Sum

from issues.models import GroupHash, HourCount, Issue

RECENT = timedelta(hours=24)
BEFORE_DAYS = 6
QUIET = -(10**9)  # no event in these days
MOST = 50_000


@dataclass(frozen=True, slots=True)
class Ranking:
    """The most rising first, as (trend in thousandths, primary key). is_cut: further issues were left out."""

    keys: tuple[tuple[int, int], ...]
    is_cut: bool


def score(recent: int, before: int) -> int:
    """recent, before: events in the last day and in the six days before it."""
    if not recent and not before:
        return QUIET
    usual = before / BEFORE_DAYS
    return round(1000 * (recent - usual) / math.sqrt(usual + 1))


def ranking(issues: QuerySet[Issue], project_ids: Collection[int], now: datetime) -> Ranking:
    """Three queries, whose cost grows with the events' hours of seven days and with the issues, not with the events."""
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    since = hour + timedelta(hours=1) - RECENT
    start = since - timedelta(days=BEFORE_DAYS)
    pks = list(issues.order_by("-last_seen").values_list("pk", flat=True)[: MOST + 1])
    rows = (
        HourCount.objects.filter(project_id__in=project_ids, hour__gte=start)
        .order_by()
        .values_list("grouphash_id")
        .annotate(recent=Sum("count", filter=Q(hour__gte=since), default=0), all=Sum("count"))
    )
    counted = {key: (recent, every) for key, recent, every in rows}
    sums: dict[int, tuple[int, int]] = {}
    owners = GroupHash.objects.filter(project__in=project_ids, issue__last_seen__gte=start)
    for key, issue_id in owners.values_list("pk", "issue_id"):
        if key in counted:
            recent, every = sums.get(issue_id, (0, 0))
            more = counted[key]
            sums[issue_id] = (recent + more[0], every + more[1])
    keys = [
        (score(recent, every - recent), pk)
        for pk in pks[:MOST]
        for recent, every in [sums.get(pk, (0, 0))]
    ]
    return Ranking(tuple(sorted(keys, reverse=True)), len(pks) > MOST)
