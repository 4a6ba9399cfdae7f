"""A public link to an issue: made, taken back, and followed. Its token is all that it takes."""

import secrets
from datetime import datetime

from django.db import transaction

from issues import moving, tombstones
from issues.models import Activity, Issue, IssueShare
from issues.states import Kind
from projects.models import User

BYTES = 32  # of the token


def share_of(issue: Issue) -> IssueShare | None:
    return IssueShare.objects.filter(issue=issue).first()


def share(issue: Issue, *, by: User | None, now: datetime) -> IssueShare | None:
    """The link there is, or a new one. None: the issue has gone meanwhile."""
    with transaction.atomic():
        if not moving.lock([issue.pk]):
            return None
        found = share_of(issue)
        if found is None:
            token = secrets.token_urlsafe(BYTES)
            found = IssueShare.objects.create(issue=issue, token=token, created_at=now, actor=by)
            _tell(issue, Kind.SHARED, by, now)
    return found


def unshare(issue: Issue, *, by: User | None, now: datetime) -> bool:
    """Whether there was a link. It never comes back: another one has another token."""
    with transaction.atomic():
        moving.lock([issue.pk])
        deleted, _ = IssueShare.objects.filter(issue=issue).delete()
        if deleted:
            _tell(issue, Kind.UNSHARED, by, now)
    return bool(deleted)


def shared_issue(token: str) -> Issue | None:
    """Of an issue that was merged away it is the one that has its events now."""
    pk = IssueShare.objects.filter(token=token).values_list("issue_id", flat=True).first()
    if pk is None:
        return None
    return Issue.objects.select_related("project").filter(pk=tombstones.place_of(pk)).first()


def _tell(issue: Issue, kind: Kind, by: User | None, now: datetime) -> None:
    Activity.objects.create(
        project_id=issue.project_id, issue=issue, kind=kind, at=now, actor=by, data={}
    )
