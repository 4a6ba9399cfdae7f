"""What a build tells of a release: that it is there and out, its commits, and where it went.

A release is a row of each project that ships it; what is told of one is told of all that are named.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from projects.models import Commit, Deploy, Project, Release

MAX_COMMITS = 1000
MAX_DEPLOYS = 1000
MAX_MESSAGE = 4000  # characters of a commit's message


@dataclass(frozen=True, slots=True)
class CommitFacts:
    sha: str
    at: datetime
    message: str = ""
    author_name: str = ""
    author_email: str = ""
    repository: str = ""


def check_version(version: str) -> str:
    """Without spaces around it. Raises ValidationError."""
    version = version.strip()
    if not version or len(version) > 250 or version in (".", "..", "latest"):
        raise ValidationError(
            "A version has 1 to 250 characters and is neither “.”, “..” nor “latest”."
        )
    if any(character in version for character in "\n\r\t\f\0\x0b"):
        raise ValidationError("A version has no line breaks and no tabs.")
    return version


def record(
    projects: Iterable[Project], version: str, *, now: datetime
) -> tuple[list[Release], bool]:
    """The release of each project, made where it was missing; whether any was. Raises ValidationError."""
    version = check_version(version)
    found, is_new = [], False
    for project in projects:
        release, made = Release.objects.get_or_create(
            project=project, version=version, defaults={"created_at": now}
        )
        found.append(release)
        is_new = is_new or made
    return found, is_new


def change(releases: Sequence[Release], **fields: Any) -> None:
    """fields: of the model."""
    if not fields:
        return
    for release in releases:
        for name, value in fields.items():
            setattr(release, name, value)
    Release.objects.bulk_update(releases, list(fields))


def set_commits(releases: Sequence[Release], commits: Sequence[CommitFacts]) -> None:
    """Instead of those that were there. commits: newest first. Raises ValidationError."""
    if len(commits) > MAX_COMMITS:
        raise ValidationError(f"A release takes {MAX_COMMITS} commits at most.")
    for release in releases:
        rows = [
            Commit(
                release=release,
                position=position,
                sha=each.sha[:64],
                at=each.at,
                message=each.message[:MAX_MESSAGE],
                author_name=each.author_name[:128],
                author_email=each.author_email[:254],
                repository=each.repository[:200],
            )
            for position, each in enumerate(commits)
        ]
        with transaction.atomic():
            # The release's row: two that tell at the same moment do not mix their commits.
            Release.objects.select_for_update().get(pk=release.pk)
            Commit.objects.filter(release=release).delete()
            Commit.objects.bulk_create(rows)


def deploy(releases: Sequence[Release], environment: str, **fields: Any) -> list[Deploy]:
    """fields: of the model. The same deploy told twice is one. Raises ValidationError."""
    if not environment.strip() or len(environment) > 64 or "/" in environment:
        raise ValidationError("An environment has 1 to 64 characters and no slash.")
    made = []
    for release in releases:
        if Deploy.objects.filter(release=release).count() >= MAX_DEPLOYS:
            raise ValidationError(
                f"{MAX_DEPLOYS} deploys of this release are known; that is enough."
            )
        row, _ = Deploy.objects.get_or_create(
            release=release, environment=environment.strip(), **fields
        )
        made.append(row)
    return made


def before(projects: Iterable[Project], releases: Sequence[Release]) -> Release | None:
    """The newest earlier release that has commits."""
    versions = {release.version for release in releases}
    first = min(release.created_at for release in releases)
    rows = Release.objects.filter(
        project__in=list(projects), created_at__lte=first, commits__position=0
    )
    return rows.exclude(version__in=versions).order_by("-created_at", "-pk").first()
