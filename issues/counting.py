"""Events per hour of issues and projects, in the bars of a range. Sums in the database, few rows out of it."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db.models import CharField, QuerySet, Sum
from django.db.models.functions import Cast, Substr

from issues.models import GroupHash, HourCount
from issues.sparklines import Range, hour_keys


def owners(issue_ids: Collection[int]) -> Mapping[int, int]:
    """Grouphash id -> issue id: counts are kept per grouphash."""
    found = GroupHash.objects.filter(issue_id__in=issue_ids)
    return dict(found.values_list("id", "issue_id"))


def per_issue(
    owner: Mapping[int, int], project_ids: Collection[int], span: Range, now: datetime
) -> Mapping[int, list[int]]:
    """owner: of owners(). One query; an issue without events in the range has zeros."""
    series = {issue_id: [0] * span.bars for issue_id in owner.values()}
    counts = HourCount.objects.filter(project_id__in=project_ids, grouphash_id__in=owner)
    keys = hour_keys(span, now)
    # The range is compared as text: with the column itself SQLite takes the index of projects and hours and reads
    # every issue's counts (measured at 840 k rows, 30 days: 500 ms instead of 25).
    for grouphash_id, text, count in _grouped(counts, "grouphash_id", span, min(keys)):
        if (bar := keys.get(text)) is not None:
            series[owner[grouphash_id]][bar] += count
    return series


def per_project(
    project_ids: Collection[int], span: Range, now: datetime
) -> Mapping[int, list[int]]:
    series = {project_id: [0] * span.bars for project_id in project_ids}
    counts = HourCount.objects.filter(project_id__in=series, hour__gte=span.start(now))
    keys = hour_keys(span, now)
    for project_id, text, count in _grouped(counts, "project_id", span, min(keys)):
        if (bar := keys.get(text)) is not None:
            series[project_id][bar] += count
    return series


def _grouped(
    counts: QuerySet[HourCount], by: str, span: Range, first: str
) -> QuerySet[HourCount, tuple[int, str, int]]:
    # The hour as text: both databases write it in UTC, and cutting it is much cheaper than SQLite's date functions.
    text = Substr(Cast("hour", CharField()), 1, span.key_length)
    return (
        counts.annotate(text=text)
        .filter(text__gte=first)
        .values_list(by, "text")
        .annotate(sum=Sum("count"))
        .order_by()
    )
