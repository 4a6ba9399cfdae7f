"""What people decide about regrouping: look, save the rules, move the events, undo, drop. Each is one transaction.

Whatever a run does afterwards it does in chunks (issues.regroup.apply); what is decided here holds at once.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from issues.grouping_form import put_in_force
from issues.models import RegroupRun, RegroupState
from issues.options import completed, described, fields_of
from issues.regroup.journal import What, note
from issues.regroup.reach import follow, take_in
from projects.models import Project, User


class Changed(RuntimeError):
    """The project's settings are no longer those that the run has looked with."""


def start(
    project: Project,
    candidate: Mapping[str, Any],
    *,
    by: User | None,
    now: datetime,
    days: int | None = None,
    is_splitting: bool = True,
    in_background: bool = True,
) -> RegroupRun:
    """A run that first looks. Raises ValueError for a candidate that is none."""
    run = RegroupRun(
        project_id=project.pk,
        candidate=completed(candidate),
        is_splitting=is_splitting,
        since=now - timedelta(days=days) if days is not None else None,
        in_background=in_background,
        created_at=now,
        actor=by,
    )
    with transaction.atomic():
        run.in_force = described(Project.objects.get(pk=project.pk))
        take_in(run)
        run.save()
        note(run, What.BEGUN, now, by=by, events=run.to_look_at)
    return run


def save(run: RegroupRun, *, by: User | None, now: datetime) -> bool:
    """Put the candidate in force for events to come. Whether the run could. Raises Changed."""
    with transaction.atomic():
        return _adopt(run, RegroupState.SAVED, by, now)


def apply(run: RegroupRun, *, by: User | None, now: datetime, is_saving: bool = False) -> bool:
    """Let a run that has looked move the events. Whether it could. Raises Changed.

    is_saving: put the candidate in force as well. Events that came since the run has looked are moved, too.
    """
    with transaction.atomic():
        if is_saving:
            turned = _adopt(run, RegroupState.APPLYING, by, now)
        else:
            turned = _turn(run, (RegroupState.PLANNED, RegroupState.SAVED), RegroupState.APPLYING)
        if turned:
            take_in(run)
            run.save(update_fields=["last_event_pk", "to_look_at"])
            note(run, What.MOVING, now, by=by, events=run.to_look_at)
    return turned


def undo(run: RegroupRun, *, by: User | None, now: datetime) -> bool:
    """Let a run that was applied take its moves back, and with them the settings that it has put in force, unless they
    were changed since. Whether it could.

    Events that came under those settings follow in a run of their own (issues.regroup.reach.follow).
    """
    with transaction.atomic():
        project = Project.objects.select_for_update().get(pk=run.project_id)
        has_moved = _turn(run, (RegroupState.APPLIED,), RegroupState.UNDOING)
        if not has_moved and not _turn(run, (RegroupState.SAVED,), RegroupState.UNDONE):
            return False
        note(run, What.UNDOING, now, by=by, events=run.moved if has_moved else None)
        if not has_moved:
            RegroupRun.objects.filter(pk=run.pk).update(finished_at=now)
        if run.adopted_at is not None and gives_back(run, project):
            put_in_force(project, fields_of(run.in_force), now)
            note(run, What.RETURNED, now, by=by)
        elif run.adopted_at is not None:
            note(run, What.LEFT, now, by=by)
        if not has_moved:
            follow(run, now)
    return True


def drop(run: RegroupRun, *, by: User | None, now: datetime) -> bool:
    """Forget a run that has changed nothing."""
    with transaction.atomic():
        states = (RegroupState.PLANNING, RegroupState.PLANNED)
        rows = RegroupRun.objects.filter(pk=run.pk, state__in=states)
        if not rows.update(state=RegroupState.DROPPED, finished_at=now):
            return False
        note(run, What.DROPPED, now, by=by)
    return True


def gives_back(run: RegroupRun, project: Project) -> bool:
    """Whether undoing the run would give back the settings before: they are still those that it has put in force."""
    return run.adopted_at is not None and described(project) == run.candidate


def _adopt(run: RegroupRun, state: RegroupState, by: User | None, now: datetime) -> bool:
    project = Project.objects.select_for_update().get(pk=run.project_id)
    if not _turn(run, (RegroupState.PLANNED,), state):
        return False
    if described(project) != run.in_force:
        raise Changed
    put_in_force(project, fields_of(run.candidate), now)
    run.adopted_at = now
    run.save(update_fields=["adopted_at"])
    note(run, What.SAVED, now, by=by)
    return True


def _turn(run: RegroupRun, old: tuple[RegroupState, ...], new: RegroupState) -> bool:
    rows = RegroupRun.objects.filter(pk=run.pk, state__in=old)
    # How far the look came stands in the journal.
    turned = rows.update(state=new, cursor=None, looked_at=0, finished_at=None)
    run.refresh_from_db()
    return bool(turned)
