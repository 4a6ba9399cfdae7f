"""Issues with events of some age, and a pass over them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from issues.models import Event, Issue
from issues.retention.choosing import Choosing
from issues.retention.lease import claim
from issues.retention.passes import NAME, Step, sweep
from issues.retention.removing import remove
from projects.models import Project
from tests.factories import make_event, make_issue

NOW = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def issue_with(project: Project, ages: Sequence[float], **fields: Any) -> Issue:
    """An issue with an event of each age in days."""
    issue = make_issue(project, seen=days_ago(max(ages)))
    for age in ages:
        make_event(issue, at=days_ago(age), **fields)
    return issue


def ages(issue: Issue) -> list[float]:
    """Of the events that are stored, oldest first, in days."""
    times = Event.objects.filter(issue_id=issue.pk).order_by("received_at")
    return [(NOW - at) / timedelta(days=1) for at in times.values_list("received_at", flat=True)]


def evict(now: datetime = NOW, **options: Any) -> list[Step]:
    lease = claim(NAME, now)
    assert lease is not None
    choosing = Choosing(now, settling=options.pop("settling", timedelta(hours=1)))
    try:
        return list(
            sweep(lambda chunk: remove(list(chunk), lease, now), now, choosing=choosing, **options)
        )
    finally:
        lease.release()
