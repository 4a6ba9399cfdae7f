"""A verb on all issues that match a search: begun by a click, done in chunks, by whoever comes by.

Every chunk is one transaction that locks the job, gives the verb to the issues behind its cursor and moves the cursor:
however many processes and pages carry a job on, and wherever they are interrupted, no issue is treated twice or left
out. Whether the user may still do it is asked again for every chunk.
"""

import time
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from issues import triage
from issues.bulk_verbs import VERBS
from issues.listing import Choices, Listing, choices, in_tab, listing
from issues.models import BulkJob, BulkState, BulkStep, Issue
from issues.triage import Before
from projects.models import Project, User

CHUNK = 200
AT_ONCE = 1000  # up to so many while the click waits
MOST_RUNNING = 5  # of one person


class CannotBegin(ValueError):
    """The message says why, to the person who tried."""


def begin(
    user: User,
    project: Project | None,
    verb: str,
    *,
    params: Mapping[str, str],
    data: Mapping[str, str],
    back: str,
    now: datetime,
) -> BulkJob | None:
    """A job for all issues that match now; None if there are none. Raises CannotBegin."""
    issues = matching(user, project, params, now)
    total, last = issues.count(), issues.aggregate(last=Max("pk"))["last"]
    if not total:
        return None
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        if user.bulk_jobs.filter(state=BulkState.RUNNING).count() >= MOST_RUNNING:
            raise CannotBegin(f"{MOST_RUNNING} of your searches are at work. Wait for one of them.")
        kept = {name: _text(data[name]) for name in VERBS[verb].fields if name in data}
        return BulkJob.objects.create(
            user=user,
            project_id=project.pk if project else None,
            verb=verb,
            params={name: _text(value) for name, value in params.items()},
            data=kept,
            back=_text(back),
            created_at=now,
            last_pk=last,
            total=total,
        )


def matching(
    user: User, project: Project | None, params: Mapping[str, str], now: datetime
) -> QuerySet[Issue]:
    """What a job would treat that began now. Raises CannotBegin."""
    chosen, found = _look(user, project, params, now)
    if chosen.query.mistakes or chosen.problem:
        raise CannotBegin("This search has mistakes; nothing was done.")
    if not found.triable:
        raise CannotBegin("You may look at these issues, not decide about them.")
    if found.notes:
        raise CannotBegin("This search was cut short, so “all that match” is not known. Narrow it.")
    return in_tab(found.issues, chosen, now).filter(project__in=found.triable)


def _text(value: str) -> str:
    """PostgreSQL takes no NUL in JSON either."""
    return value[:2000].replace("\0", "")


def undo(job: BulkJob, *, now: datetime) -> BulkJob | None:
    """A job that takes another one back; the same one if asked twice. None if there is nothing to be undone."""
    with transaction.atomic():
        BulkJob.objects.select_for_update().get(pk=job.pk)
        made = BulkJob.objects.filter(undoes=job).first()
        if made is not None or job.state == BulkState.RUNNING or not job.steps.exists():
            return made
        return BulkJob.objects.create(
            user=job.user,
            project_id=job.project_id,
            verb=job.verb,
            back=job.back,
            created_at=now,
            last_pk=job.steps.aggregate(last=Max("pk"))["last"],
            total=job.changed,
            undoes=job,
        )


def stop(job: BulkJob) -> None:
    BulkJob.objects.filter(pk=job.pk, state=BulkState.RUNNING).update(state=BulkState.STOPPED)


def resume(job: BulkJob) -> None:
    BulkJob.objects.filter(pk=job.pk, state=BulkState.STOPPED).update(state=BulkState.RUNNING)


def carry_on(seconds: float) -> bool:
    """Work for about so long, the oldest job first. Whether there was anything to do."""
    deadline = time.monotonic() + seconds
    worked = False
    while (pk := _next()) is not None:
        step(pk)
        worked = True
        if time.monotonic() >= deadline:
            break
    return worked


