"""What an issue is to one person: bookmarks, and who wants to hear of it. For one or many issues alike.

No activity: it is nobody else's business.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum

from django.db import transaction
from django.db.models import QuerySet

from issues.models import Issue, IssueMark
from projects.models import User


class Reason(StrEnum):
    """Why somebody hears of an issue."""

    CHOSEN = "chosen"
    ASSIGNED = "assigned"
    COMMENTED = "commented"
    MENTIONED = "mentioned"


def mark_of(issue: Issue, user: User) -> IssueMark:
    """What the user said of the issue; an empty one that is not saved, if nothing."""
    return IssueMark.objects.filter(issue=issue, user=user).first() or IssueMark(
        issue=issue, user=user
    )


def bookmark(issues: Sequence[Issue], *, by: User, now: datetime) -> None:
    with transaction.atomic():
        found = _rows([issue.pk for issue in issues], by)
        found.filter(bookmarked_at=None).update(bookmarked_at=now)


def unbookmark(issues: Sequence[Issue], *, by: User) -> None:
    IssueMark.objects.filter(issue__in=issues, user=by).update(bookmarked_at=None)


def subscribe(issues: Sequence[Issue], *, by: User, wanted: bool = True) -> None:
    """wanted: False is remembered, too: nothing that happens later subscribes the person again."""
    with transaction.atomic():
        found = _rows([issue.pk for issue in issues], by)
        found.update(subscribed=wanted, reason=Reason.CHOSEN)


def subscribe_along(issue_ids: Collection[int], users: Collection[User], reason: Reason) -> None:
    """By something that happened, unless the person has said otherwise."""
    for user in users:
        rows = _rows(issue_ids, user)
        rows.filter(subscribed=None).update(subscribed=True, reason=reason)


def subscribers(issue: Issue) -> list[User]:
    """Who wants to hear of the issue, of those who still may sign in. Whether they still see it is asked elsewhere."""
    return list(
        User.objects.filter(
            is_active=True,
            pk__in=IssueMark.objects.filter(issue=issue, subscribed=True).values("user"),
        ).order_by("pk")
    )


def follow(issue_id: int, target_id: int) -> None:
    """Whoever kept an issue, or wants to hear of it, does so of the one that it became part of.

    What they said of that one itself stays. The old marks stay, too: an issue that is taken out again has them.
    """
    there = {mark.user_id: mark for mark in IssueMark.objects.filter(issue_id=target_id)}
    new: list[IssueMark] = []
    changed: list[IssueMark] = []
    for mark in IssueMark.objects.filter(issue_id=issue_id).order_by("pk"):
        known = there.get(mark.user_id)
        target = known or IssueMark(issue_id=target_id, user_id=mark.user_id)
        target.bookmarked_at = target.bookmarked_at or mark.bookmarked_at
        if target.subscribed is None:
            target.subscribed, target.reason = mark.subscribed, mark.reason
        (new if known is None else changed).append(target)
    IssueMark.objects.bulk_create(new)
    IssueMark.objects.bulk_update(changed, ["bookmarked_at", "subscribed", "reason"])


def _rows(issue_ids: Collection[int], user: User) -> QuerySet[IssueMark]:
    IssueMark.objects.bulk_create(
        [IssueMark(issue_id=pk, user=user) for pk in sorted(issue_ids)], ignore_conflicts=True
    )
    return IssueMark.objects.filter(issue_id__in=issue_ids, user=user)
