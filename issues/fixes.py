"""Where issues were fixed: from what somebody says to releases of their projects."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from issues.models import Issue
from issues.states import Fix, How
from issues.text import line
from projects.models import Release
from projects.versions import Known, latest, names_commit

# Of a project's releases, those that were seen last; a fix is not put into one of the years before.
MAX_RELEASES = 1000
MAX_OFFERED = 30

_COMMIT = re.compile(r"[0-9a-f]{7,64}")
MAX_REPOSITORY = 200


class CannotResolve(ValueError):
    """The message says why, to the person who tried."""


@dataclass(frozen=True, slots=True)
class Place:
    """Columns of an issue, see issues.models.Issue. told: for the activity."""

    resolved_in_id: int | None = None
    resolved_after_id: int | None = None
    resolved_next: bool = False
    resolved_commit: str = ""
    resolved_repository: str = ""
    told: Mapping[str, Any] = field(default_factory=dict)

    def put(self, issue: Issue) -> None:
        for name in _COLUMNS:
            setattr(issue, name, getattr(self, name))

    def is_of(self, issue: Issue) -> bool:
        return all(getattr(self, name) == getattr(issue, name) for name in _COLUMNS)


_COLUMNS = (
    *("resolved_in_id", "resolved_after_id", "resolved_next"),
    *("resolved_commit", "resolved_repository"),
)


def find(issues: Sequence[Issue], fix: Fix) -> dict[int, Place]:
    """Issue -> where it was fixed. One query for each project. Raises CannotResolve."""
    if fix.how is How.NOW:
        return {issue.pk: Place() for issue in issues}
    if fix.how is How.COMMIT and not _COMMIT.fullmatch(fix.commit.lower()):
        raise CannotResolve("A commit is named by 7 to 64 hexadecimal digits.")
    of_project: dict[int, list[Issue]] = defaultdict(list)
    for issue in issues:
        of_project[issue.project_id].append(issue)
    places = {}
    for project_id, group in of_project.items():
        if fix.how is How.RELEASE:
            rows = Release.objects.filter(project_id=project_id, version=fix.version.strip())
            place = _given(rows.first(), group[0], fix)
            places.update({issue.pk: place for issue in group})
            continue
        releases = _of_project(project_id)
        newest: dict[str, Known | None] = {}
        for issue in group:
            like = _package(issue, releases)
            if like not in newest:
                newest[like] = latest(releases.values(), like=like)
            places[issue.pk] = _place(fix, newest[like], releases.values(), issue)
    return places


def _given(release: Release | None, issue: Issue, fix: Fix) -> Place:
    if release is None:
        name = fix.version.strip()[:80]
        raise CannotResolve(f"{issue.project.name} has no release “{name}”.")
    return Place(resolved_in_id=release.pk, told={"release": release.version})


def _place(fix: Fix, newest: Known | None, releases: Iterable[Known], issue: Issue) -> Place:
    if fix.how is How.COMMIT:
        return _of_commit(fix, newest, releases)
    if newest is None:
        raise CannotResolve(f"{issue.project.name} has no release yet: its events name none.")
    if fix.how is How.CURRENT:
        return Place(resolved_in_id=newest.pk, told={"release": newest.version})
    return Place(resolved_after_id=newest.pk, resolved_next=True, told={"after": newest.version})


def _of_commit(fix: Fix, newest: Known | None, releases: Iterable[Known]) -> Place:
    """In the release that is called by the commit, else in the next one; where there are none, from now on."""
    commit, repository = fix.commit.lower(), " ".join(fix.repository.split())[:MAX_REPOSITORY]
    told = {"commit": commit} | ({"repository": repository} if repository else {})
    named = min(
        (each for each in releases if names_commit(each.version, commit)),
        key=lambda release: (release.first_seen, release.pk),
        default=None,
    )
    if named is not None:
        told["release"] = named.version
    elif newest is not None:
        told["after"] = newest.version
    return Place(
        resolved_in_id=named.pk if named else None,
        resolved_after_id=newest.pk if newest and not named else None,
        resolved_next=named is None and newest is not None,
        resolved_commit=commit,
        resolved_repository=repository,
        told=told,
    )


@dataclass(frozen=True, slots=True)
class Offered:
    """current: the newest release of the issue's package. recent: versions, the last ones first."""

    current: Known | None
    recent: tuple[str, ...]


def offered(issue: Issue) -> Offered:
    """What a menu names. One query."""
    releases = _of_project(issue.project_id)
    current = latest(releases.values(), like=_package(issue, releases))
    # What would have to be cleaned before it is shown cannot be chosen from a list.
    shown = [each.version for each in releases.values() if line(each.version) == each.version]
    return Offered(current, tuple(shown[:MAX_OFFERED]))


def _of_project(project_id: int) -> dict[int, Known]:
    """By primary key, the last ones first."""
    rows = Release.objects.filter(project_id=project_id).order_by("-created_at", "-pk")
    return {
        pk: Known(version, at, pk)
        for pk, version, at in rows.values_list("pk", "version", "created_at")[:MAX_RELEASES]
    }


def _package(issue: Issue, releases: Mapping[int, Known]) -> str:
    """A release of the package that the issue was last seen in."""
    last = releases.get(issue.last_release_id or 0)
    return last.version if last else ""


def told(issue: Issue) -> dict[str, Any]:
    """For an activity: where a resolved issue was fixed."""
    found = versions([pk for pk in (issue.resolved_in_id, issue.resolved_after_id) if pk])
    parts = {
        "release": found.get(issue.resolved_in_id or 0),
        "after": found.get(issue.resolved_after_id or 0) if issue.resolved_next else None,
        "commit": issue.resolved_commit,
        "repository": issue.resolved_repository,
    }
    return {name: value for name, value in parts.items() if value}


def versions(pks: Sequence[int]) -> dict[int, str]:
    return dict(Release.objects.filter(pk__in=pks).values_list("pk", "version")) if pks else {}
