"""Issues with what their JSON needs beside them, read in few queries whatever their number."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.conf import settings
from django.db.models import Count

from api.caller import Caller
from api.event_json import Json
from api.issue_json import Beside, Place, activity_json, issue_json, release_ref, user_json
from issues import tombstones
from issues.counting import owners, per_issue
from issues.models import Activity, Feedback, GroupHash, Issue, IssueMark, IssueShare
from issues.sparklines import RANGES, Range
from issues.states import Kind

SERIES = {"24h": RANGES["24h"], "14d": Range("14d", "14 days", 14, 24)}
MAX_ACTIVITY = 100


def place() -> Place:
    return Place(settings.BASE_URL, settings.ORGANIZATION_SLUG)


def rows(issues: Sequence[Issue], caller: Caller, now: datetime, *, series: str) -> list[Json]:
    """series: a key of SERIES, "" for none. Five queries at most."""
    beside = _beside(issues, caller, now, series)
    where = place()
    return [issue_json(issue, where, beside[issue.pk], now) for issue in issues]


def _beside(
    issues: Sequence[Issue], caller: Caller, now: datetime, series: str
) -> Mapping[int, Beside]:
    keys = [issue.pk for issue in issues]
    comments = dict(
        Activity.objects.filter(issue__in=keys, kind=Kind.COMMENTED)
        .order_by()
        .values_list("issue")
        .annotate(comments=Count("pk"))
    )
    public = set(IssueShare.objects.filter(issue__in=keys).values_list("issue_id", flat=True))
    marks: dict[int, IssueMark] = {}
    if caller.user is not None:
        mine = IssueMark.objects.filter(issue__in=keys, user=caller.user)
        marks = {mark.issue_id: mark for mark in mine}
    counts = _counts(issues, now, series)
    return {
        pk: Beside(
            comments=comments.get(pk, 0),
            is_bookmarked=pk in marks and marks[pk].bookmarked_at is not None,
            is_subscribed=pk in marks and bool(marks[pk].subscribed),
            is_public=pk in public,
            stats={series: counts[pk]} if series else {},
        )
        for pk in keys
    }


def _counts(
    issues: Sequence[Issue], now: datetime, series: str
) -> Mapping[int, list[tuple[int, int]]]:
    """[unix seconds, events], oldest first."""
    if not series:
        return {}
    span = SERIES[series]
    starts = [int(at.timestamp()) for at in span.starts(now)]
    owner = owners([issue.pk for issue in issues])
    counted = per_issue(owner, {issue.project_id for issue in issues}, span, now)
    nothing = [0] * span.bars
    return {
        issue.pk: list(zip(starts, counted.get(issue.pk, nothing), strict=True)) for issue in issues
    }


def detail(issue: Issue, caller: Caller, now: datetime) -> Json:
    """With what only the detail tells. issue: of issue_find.issue_of."""
    beside = _beside([issue], caller, now, "24h")[issue.pk]
    counts = _counts([issue], now, "14d")[issue.pk]
    found = issue_json(issue, place(), beside, now)
    entries = activity(issue, MAX_ACTIVITY)
    notes = sum(entry.kind == Kind.COMMENTED for entry in entries)
    people = {
        mark.user_id: mark.user
        for mark in IssueMark.objects.filter(issue=issue, subscribed=True).select_related("user")
    }
    found["stats"]["14d"] = [list(pair) for pair in counts]
    hashes = GroupHash.objects.filter(issue=issue).values("pk")
    return found | {
        "numComments": max(notes, beside.comments),
        "userReportCount": Feedback.objects.filter(grouphash_id__in=hashes).count(),
        "firstRelease": release_ref(issue.first_release, issue.project),
        "lastRelease": release_ref(issue.last_release, issue.project),
        "activity": [activity_json(entry) for entry in entries],
        "seenBy": [],
        "participants": [user_json(user) for user in people.values() if user.is_active],
        "pluginActions": [],
        "pluginIssues": [],
        "pluginContexts": [],
        "tags": [],
    }


def activity(issue: Issue, most: int) -> list[Activity]:
    """Newest first, with that of issues that were merged into it."""
    entries = Activity.objects.filter(tombstones.with_history(issue)).select_related("actor")
    return list(entries.order_by("-at", "-pk")[:most])
