"""Delete issues, alone or with all their future.

An issue is gone at once, from lists, pages and search, and new events with its grouphashes make a new one, or, where
the future was discarded with it, are counted and not kept. What its grouphashes counted and stored follows in chunks,
in the background: the note of what is left to do is written in the transaction that takes the issue, so nothing stays
behind if a process dies in between.
"""

import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from issues import moving
from issues.models import (
    Activity,
    Attachment,
    AttachmentData,
    DeletedIssue,
    Discard,
    DiscardedHash,
    Event,
    EventPayload,
    EvictedCount,
    Feedback,
    GroupHash,
    HourCount,
    Issue,
    IssueMark,
    IssueShare,
    IssueTag,
    MergedIssue,
    PayloadExemplar,
    Relocation,
    UserSeen,
)
from projects.models import Project, User

CHUNK = 1000  # events; with their payloads and files
ROWS = 5000  # of counts
HASHES = 200  # whose counts are looked for together


def delete(
    issues: Iterable[Issue], *, by: User | None, now: datetime, discard: bool = False
) -> list[Issue]:
    """Returns those that were still there. discard: with their future."""
    wanted = list(issues)
    with transaction.atomic():
        if discard:
            # Whoever makes an issue holds the project's row, and asks then what is discarded.
            pks = sorted({issue.project_id for issue in wanted})
            list(Project.objects.select_for_update().filter(pk__in=pks).order_by("pk"))
        locked = moving.lock(issue.pk for issue in wanted)
        for issue in locked.values():
            hashes = dict(GroupHash.objects.filter(issue=issue).values_list("pk", "hash"))
            if discard:
                _discard(issue, hashes.values(), by, now)
            _take(issue, list(hashes), by, now)
    return [issue for issue in wanted if issue.pk in locked]


def take_back(discard: Discard) -> None:
    """From now on such events make issues again."""
    discard.delete()


def discarded(project_ids: Iterable[int]) -> dict[int, frozenset[str]]:
    """The hashes whose events are not wanted. A project without any is not named."""
    found: dict[int, set[str]] = {}
    rows = DiscardedHash.objects.filter(project_id__in=set(project_ids))
    for project_id, grouphash in rows.values_list("project_id", "hash"):
        found.setdefault(project_id, set()).add(grouphash)
    return {project_id: frozenset(hashes) for project_id, hashes in found.items()}


def _discard(issue: Issue, hashes: Iterable[str], by: User | None, now: datetime) -> None:
    made = Discard.objects.create(
        project_id=issue.project_id,
        number=issue.number,
        title=issue.title,
        culprit=issue.culprit,
        level=issue.level,
        event_count=issue.event_count,
        at=now,
        actor=by,
    )
    DiscardedHash.objects.bulk_create(
        [
            DiscardedHash(discard=made, project_id=issue.project_id, hash=grouphash)
            for grouphash in hashes
        ],
        ignore_conflicts=True,
    )


def _take(issue: Issue, hashes: Sequence[int], by: User | None, now: datetime) -> None:
    """Take a locked issue, and note what is left of it."""
    graves = list(MergedIssue.objects.filter(into_id=issue.pk).values_list("pk", flat=True))
    # Events that were to follow a hash of this issue, and have not yet.
    waiting = Relocation.objects.filter(project_id=issue.project_id).values_list(
        "issue_id", flat=True
    )
    mine = [issue.pk, *graves]
    DeletedIssue.objects.create(
        project_id=issue.project_id,
        issue_ids=list(dict.fromkeys([*mine, *waiting])),
        hashes=list(hashes),
        deleted_at=now,
        number=issue.number,
        title=issue.title,
        actor=by,
    )
    for model in (Activity, IssueMark, IssueShare):
        model._default_manager.filter(issue__in=mine).delete()
    MergedIssue.objects.filter(pk__in=graves).delete()
    Issue.objects.filter(pk=issue.pk).delete()  # with hashes, texts and family


def carry_on(seconds: float, *, project_id: int | None = None) -> bool:
    """Delete what is left of deleted issues, for about so long. Whether there is more to do."""
    until = time.monotonic() + seconds
    while _chunk(project_id):
        if time.monotonic() >= until:
            return True
    return False


def _chunk(project_id: int | None) -> bool:
    """Whether there was anything to do. Two processes that take the same chunk do it one after the other."""
    waiting = DeletedIssue.objects.order_by("pk")
    if project_id is not None:
        waiting = waiting.filter(project_id=project_id)
    with transaction.atomic():
        first = waiting.values_list("pk", flat=True).first()
        if first is None:
            return False
        work = DeletedIssue.objects.select_for_update().filter(pk=first).first()
        if work is None:
            return True
        if work.issue_ids:
            _delete_events(work)
        elif work.hashes:
            _delete_counts(work)
        else:
            work.delete()
            return True
        work.save(update_fields=["issue_ids", "hashes", "at", "event_pk"])
    return True


def _delete_events(work: DeletedIssue) -> None:
    events = Event.objects.filter(issue_id=work.issue_ids[0])
    if work.at is not None:
        events = events.filter(
            Q(received_at__lt=work.at) | Q(received_at=work.at, pk__lt=work.event_pk),
            received_at__lte=work.at,
        )
    rows = list(
        events.order_by("-received_at", "-pk").values_list(
            "pk", "received_at", "grouphash_id", "event_id"
        )[:CHUNK]
    )
    hashes = set(work.hashes)
    mine = {pk: event_id for pk, _, grouphash, event_id in rows if grouphash in hashes}
    EventPayload.objects.filter(pk__in=mine).delete()
    _delete_files(work.project_id, mine.values())
    Event.objects.filter(pk__in=mine).delete()
    if len(rows) < CHUNK:
        work.issue_ids, work.at, work.event_pk = work.issue_ids[1:], None, None
    else:
        work.event_pk, work.at = rows[-1][0], rows[-1][1]


def _delete_files(project_id: int, event_ids: Iterable[UUID]) -> None:
    files = Attachment.objects.filter(project_id=project_id, event_id__in=list(event_ids))
    pks = list(files.values_list("pk", flat=True))
    if pks:
        AttachmentData.objects.filter(pk__in=pks).delete()
        Attachment.objects.filter(pk__in=pks).delete()


def _delete_counts(work: DeletedIssue) -> None:
    hashes = work.hashes[:HASHES]
    said = Feedback.objects.filter(project_id=work.project_id, grouphash_id__in=hashes)
    found = dict(said.values_list("pk", "feedback_id")[:CHUNK])
    if found:
        _delete_files(work.project_id, found.values())
        Feedback.objects.filter(pk__in=found).delete()
        return
    for model in (HourCount, UserSeen, IssueTag, PayloadExemplar, EvictedCount):
        rows = model._default_manager.filter(project_id=work.project_id, grouphash_id__in=hashes)
        pks = list(rows.values_list("pk", flat=True)[:ROWS])
        if pks:
            model._default_manager.filter(pk__in=pks).delete()
            return
    work.hashes = work.hashes[HASHES:]