def finish(job: BulkJob, seconds: float) -> BulkJob:
    """Work on this one for about so long."""
    deadline = time.monotonic() + seconds
    while step(job.pk) and time.monotonic() < deadline:
        pass
    job.refresh_from_db()
    return job


def step(pk: int) -> bool:
    """One chunk. Whether there is more to do."""
    now = timezone.now()
    with transaction.atomic():
        job = BulkJob.objects.select_for_update().filter(pk=pk, state=BulkState.RUNNING).first()
        if job is None:
            return False
        if not job.user.is_active:
            return _end(job, BulkState.REFUSED, now, "The account was closed.")
        if job.undoes is not None:
            return _undo_chunk(job, now)
        return _chunk(job, now)


def _next() -> int | None:
    running = BulkJob.objects.filter(state=BulkState.RUNNING).order_by("pk")
    return running.values_list("pk", flat=True).first()


def _chunk(job: BulkJob, now: datetime) -> bool:
    project = Project.objects.filter(pk=job.project_id).first() if job.project_id else None
    if job.project_id and project is None:
        return _end(job, BulkState.REFUSED, now, "The project is gone.")
    # As of the click: "the last 24 hours" do not move on while the work is done.
    chosen, found = _look(job.user, project, job.params, job.created_at)
    if not found.triable or (project is not None and project not in found.projects):
        return _end(job, BulkState.REFUSED, now, "You may no longer decide about these issues.")
    wanted = in_tab(found.issues, chosen, job.created_at).filter(
        project__in=found.triable, pk__gt=job.cursor, pk__lte=job.last_pk
    )
    issues = list(wanted.select_related("project").order_by("pk")[:CHUNK])
    if not issues:
        return _end(job, BulkState.DONE, now)
    try:
        done = VERBS[job.verb].run(issues, job.data, job.user, now)
    except (KeyError, ValueError) as error:
        return _end(job, BulkState.REFUSED, now, str(error))
    if done.before:
        BulkStep.objects.create(job=job, before=[before.as_json() for before in done.before])
    job.cursor = issues[-1].pk
    job.looked_at += len(issues)
    job.changed += done.changed
    job.save(update_fields=["cursor", "looked_at", "changed"])
    return True


def _undo_chunk(job: BulkJob, now: datetime) -> bool:
    assert job.undoes is not None
    step = job.undoes.steps.filter(pk__gt=job.cursor, pk__lte=job.last_pk).order_by("pk").first()
    if step is None:
        return _end(job, BulkState.DONE, now)
    befores = [Before.from_json(item) for item in step.before]
    # What was allowed a moment ago may be forbidden now.
    allowed = listing(job.user, None, choices({}, now), now).triable
    pks = [before.issue_id for before in befores]
    own = Issue.objects.filter(pk__in=pks, project__in=allowed).values_list("pk", flat=True)
    kept = set(own)
    job.changed += triage.undo(
        (before for before in befores if before.issue_id in kept), by=job.user, now=now
    )
    job.looked_at += len(befores)
    job.cursor = step.pk
    job.save(update_fields=["cursor", "looked_at", "changed"])
    return True


def _end(job: BulkJob, state: BulkState, now: datetime, reason: str = "") -> bool:
    job.state, job.finished_at, job.reason = state, now, reason[:200]
    job.save(update_fields=["state", "finished_at", "reason"])
    return False


def _look(
    user: User, project: Project | None, params: Mapping[str, str], now: datetime
) -> tuple[Choices, Listing]:
    chosen = choices(params, now)
    return chosen, listing(user, project, chosen, now)


def of(user: User, pk: int) -> BulkJob | None:
    return BulkJob.objects.select_related("undoes").filter(user=user, pk=pk).first()


def forget(ended_before: datetime) -> int:
    """Jobs that nobody will undo any more, with what would undo them. Returns how many."""
    old = BulkJob.objects.filter(finished_at__lt=ended_before)
    return old.delete()[1].get("issues.BulkJob", 0)
