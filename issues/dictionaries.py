"""Dictionaries for the payloads of a project: which one to write with, reading with any, and making new ones.

Old ones stay: what was packed with them needs them.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Max, Sum

from issues import compress
from issues.compress import NO_DICTIONARY, Dictionary
from issues.models import Event, EventPayload, Issue, PayloadDictionary
from issues.models.event import dictionary_of
from projects.models import MonthCount

# Events of a project at which it gets its next dictionary: soon, and again when there is more to choose from.
MILESTONES = (200, 2_000, 20_000, 200_000)
BYTES = (
    256 << 10,
    512 << 10,
)  # of the first dictionary and of all later ones; tables in memory take as much again
ISSUES, SAMPLES, SAMPLE_BYTES = 100, 200, 8 << 20


def newest(project_ids: Iterable[int]) -> dict[int, Dictionary]:
    """What to write with; a project without a dictionary is not named. One query, and one for each that is new."""
    rows = PayloadDictionary.objects.filter(project_id__in=set(project_ids))
    numbers = rows.values_list("project_id").annotate(newest=Max("number"))
    found = {project_id: dictionary_of(project_id, number) for project_id, number in numbers}
    return {key: each if each.data else NO_DICTIONARY for key, each in found.items()}


def wanting() -> list[int]:
    """Projects that have enough events for their next dictionary."""
    made = dict(PayloadDictionary.objects.values_list("project_id").annotate(newest=Max("number")))
    events = MonthCount.objects.values_list("project_id").annotate(all=Sum("events"))
    return [
        project_id
        for project_id, count in events
        if sum(count >= milestone for milestone in MILESTONES) > made.get(project_id, 0)
    ]


def make(project_id: int, now: datetime) -> bool:
    """Train a dictionary from late events and keep it: some tenths of a second. Whether it is of any use."""
    samples = list(_samples(project_id))
    made = PayloadDictionary.objects.filter(project_id=project_id)
    number = (made.aggregate(newest=Max("number"))["newest"] or 0) + 1
    most = BYTES[min(number, len(BYTES)) - 1]
    data = compress.train(samples, min(most, sum(map(len, samples)) // 8))
    try:
        with transaction.atomic():
            # An empty one says "not worth it", until the next milestone.
            PayloadDictionary.objects.create(
                project_id=project_id, number=number, created_at=now, data=data or b""
            )
    except IntegrityError:
        return False  # another process was faster
    return data is not None


def _samples(project_id: int) -> Iterator[bytes]:
    """Late events of the issues that were seen last. Half of them by how often an issue happens, since that is what
    will be packed; half for each alike, since the next storm may be any of them.
    """
    late = Issue.objects.filter(project_id=project_id).order_by("-last_seen", "-pk")
    counts = dict(late.values_list("pk", "event_count")[:ISSUES])
    ranked: list[
        tuple[float, int]
    ] = []  # evenly thinned out, should the bytes not be enough for all
    for issue_id, wanted in _shares(counts).items():
        newest = Event.objects.filter(issue_id=issue_id).order_by("-received_at", "-pk")
        pks = newest.values_list("pk", flat=True)[:wanted]
        ranked += [((place + 0.5) / wanted, pk) for place, pk in enumerate(pks)]
    size = 0
    for _, pk in sorted(ranked):
        for payload in EventPayload.objects.filter(pk=pk):  # none in a storm
            content = payload.content()
            size += len(content)
            if size > SAMPLE_BYTES:
                return
            yield content


def _shares(counts: dict[int, int]) -> dict[int, int]:
    """How many samples of each issue, of about SAMPLES."""
    total = sum(counts.values())
    return {
        issue_id: max(1, round(SAMPLES / 2 * (1 / len(counts) + count / total)))
        for issue_id, count in counts.items()
    }
