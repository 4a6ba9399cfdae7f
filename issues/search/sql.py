"""What is looked for -> a queryset of issues."""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from issues.models import Event, GroupHash, Issue, IssueTag, IssueText
from issues.search.query import Filter, Query, Tab
from issues.states import Level, Status

NEW_FOR = timedelta(hours=24)
FEW = 1000


def tab_condition(tab: Tab, now: datetime) -> Q:
    unresolved = Q(status=Status.UNRESOLVED)
    return {
        Tab.UNRESOLVED: unresolved,
        Tab.NEW: unresolved & Q(first_seen__gte=now - NEW_FOR),
        Tab.REGRESSED: unresolved & Q(regressed_at__isnull=False),
        Tab.MUTED: Q(status=Status.MUTED),
        Tab.RESOLVED: Q(status=Status.RESOLVED),
        Tab.ALL: Q(),
    }[tab]


def apply(
    issues: QuerySet[Issue],
    query: Query,
    *,
    now: datetime,
    user_id: int | None,
    project_ids: Collection[int] | None = None,
) -> QuerySet[Issue]:
    """All but the tab. project_ids: where the issues are, if not everywhere."""
    if query.words:
        issues = _with_words(issues, query.words, project_ids)
    for found in query.filters:
        condition = _condition(found, now, user_id)
        issues = issues.exclude(condition) if found.negated else issues.filter(condition)
    return issues


def _with_words(
    issues: QuerySet[Issue], words: Collection[str], project_ids: Collection[int] | None
) -> QuerySet[Issue]:
    texts = IssueText.objects.all()
    if project_ids is not None:
        texts = texts.filter(project_id__in=project_ids)
    for word in words:
        texts = texts.filter(text__contains=word)
    # Texts are read from end to end; a page counts and lists, so few matches are kept rather than found twice.
    found = list(texts.values_list("issue_id", flat=True)[: FEW + 1])
    if len(found) <= FEW:
        return issues.filter(pk__in=found)
    for word in words:
        issues = issues.filter(text__text__contains=word)
    return issues


def in_environment(issues: QuerySet[Issue], name: str) -> QuerySet[Issue]:
    return issues.filter(_has_tag("environment", name))


def _condition(found: Filter, now: datetime, user_id: int | None) -> Q | Exists:
    value = found.value.lower()
    if found.key == "is":
        if value in ("assigned", "unassigned"):
            return Q(assignee__isnull=value == "unassigned")
        return tab_condition(Tab(value), now)
    if found.key == "level":
        return Q(level=Level.named(value))
    if found.key == "assigned":
        if value == "me":
            return Q(assignee=user_id)
        return Q(assignee__isnull=True) if value == "none" else Q(assignee__email=value)
    if found.key in ("trace", "api_request_id"):
        return Q(pk__in=_issues_of_request(found.key, found.value))
    return _has_tag(found.key, found.value)


def _issues_of_request(key: str, value: str) -> QuerySet[Event, int]:
    """These differ on every event, so no issue counts them; the events have an index of them."""
    events = Event.objects.order_by()
    if key == "api_request_id":
        return events.filter(api_request_id=value).values_list("issue_id", flat=True)
    try:
        return events.filter(trace_id=uuid.UUID(value)).values_list("issue_id", flat=True)
    except ValueError:
        return events.none().values_list("issue_id", flat=True)


def _has_tag(key: str, value: str) -> Exists:
    tags = IssueTag.objects.filter(
        project_id=OuterRef("project_id"), grouphash_id=OuterRef("pk"), key=key, value=value
    )
    return Exists(GroupHash.objects.filter(Exists(tags), issue=OuterRef("pk")))
