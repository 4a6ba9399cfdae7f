"""Which events a run looks at; and the run that follows an undo, for those that came under the rules it took back."""

from datetime import datetime

from django.db.models import Max, QuerySet

from issues.models import Event, RegroupRun
from issues.options import described
from issues.regroup.journal import What, decided_by, note
from projects.models import Project


def events_of(run: RegroupRun) -> QuerySet[Event]:
    """All that a run looks at."""
    events = Event.objects.filter(
        project_id=run.project_id, pk__lte=run.last_event_pk, pk__gt=run.after_event_pk
    )
    return events if run.since is None else events.filter(received_at__gte=run.since)


def take_in(run: RegroupRun) -> None:
    """Have the run concern all events that are stored by now."""
    newest = Event.objects.filter(project_id=run.project_id).aggregate(last=Max("pk"))["last"]
    run.last_event_pk = newest or 0
    run.to_look_at = events_of(run).count()


def follow(run: RegroupRun, now: datetime) -> RegroupRun | None:
    """Inside the transaction that ends an undo which gave back the rules of before.

    What came after the run had taken in its events stands under hashes of rules that are gone. The new run puts it
    where it would be without them. None if nothing came.
    """
    if not run.steps.filter(what=What.RETURNED).exists():
        return None
    settings = described(Project.objects.get(pk=run.project_id))
    late = RegroupRun(
        project_id=run.project_id,
        candidate=settings,
        in_force=settings,
        # What the run has looked at once more may have come under its rules already: then it has not moved it.
        after_event_pk=run.plan.get("stragglers", run.last_event_pk),
        follows=run,
        in_background=run.in_background,
        created_at=now,
        actor_id=decided_by(run),
    )
    take_in(late)
    if not late.to_look_at:
        return None
    late.save()
    note(run, What.LATE, now, events=late.to_look_at)
    note(late, What.BEGUN, now, events=late.to_look_at)
    return late
