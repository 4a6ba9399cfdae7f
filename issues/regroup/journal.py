"""What was decided and done about a run of regrouping: by whom, when, about how many events."""

from datetime import datetime

from issues.models import RegroupRun, RegroupStep
from projects.models import User

What = RegroupStep.What


def note(
    run: RegroupRun,
    what: RegroupStep.What,
    now: datetime,
    *,
    by: User | None = None,
    events: int | None = None,
) -> None:
    """Inside the transaction that does it."""
    RegroupStep.objects.create(run=run, what=what, at=now, actor=by, events=events)


def decided_by(run: RegroupRun) -> int | None:
    """The primary key of who let the run do what it does now."""
    decisions = run.steps.filter(what__in=(What.MOVING, What.UNDOING)).order_by("-pk")
    return decisions.values_list("actor_id", flat=True).first()
