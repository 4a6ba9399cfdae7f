"""One pass of retention over everything, in steps that are each a short transaction.

A pass remembers nothing that it needs: killed anywhere, the next one looks again and takes what is still too much.
"""

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from django.conf import settings
from django.db.models import Sum
from django.db.models.functions import Length
from django.utils import timezone

from issues.models import Event, EventPayload, Sweep
from issues.retention import exemplars, space
from issues.retention.choosing import LEVELS, Choosing
from issues.retention.lease import Lease, claim
from issues.retention.policy import SETTLING, Policy, Reason, Worth
from issues.retention.removing import Doomed, Removed, remove
from issues.retention.space import Space
from projects.models import Project

logger = logging.getLogger(__name__)

NAME = "retention"
EVERY = timedelta(hours=1)
# How many events leave in one transaction: see docs/decisions/0020 for what it costs.
CHUNK = 200
# By bytes more leaves than has to, so that the next time is not at once.
TARGET = 0.95
ROUNDS = 40
# What events take is reckoned; they may take this times as much.
SURE = 1.25

Take = Callable[[Collection[Doomed]], Removed]
Measure = Callable[[], Space]


@dataclass(slots=True)
class Tally:
    """What a pass has taken so far. bytes: None where nobody looked."""

    events: Counter[Reason] = field(default_factory=Counter)
    bytes: int = 0
    by_project: Counter[int] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return self.events.total()


@dataclass(frozen=True, slots=True)
class Step:
    """reason: by which rule. events, bytes: that left in this step."""

    project_id: int | None
    reason: Reason
    events: int
    bytes: int


def installation_policy() -> Policy:
    return Policy(
        days=settings.RETENTION_DAYS,
        kept_days=settings.RETENTION_KEPT_DAYS,
        project_events=settings.RETENTION_PROJECT_EVENTS,
        issue_events=settings.RETENTION_ISSUE_EVENTS,
    )


def policy_of(project: Project) -> Policy:
    """The project's own where it says something, else the installation's."""
    general = installation_policy()
    return Policy(
        days=project.retention_days or general.days,
        kept_days=project.retention_kept_days or general.kept_days,
        project_events=project.retention_events or general.project_events,
        issue_events=project.retention_issue_events or general.issue_events,
    )


def sweep(
    take: Take,
    now: datetime,
    *,
    projects: Iterable[Project] | None = None,
    max_bytes: int = 0,
    measure: Measure | None = None,
    choosing: Choosing | None = None,
) -> Iterator[Step]:
    """Take what has to go, a chunk for each step. max_bytes: of the installation; 0: any number.

    projects: only these; bytes are then left alone.
    """
    chosen = list(Project.objects.order_by("pk") if projects is None else projects)
    choosing = choosing or Choosing(now)
    for project in chosen:
        policy = policy_of(project)
        yield from _taken(choosing.by_age(project.pk, policy), take, project.pk)
        yield from _taken(choosing.by_number(project.pk, policy), take, project.pk)
    if max_bytes and projects is None:
        yield from _by_bytes(
            choosing, [project.pk for project in chosen], take, max_bytes, measure or space.measure
        )


def _taken(doomed: Iterator[Doomed], take: Take, project_id: int | None) -> Iterator[Step]:
    while chunk := list(islice(doomed, CHUNK)):
        removed = take(chunk)
        yield Step(project_id, chunk[0].reason, removed.events, removed.bytes)


def _by_bytes(
    choosing: Choosing, pks: list[int], take: Take, max_bytes: int, measure: Measure
) -> Iterator[Step]:
    """In rounds, because how much room an event takes is only known when it has gone."""
    levels: list[tuple[Worth, ...]] = [LEVELS[:1], LEVELS, ()]
    now = measure()
    if now.used > max_bytes and now.used - SURE * space.of_events() > max_bytes:
        logger.warning(
            "RETENTION_BYTES cannot be met: without any event the database would still take more. None leaves for it."
        )
        return
    for number in range(ROUNDS):
        wanted = wanted_events(measure() if number else now, max_bytes)
        if not wanted or not levels:
            return
        found = (
            choosing.by_bytes(pks, wanted, levels[0])
            if levels[0]
            else choosing.stalest(pks, wanted)
        )
        removed = 0
        for step in _taken(found, take, None):
            removed += step.events
            yield step
        if removed * 10 < wanted:
            del levels[0]


def wanted_events(found: Space, max_bytes: int) -> int:
    """How many events have to leave. An estimate: what is no event's is counted among theirs."""
    if found.used <= max_bytes:
        return 0
    stored = Event.objects.count()
    excess = found.used - int(max_bytes * TARGET)
    return -(-stored * excess // max(found.used, 1))


def run(
    *, now: datetime | None = None, projects: Iterable[Project] | None = None
) -> Iterator[Step]:
    """A whole pass, if no other process is at it. Raises LeaseLost if another one takes over.

    Whoever goes through the steps decides how long to pause in between.
    """
    lease = claim(NAME, now or timezone.now())
    if lease is not None:
        yield from hold(lease, now=now, projects=projects)


def hold(
    lease: Lease, *, now: datetime | None = None, projects: Iterable[Project] | None = None
) -> Iterator[Step]:
    """A pass under a lease that was claimed."""
    began = now or timezone.now()
    tally = Tally()
    lease.note(started_at=began)
    try:
        steps = sweep(
            lambda chunk: remove(list(chunk), lease, now or timezone.now()),
            began,
            projects=projects,
            max_bytes=settings.RETENTION_BYTES,
        )
        for step in steps:
            tally.events[step.reason] += step.events
            tally.bytes += step.bytes
            yield step
        exemplars.sweep(lease)
        found = {"events": dict(tally.events), "bytes": tally.bytes}
        data = Sweep.objects.get(pk=lease.name).data
        lease.note(finished_at=now or timezone.now(), data=data | {"last": found})
    finally:
        lease.release()


def dry_run(
    now: datetime,
    *,
    projects: Iterable[Project] | None = None,
    until: Callable[[], bool] | None = None,
) -> tuple[Tally, bool]:
    """What a pass would take now, and whether it was looked through to the end; until: whether to stop."""
    gone, tally = Counter[int](), Tally()

    def count(chunk: Collection[Doomed]) -> Removed:
        gone.update(each.issue_id for each in chunk)
        payloads = EventPayload.objects.filter(pk__in=[each.pk for each in chunk])
        size = payloads.aggregate(sum=Sum(Length("data")))["sum"] or 0
        return Removed(len(chunk), size)

    measured: list[Space] = []

    def measure() -> Space:
        """What is chosen is still there: one round is all that can be reckoned with."""
        if measured:
            return Space(0, 0)
        measured.append(space.measure())
        freed = tally.bytes
        return Space(measured[0].allocated, max(0, measured[0].used - freed))

    choosing = Choosing(now, settling=SETTLING, gone=gone)
    for step in sweep(
        count,
        now,
        projects=projects,
        max_bytes=settings.RETENTION_BYTES,
        measure=measure,
        choosing=choosing,
    ):
        tally.events[step.reason] += step.events
        tally.bytes += step.bytes
        if step.project_id is not None:
            tally.by_project[step.project_id] += step.events
        if until is not None and until():
            return tally, False
    return tally, True
