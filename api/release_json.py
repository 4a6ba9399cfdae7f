"""Releases, deploys and commits as the API shows them (REST contract, sections 3.12 and 3.13).

One object for a version, whichever of the asked projects ship it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Min, OuterRef, Subquery
from ninja import Schema

from issues.models import Issue, IssueTag
from projects import versions
from projects.models import Commit, Deploy, Project, Release


class Author(Schema):
    name: str | None
    email: str | None


class RepositoryName(Schema):
    name: str


class CommitJson(Schema):
    id: str
    message: str | None
    dateCreated: datetime
    author: Author | None
    repository: RepositoryName | None


class DeployJson(Schema):
    id: str
    environment: str
    name: str | None
    url: str | None
    dateStarted: datetime | None
    dateFinished: datetime


class ReleaseProject(Schema):
    id: int
    slug: str
    name: str
    platform: str | None
    platforms: list[str]
    newGroups: int
    hasHealthData: bool


class ReleaseJson(Schema):
    id: int
    version: str
    shortVersion: str
    dateCreated: datetime
    dateReleased: datetime | None
    firstEvent: datetime | None
    lastEvent: datetime | None
    newGroups: int
    projects: list[ReleaseProject]
    lastCommit: CommitJson | None
    lastDeploy: DeployJson | None
    status: str
    url: str | None
    ref: str | None
    owner: None
    commitCount: int
    deployCount: int
    authors: list[Author]
    data: dict[str, Any]
    versionInfo: dict[str, Any]


def commit_json(commit: Commit) -> dict[str, Any]:
    author = None
    if commit.author_name or commit.author_email:
        author = {"name": commit.author_name or None, "email": commit.author_email or None}
    return {
        "id": commit.sha,
        "message": commit.message or None,
        "dateCreated": commit.at,
        "author": author,
        "repository": {"name": commit.repository} if commit.repository else None,
    }


def deploy_json(deploy: Deploy) -> dict[str, Any]:
    return {
        "id": str(deploy.pk),
        "environment": deploy.environment,
        "name": deploy.name or None,
        "url": deploy.url or None,
        "dateStarted": deploy.started_at,
        "dateFinished": deploy.finished_at,
    }


def short_version(version: str) -> str:
    """Without the package before the @."""
    package = versions.package_of(version)
    return version.removeprefix(f"{package}@") if package else version


def releases_json(projects: Collection[Project], names: Sequence[str]) -> list[dict[str, Any]]:
    """In the order of `names`, which are versions; unknown ones are left out. Six queries, however many there are."""
    by_id = {project.pk: project for project in projects}
    rows: dict[str, list[Release]] = {}
    for release in Release.objects.filter(project__in=by_id, version__in=names).order_by("pk"):
        rows.setdefault(release.version, []).append(release)
    pks = [release.pk for each in rows.values() for release in each]
    new: Mapping[Any, int] = dict(
        Issue.objects.filter(first_release__in=pks)
        .order_by()
        .values_list("first_release")
        .annotate(issues=Count("pk"))
    )
    times = {
        version: (first, last)
        for version, first, last in IssueTag.objects.filter(
            project_id__in=list(by_id), key="release", value__in=list(rows)
        )
        .order_by()
        .values_list("value")
        .annotate(first=Min("first_seen"), last=Max("last_seen"))
    }
    commits = {each.release_id: each for each in Commit.objects.filter(release__in=pks, position=0)}
    counts = dict(
        Commit.objects.filter(release__in=pks)
        .order_by()
        .values_list("release")
        .annotate(Max("position"))
    )
    deploys = _deploys(pks)
    return [
        _release_json(rows[name], by_id, new, times.get(name), commits, counts, deploys)
        for name in names
        if name in rows
    ]


def _deploys(pks: Collection[int]) -> dict[int, tuple[Deploy, int]]:
    """Of each release the latest, and how many."""
    same = Deploy.objects.filter(release=OuterRef("release")).order_by()
    number = same.values("release").annotate(n=Count("pk")).values("n")
    latest = same.order_by("-finished_at", "-pk").values("pk")[:1]
    rows = Deploy.objects.filter(release__in=pks, pk=Subquery(latest)).annotate(n=Subquery(number))
    return {row.release_id: (row, row.n) for row in rows}


def _release_json(
    releases: Sequence[Release],
    projects: Mapping[int, Project],
    new: Mapping[Any, int],
    times: tuple[datetime, datetime] | None,
    commits: Mapping[int, Commit],
    counts: Mapping[int, int],
    deploys: Mapping[int, tuple[Deploy, int]],
) -> dict[str, Any]:
    """releases: of one version."""
    first = releases[0]
    commit = next((commits[r.pk] for r in releases if r.pk in commits), None)
    found = [deploys[r.pk] for r in releases if r.pk in deploys]
    deploy = max((each for each, _ in found), key=lambda d: d.finished_at, default=None)
    released = [r.released_at for r in releases if r.released_at is not None]
    version, short = first.version, short_version(first.version)
    package = version.removesuffix(short).rstrip("@") or None
    return {
        "id": first.pk,
        "version": version,
        "shortVersion": short,
        "dateCreated": min(r.created_at for r in releases),
        "dateReleased": max(released, default=None),
        "firstEvent": times[0] if times else None,
        "lastEvent": times[1] if times else None,
        "newGroups": sum(new.get(r.pk, 0) for r in releases),
        "projects": [_project_json(projects[r.project_id], new.get(r.pk, 0)) for r in releases],
        "lastCommit": commit_json(commit) if commit else None,
        "lastDeploy": deploy_json(deploy) if deploy else None,
        "status": "archived" if all(r.is_archived for r in releases) else "open",
        "url": first.url or None,
        "ref": first.ref or None,
        "owner": None,
        "commitCount": max((counts[r.pk] + 1 for r in releases if r.pk in counts), default=0),
        "deployCount": max((number for _, number in found), default=0),
        "authors": [commit_json(commit)["author"]]
        if commit and (commit.author_name or commit.author_email)
        else [],
        "data": {},
        "versionInfo": {
            "package": package,
            "version": {"raw": short},
            "description": short,
            "buildHash": None,
        },
    }


def _project_json(project: Project, new_issues: int) -> dict[str, Any]:
    return {
        "id": project.pk,
        "slug": project.slug,
        "name": project.name,
        "platform": project.platform or None,
        "platforms": [project.platform] if project.platform else [],
        "newGroups": new_issues,
        "hasHealthData": False,
    }


def release_json(releases: Iterable[Release], projects: Collection[Project]) -> dict[str, Any]:
    """releases: of one version, at least one."""
    version = next(iter(releases)).version
    return releases_json(projects, [version])[0]
