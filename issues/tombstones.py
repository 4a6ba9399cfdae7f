"""Issues that were merged away: where their addresses lead, and how they come back."""

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import router
from django.db.models import Q

from issues.models import Issue, IssueText, MergedIssue
from projects.models import Team, User

# Between the search texts of issues that became one. The first part is the issue's own.
_BETWEEN = "\n\x1e\n"
_TIMES = frozenset({"first_seen", "last_seen", "resolved_at", "regressed_at", "muted_until"})
_STATE = tuple(
    str(field.attname)
    for field in Issue._meta.concrete_fields
    if field.attname not in ("id", "project_id", "number")
)


def follow(pks: Collection[int]) -> Mapping[int, int]:
    """Those of the issues that were merged away -> where they are now."""
    return dict(MergedIssue.objects.filter(pk__in=pks).values_list("pk", "into_id"))


def place_of(pk: int) -> int:
    """Where the issue is now: itself, unless it was merged away."""
    return follow([pk]).get(pk, pk)


def by_number(project_id: int, number: int) -> int:
    """Where the issue of that number is that was merged away; 0 for none."""
    rows = MergedIssue.objects.filter(project_id=project_id, number=number)
    return rows.values_list("into_id", flat=True).first() or 0


def with_history(issue: Issue) -> Q:
    """The activity that is this issue's: its own and that of all that were merged into it."""
    merged = MergedIssue.objects.filter(into_id=issue.pk).values("pk")
    return Q(issue_id=issue.pk) | Q(issue_id__in=merged)


def bury(issue: Issue, into: Issue, now: datetime) -> None:
    """Take a locked issue, whose hashes have gone, out of all lists. Its activity stays where it is."""
    MergedIssue.objects.filter(into_id=issue.pk).update(into_id=into.pk)
    MergedIssue.objects.create(
        id=issue.pk,
        project_id=issue.project_id,
        number=issue.number,
        into_id=into.pk,
        merged_at=now,
        state={name: _plain(getattr(issue, name)) for name in _STATE},
        text=_own_text(issue.pk),
    )
    IssueText.objects.filter(issue=issue).delete()
    # Not issue.delete(): that would take the activity along.
    rows = Issue.objects.filter(pk=issue.pk)
    rows._raw_delete(router.db_for_write(Issue))


def revive(grave: MergedIssue) -> Issue:
    """The issue as it was, without its hashes: move them, then count."""
    issue = Issue(
        id=grave.pk,
        project_id=grave.project_id,
        number=grave.number,
        **{name: _restored(name, value) for name, value in grave.state.items()},
    )
    # People and teams may have gone meanwhile.
    issue.assignee = User.objects.filter(pk=issue.assignee_id or 0).first()
    issue.assigned_team = Team.objects.filter(pk=issue.assigned_team_id or 0).first()
    issue.save(force_insert=True)
    IssueText.objects.create(issue=issue, project_id=grave.project_id, text=grave.text)
    grave.delete()
    return issue


def join_texts(issue: Issue) -> None:
    """Searching finds an issue by the words of all that were merged into it."""
    graves = MergedIssue.objects.filter(into_id=issue.pk).order_by("pk")
    texts = [_own_text(issue.pk), *graves.values_list("text", flat=True)]
    text = _BETWEEN.join(dict.fromkeys(texts))
    IssueText.objects.filter(issue=issue).update(text=text)


def _own_text(pk: int) -> str:
    text = IssueText.objects.filter(issue_id=pk).values_list("text", flat=True).first() or ""
    return text.partition(_BETWEEN)[0]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, uuid.UUID) else value


def _restored(name: str, value: Any) -> Any:
    if name in _TIMES and value is not None:
        return datetime.fromisoformat(value)
    return uuid.UUID(value) if name == "uuid" else value
