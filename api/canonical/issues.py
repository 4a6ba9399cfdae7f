"""Issues and their verbs as Bugsink's own API has them."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db.models import Count
from django.http import HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import ConfigDict, Field

from api.auth import allow
from api.caller import ApiRequest
from api.canonical.site import CanonicalPaging, PageOut, envelope, field_error
from api.errors import ApiError
from api.issue_find import issue_of
from api.pagination import paginate
from api.replies import answers, nothing, reply
from api.stamps import stamp
from issues import comments, removal, triage
from issues.models import Event, Issue
from issues.search import sql
from issues.search.keys import Tab
from issues.states import Fix, How, Status
from projects.models import Role

router = Router(tags=["Issues"])

READ, WRITE, DELETE = allow("event:read"), allow("event:write"), allow("event:admin")
SORTS = {
    "digest_order": "number",
    "last_seen": "last_seen",
    "digested_event_count": "event_count",
}
TABS = {"unresolved": Tab.UNRESOLVED, "resolved": Tab.RESOLVED, "muted": Tab.MUTED}
PERIODS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=30),
    "year": timedelta(days=365),
}
MAX_PERIOD = timedelta(days=5 * 366)


class Wanted(Schema):
    project: str = Field("", max_length=30, description="A project's number; needed.")
    sort: str = Field("digest_order", max_length=40)
    order: str = Field("asc", max_length=10)
    status: str = Field("", max_length=20, description="unresolved, resolved or muted.")


class IssueOut(Schema):
    model_config = ConfigDict(extra="allow")

    id: str
    friendly_id: str
    project: int


class PeriodIn(Schema):
    period_name: Any = Field(None, description="minute, hour, day, week, month or year.")
    nr_of_periods: Any = Field(None, description="How many.")
    gte_threshold: Any = Field(None, description="mute-until: events within the period.")

    def length(self) -> timedelta:
        """Raises ApiError 400."""
        period = PERIODS.get(self.period_name) if isinstance(self.period_name, str) else None
        if period is None:
            raise ApiError(400, f"period_name: is one of {', '.join(PERIODS)}.")
        return period * _whole("nr_of_periods", self.nr_of_periods, MAX_PERIOD // period)


class CommentIn(Schema):
    issue: Any = Field(None, description="UUID or friendly id.")
    comment: Any = None


def _whole(name: str, value: Any, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise ApiError(400, f"{name}: is a whole number from 1 to {most:,}.")
    return value


@router.get("/issues/", auth=READ, response=answers(PageOut))
def issue_list(
    request: ApiRequest, wanted: Query[Wanted], paging: Query[CanonicalPaging]
) -> HttpResponse:
    if not wanted.project.isascii() or not wanted.project.isdigit():
        return field_error("project", "A project's number is needed.")
    if wanted.sort not in SORTS:
        return field_error("sort", f"Is one of {', '.join(SORTS)}.")
    if wanted.order not in ("asc", "desc"):
        return field_error("order", "Is asc or desc.")
    if wanted.status and wanted.status not in TABS:
        return field_error("status", f"Is one of {', '.join(TABS)}.")
    project = request.auth.project(wanted.project)
    issues = Issue.objects.filter(project=project).select_related("project")
    if wanted.status:
        issues = issues.filter(sql.tab_condition(TABS[wanted.status], timezone.now()))
    column = SORTS[wanted.sort]
    page = paginate(
        issues,
        paging,
        key=column,
        kind="time" if column == "last_seen" else "number",
        descending=wanted.order == "desc",
    )
    return envelope(request, page, rows(page.rows))


@router.get("/issues/{issue}/", auth=READ, response=answers(IssueOut))
def issue_detail(request: ApiRequest, issue: str) -> HttpResponse:
    """By UUID or friendly id."""
    return reply(rows([issue_of(request.auth, issue)])[0])


@router.delete("/issues/{issue}/", auth=DELETE, response=answers(None, status=204))
def delete_issue(request: ApiRequest, issue: str) -> HttpResponse:
    found = issue_of(request.auth, issue, Role.MEMBER)
    removal.delete([found], by=request.auth.user, now=timezone.now())
    return nothing(204)


def rows(issues: Sequence[Issue]) -> list[dict[str, Any]]:
    """One query."""
    keys = [issue.pk for issue in issues]
    stored: Mapping[int, int] = dict(
        Event.objects.filter(issue_id__in=keys)
        .order_by()
        .values_list("issue_id")
        .annotate(events=Count("pk"))
    )
    return [issue_json(issue, stored.get(issue.pk, 0)) for issue in issues]


def issue_json(issue: Issue, stored: int) -> dict[str, Any]:
    is_resolved = issue.status == Status.RESOLVED
    return {
        "id": str(issue.uuid),
        "friendly_id": issue.short_id,
        "project": issue.project_id,
        "digest_order": issue.number,
        "first_seen": stamp(issue.first_seen),
        "last_seen": stamp(issue.last_seen),
        "digested_event_count": issue.event_count,
        "stored_event_count": stored,
        "calculated_type": issue.type,
        "calculated_value": issue.value,
        "transaction": issue.culprit,
        "is_resolved": is_resolved,
        "is_resolved_unconditionally": is_resolved and not issue.is_resolved_in_release,
        "is_resolved_by_next_release": is_resolved and issue.resolved_next,
        "is_muted": issue.status == Status.MUTED,
    }


# --- verbs ---


def _changed(request: ApiRequest, issue: Issue) -> HttpResponse:
    return reply(rows([issue_of(request.auth, str(issue.pk))])[0])


def _resolve(request: ApiRequest, ref: str, fix: Fix) -> HttpResponse:
    issue = issue_of(request.auth, ref, Role.MEMBER)
    if issue.status == Status.RESOLVED:
        raise ApiError(400, "The issue is resolved already.")
    try:
        triage.resolve([issue], by=request.auth.user, now=timezone.now(), fix=fix)
    except triage.CannotResolve as error:
        raise ApiError(400, str(error)) from error
    return _changed(request, issue)


@router.post("/issues/{issue}/resolve/", auth=WRITE, response=answers(IssueOut))
def resolve(request: ApiRequest, issue: str) -> HttpResponse:
    return _resolve(request, issue, Fix())


@router.post("/issues/{issue}/resolve-next/", auth=WRITE, response=answers(IssueOut))
def resolve_next(request: ApiRequest, issue: str) -> HttpResponse:
    return _resolve(request, issue, Fix(How.NEXT))


@router.post("/issues/{issue}/resolve-latest/", auth=WRITE, response=answers(IssueOut))
def resolve_latest(request: ApiRequest, issue: str) -> HttpResponse:
    return _resolve(request, issue, Fix(How.CURRENT))


@router.post("/issues/{issue}/reopen/", auth=WRITE, response=answers(IssueOut))
def reopen(request: ApiRequest, issue: str) -> HttpResponse:
    return _reopen(request, issue, Status.RESOLVED, "The issue is not resolved.")


@router.post("/issues/{issue}/unmute/", auth=WRITE, response=answers(IssueOut))
def unmute(request: ApiRequest, issue: str) -> HttpResponse:
    return _reopen(request, issue, Status.MUTED, "The issue is not muted.")


def _reopen(request: ApiRequest, ref: str, from_status: Status, said: str) -> HttpResponse:
    issue = issue_of(request.auth, ref, Role.MEMBER)
    if issue.status != from_status:
        raise ApiError(400, said)
    triage.reopen([issue], by=request.auth.user, now=timezone.now())
    return _changed(request, issue)


@router.post("/issues/{issue}/mute/", auth=WRITE, response=answers(IssueOut))
def mute(request: ApiRequest, issue: str) -> HttpResponse:
    return _mute(request, issue)


@router.post("/issues/{issue}/mute-for/", auth=WRITE, response=answers(IssueOut))
def mute_for(request: ApiRequest, issue: str, body: PeriodIn) -> HttpResponse:
    return _mute(request, issue, until=timezone.now() + body.length())


@router.post("/issues/{issue}/mute-until/", auth=WRITE, response=answers(IssueOut))
def mute_until(request: ApiRequest, issue: str, body: PeriodIn) -> HttpResponse:
    minutes = body.length() // timedelta(minutes=1)
    if minutes > 366 * 24 * 60:
        raise ApiError(400, "nr_of_periods: the time is a year at most.")
    events = _whole("gte_threshold", body.gte_threshold, 1_000_000_000)
    return _mute(request, issue, within=(events, minutes))


def _mute(request: ApiRequest, ref: str, **until: Any) -> HttpResponse:
    issue = issue_of(request.auth, ref, Role.MEMBER)
    if issue.status == Status.MUTED:
        raise ApiError(400, "The issue is muted already.")
    if issue.status == Status.RESOLVED:
        raise ApiError(400, "The issue is resolved; reopen it first.")
    triage.mute([issue], by=request.auth.user, now=timezone.now(), **until)
    return _changed(request, issue)


@router.post("/issue-comments/", auth=WRITE, response=answers(dict, status=201))
def add_comment(request: ApiRequest, body: CommentIn) -> HttpResponse:
    if not isinstance(body.issue, str) or not body.issue:
        return field_error("issue", "A UUID or friendly id is needed.")
    if not isinstance(body.comment, str) or len(body.comment) > comments.MAX_COMMENT:
        return field_error("comment", f"A text of up to {comments.MAX_COMMENT:,} characters.")
    text = comments.cleaned(body.comment)
    if not text:
        return field_error("comment", "A comment needs a word.")
    issue = issue_of(request.auth, body.issue, Role.MEMBER)
    user = request.auth.user
    entry = comments.comment(issue, text, by=user, now=timezone.now())
    made = {
        "id": entry.pk,
        "issue": str(issue.uuid),
        "project": issue.project_id,
        "timestamp": stamp(entry.at),
        "comment": text,
        "user": user.pk if user else None,
    }
    return reply(made, status=201)
