"""Exemplars that no stored payload is packed beside any more: a few in each pass, round and round."""

from collections.abc import Sequence

from django.db import transaction

from issues.models import Event, EventPayload, GroupHash, Issue, PayloadExemplar, Sweep
from issues.retention import looking
from issues.retention.lease import Lease

AT_ONCE = 100  # looked at in one pass
BATCH = 1000  # payloads in one query
# Keys are given before rows are seen: those of batches that are being stored may be lower than others that are there.
MARGIN = 10_000


def sweep(lease: Lease) -> int:
    """Delete what nothing needs. Returns how many.

    The digest asks, while it holds the issue, whether an exemplar is still there before it stores what is packed beside
    it (issues.exemplars.fit).
    """
    data = Sweep.objects.get(pk=lease.name).data
    rows = PayloadExemplar.objects.filter(pk__gt=data.get("exemplar", 0)).order_by("pk")
    found = list(rows.values_list("pk", "grouphash_id", "project_id")[:AT_ONCE])
    deleted = sum(_drop(pk, grouphash_id, project_id) for pk, grouphash_id, project_id in found)
    cursor = found[-1][0] if len(found) == AT_ONCE else 0
    lease.note(data=data | {"exemplar": cursor})
    return deleted


def _drop(pk: int, grouphash_id: int, project_id: int) -> bool:
    """Whether it could go."""
    if not looking.is_settled(project_id):
        return False
    last = _look(pk, grouphash_id, 0)
    if last is None:
        return False
    with transaction.atomic():
        issue_id = _issue_of(grouphash_id)
        if issue_id is None:  # removal of the issue takes it
            return False
        list(Issue.objects.select_for_update().filter(pk=issue_id).values_list("pk"))
        # What was merged or regrouped since is not yet where this looks.
        if not looking.is_settled(project_id):
            return False
        # Only what came since: the lock is held for as long as it takes.
        if (
            _issue_of(grouphash_id) != issue_id
            or _look(pk, grouphash_id, max(0, last - MARGIN)) is None
        ):
            return False
        PayloadExemplar.objects.filter(pk=pk).delete()
    return True


def _issue_of(grouphash_id: int) -> int | None:
    return GroupHash.objects.filter(pk=grouphash_id).values_list("issue_id", flat=True).first()


def _look(pk: int, grouphash_id: int, after: int) -> int | None:
    """The key of the last event of the grouphash that is stored, of those after a key. None: one of them needs it."""
    issue_id = _issue_of(grouphash_id)
    if issue_id is None:
        return after
    events = Event.objects.filter(issue_id=issue_id, grouphash_id=grouphash_id, pk__gt=after)
    keys = list(events.values_list("pk", flat=True))
    for start in range(0, len(keys), BATCH):
        if _is_used(pk, keys[start : start + BATCH]):
            return None
    return max(keys, default=after)


def _is_used(pk: int, keys: Sequence[int]) -> bool:
    return EventPayload.objects.filter(pk__in=keys, dictionary=-pk).exists()
