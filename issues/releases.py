"""The releases of a project: when they came, what was new in them, what came back and what was resolved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Min, Q, Sum

from issues.models import Activity, GroupHash, Issue, IssueTag
from issues.paging import SORTS, Cursor
from issues.states import Kind
from issues.text import line, mapping
from projects.models import Project, Release

PAGE = 40
MAX_ISSUES = 50  # of each kind on the page of a release
TIMES = SORTS["last"]  # cursors that are times
# An issue that shows itself later than this after its release came may have another reason.
SUSPECT_FOR = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Row:
    """first_event, last_event: None where no event of it was counted."""

    release: Release
    new_issues: int
    events: int
    first_event: datetime | None
    last_event: datetime | None


@dataclass(frozen=True, slots=True)
class Page:
    rows: Sequence[Row]
    older: str  # cursors, "" for none
    newer: str


@dataclass(frozen=True, slots=True)
class Suspect:
    """The release that probably brought an issue, and why that one."""

    release: Release
    reason: str


def page_of(project: Project, cursor: Cursor | None, words: str = "") -> Page:
    """Latest first. words: part of the version. Three queries."""
    backwards = cursor is not None and cursor.is_backwards
    releases = Release.objects.filter(project=project)
    if words:
        releases = releases.filter(version__icontains=words)
    if cursor is not None:
        side = "gt" if backwards else "lt"
        releases = releases.filter(
            Q(**{f"created_at__{side}": cursor.key})
            | Q(created_at=cursor.key, **{f"pk__{side}": cursor.id})
        )
    order = ("created_at", "pk") if backwards else ("-created_at", "-pk")
    found = list(releases.order_by(*order)[: PAGE + 1])
    has_more, found = len(found) > PAGE, found[:PAGE]
    if backwards:
        found.reverse()
    has_newer = has_more if backwards else cursor is not None
    has_older = backwards or has_more
    return Page(
        rows=rows_of(project, found),
        older=_cursor(False, found[-1]) if found and has_older else "",
        newer=_cursor(True, found[0]) if found and has_newer else "",
    )


def _cursor(backwards: bool, release: Release) -> str:
    return str(Cursor(backwards, release.created_at, release.pk, 0))


def rows_of(project: Project, releases: Sequence[Release]) -> list[Row]:
    new: Mapping[int | None, int] = dict(
        Issue.objects.filter(project=project, first_release__in=[r.pk for r in releases])
        .order_by()
        .values_list("first_release")
        .annotate(issues=Count("pk"))
    )
    events = {
        version: (count, first, last)
        for version, count, first, last in IssueTag.objects.filter(
            project_id=project.pk, key="release", value__in=[r.version for r in releases]
        )
        .order_by()
        .values_list("value")
        .annotate(events=Sum("count"), first=Min("first_seen"), last=Max("last_seen"))
    }
    return [
        Row(release, new.get(release.pk, 0), *events.get(release.version, (0, None, None)))
        for release in releases
    ]


def introduced(project: Project, release: Release) -> list[Issue]:
    """Issues whose first event came with it, the most frequent first."""
    issues = Issue.objects.filter(project=project, first_release=release)
    return list(issues.order_by("-event_count", "-pk")[:MAX_ISSUES])


def became(project: Project, release: Release, *kinds: Kind) -> dict[Kind, list[Issue]]:
    """Issues that this happened to in the release, the latest first. Two queries."""
    entries = (
        Activity.objects.filter(
            project_id=project.pk, kind__in=kinds, data__release=release.version
        )
        .order_by("-at", "-pk")
        .values_list("kind", "issue_id")[: MAX_ISSUES * 4]
    )
    found: dict[Kind, dict[int, None]] = {kind: {} for kind in kinds}
    for kind, issue_id in entries:
        found[Kind(kind)][issue_id] = None
    issues = Issue.objects.in_bulk({pk for pks in found.values() for pk in pks})
    return {
        kind: [issues[pk] for pk in pks if pk in issues][:MAX_ISSUES] for kind, pks in found.items()
    }


def most_frequent(project: Project, release: Release) -> list[tuple[Issue, int]]:
    """Issues with the most events in the release, and how many. Two queries."""
    counts = (
        IssueTag.objects.filter(project_id=project.pk, key="release", value=release.version)
        .order_by("-count", "-pk")
        .values_list("grouphash_id", "count")[: MAX_ISSUES * 4]
    )
    of_hash = dict(counts)
    hashes = GroupHash.objects.filter(pk__in=of_hash).select_related("issue").defer("why")
    sums: dict[Issue, int] = {}
    for row in hashes:
        sums[row.issue] = sums.get(row.issue, 0) + of_hash[row.pk]
    return sorted(sums.items(), key=lambda found: (-found[1], -found[0].pk))[:MAX_ISSUES]


def since(project_id: int, start: datetime) -> list[tuple[datetime, str]]:
    """When the latest releases came: marks for a chart."""
    releases = Release.objects.filter(project_id=project_id, created_at__gte=start)
    return list(releases.order_by("-created_at").values_list("created_at", "version")[:12])


def suspect_of(issue: Issue, activity: Sequence[Activity]) -> Suspect | None:
    """activity: of the issue, the latest first. One query, none where no release is known."""
    if issue.is_regressed:
        regression = next((entry for entry in activity if entry.kind == Kind.REGRESSED), None)
        version = mapping(regression.data).get("release") if regression is not None else None
        if not isinstance(version, str) or not version:
            return None
        release = Release.objects.filter(project_id=issue.project_id, version=version).first()
        return Suspect(release, "it came back in this release") if release else None
    release = issue.first_release
    if release is None or issue.first_seen - release.created_at > SUSPECT_FOR:
        return None
    earlier = Release.objects.filter(
        project_id=issue.project_id, created_at__lt=release.created_at
    ).order_by("-created_at")
    before = earlier.first()
    # Of the first release nothing can be said: there was nothing to be better before.
    if before is None:
        return None
    return Suspect(release, f"never seen before it, not in {line(before.version, 60)} either")
