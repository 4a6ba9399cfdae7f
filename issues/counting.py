"""Events per hour of issues and projects, in the bars of a range. Sums in the database, few rows out of it."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db.models import CharField, Exists, OuterRef, QuerySet, Sum
from django.db.models.functions import Cast, Substr

from issues.models import GroupHash, HourCount, Issue
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
    for grouphash_id, text, count in _grouped(counts, "grouphash_id", span, min(keys), max(keys)):
        if (bar := keys.get(text)) is not None:
            series[owner[grouphash_id]][bar] += count
    return series


def per_project(
    project_ids: Collection[int], span: Range, now: datetime
) -> Mapping[int, list[int]]:
    series = {project_id: [0] * span.bars for project_id in project_ids}
    counts = HourCount.objects.filter(project_id__in=series, hour__gte=span.start(now))
    keys = hour_keys(span, now)
    for project_id, text, count in _grouped(counts, "project_id", span, min(keys), max(keys)):
        if (bar := keys.get(text)) is not None:
            series[project_id][bar] += count
    return series


def _grouped(
    counts: QuerySet[HourCount], by: str, span: Range, first: str, last: str
) -> QuerySet[HourCount, tuple[int, str, int]]:
    # The hour as text: both databases write it in UTC, and cutting it is much cheaper than SQLite's date functions.
    text = Substr(Cast("hour", CharField()), 1, span.key_length)
    return (
        counts.annotate(text=text)
        .filter(text__gte=first)
        .filter(text__lte=last)
        .values_list(by, "text")
        .annotate(sum=Sum("count"))
        .order_by()
    )


def with_events_in(
    issues: QuerySet[Issue], since: datetime | None, until: datetime | None
) -> QuerySet[Issue]:
    """Those that have an event in that time, to the hour; also if it is no longer stored."""
    if since is None:
        return issues
    issues = issues.filter(last_seen__gte=since)
    if until is None:
        return issues
    hours = HourCount.objects.filter(
        project_id=OuterRef("project_id"),
        grouphash_id=OuterRef("pk"),
        hour__gte=since.replace(minute=0, second=0, microsecond=0),
        hour__lt=until,
    )
    hashes = GroupHash.objects.filter(Exists(hours), issue=OuterRef("pk"))
    return issues.filter(Exists(hashes), first_seen__lt=until)
