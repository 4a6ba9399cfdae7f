"""Events by hour or day, of an issue and of a project: exact, also when they are no longer stored."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from django.db.models import QuerySet, Sum
from django.http import HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from api.auth import allow
from api.both import both
from api.caller import ApiRequest
from api.errors import ApiError
from api.issue_find import issue_of
from api.replies import answers, reply
from api.spans import span
from issues.models import GroupHash, HourCount

router = Router(tags=["Stats"])

READ = allow("event:read")
LOOK = allow("event:read", "project:read")
MAX_POINTS = 1000
_STEPS = {"1h": timedelta(hours=1), "1d": timedelta(days=1)}


class Wanted(Schema):
    since: str = Field("", max_length=30, description="Seconds since 1970.")
    until: str = Field("", max_length=30)
    statsPeriod: str = Field("", max_length=40, description="Instead of since: 24h, 14d …")
    resolution: str = Field("", max_length=10, description="1h or 1d.")
    stat: str = Field("received", max_length=40, description="What is counted: events received.")

    def points(self, now: datetime) -> tuple[list[datetime], timedelta]:
        """The beginnings of the steps, and their length. Raises ApiError 400."""
        try:
            if self.statsPeriod:
                start, end = span(self.statsPeriod, "", "", now).since or now, now
            else:
                end = _moment(self.until) if self.until else now
                start = _moment(self.since) if self.since else end - timedelta(days=1)
        except (ValueError, OverflowError, OSError) as error:
            raise ApiError(400, str(error) or "since, until: take seconds since 1970.") from error
        if start >= end:
            raise ApiError(400, "until: the time ends before it begins.")
        if self.resolution not in ("", *_STEPS):
            raise ApiError(400, "resolution: is 1h or 1d.")
        is_long = end - start > timedelta(days=3)
        step = _STEPS[self.resolution or ("1d" if is_long else "1h")]
        if (end - start) / step > MAX_POINTS:
            raise ApiError(400, f"A series has {MAX_POINTS} points at most; take a longer step.")
        first = start.replace(minute=0, second=0, microsecond=0)
        if step == _STEPS["1d"]:
            first = first.replace(hour=0)
        found = []
        while first < end:
            found.append(first)
            first += step
        return found, step


def _moment(text: str) -> datetime:
    """Raises ValueError."""
    if not text.replace(".", "", 1).isdigit() or not text.isascii():
        raise ValueError(f"“{text[:30]}” is no number of seconds since 1970.")
    at = datetime.fromtimestamp(float(text), UTC)
    if not 1971 <= at.year <= 2200:
        raise ValueError(f"“{text[:30]}” is no time of these days.")
    return at


@both(router, "get", "{issue}/stats/", auth=READ, response=answers(list[tuple[int, int]]))
def issue_stats(request: ApiRequest, issue: str, wanted: Query[Wanted]) -> HttpResponse:
    """[seconds since 1970, events], oldest first."""
    found = issue_of(request.auth, issue)
    hashes = GroupHash.objects.filter(issue=found).values("pk")
    counts = HourCount.objects.filter(project_id=found.project_id, grouphash_id__in=hashes)
    return _answer(counts, wanted)


@router.get("/projects/{org}/{project}/stats/", auth=LOOK, response=answers(list[tuple[int, int]]))
def project_stats(
    request: ApiRequest, org: str, project: str, wanted: Query[Wanted]
) -> HttpResponse:
    """The same of all issues of a project."""
    return _answer(_of([request.auth.project(project).pk]), wanted)


@router.get("/organizations/{org}/stats/", auth=READ, response=answers(list[tuple[int, int]]))
def organization_stats(request: ApiRequest, org: str, wanted: Query[Wanted]) -> HttpResponse:
    """The same of all projects that the token sees."""
    return _answer(_of(list(request.auth.projects().values_list("pk", flat=True))), wanted)


def _of(project_ids: Collection[int]) -> QuerySet[HourCount]:
    return HourCount.objects.filter(project_id__in=project_ids)


def _answer(counts: QuerySet[HourCount], wanted: Wanted) -> HttpResponse:
    starts, step = wanted.points(timezone.now())
    sums = [0] * len(starts)
    rows = counts.filter(hour__gte=starts[0], hour__lt=starts[-1] + step).order_by()
    for hour, events in rows.values_list("hour").annotate(events=Sum("count")):
        index = (hour - starts[0]) // step
        if 0 <= index < len(sums):
            sums[index] += events
    return reply([[int(at.timestamp()), count] for at, count in zip(starts, sums, strict=True)])
