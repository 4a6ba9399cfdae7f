"""The journal of regrouping: what was decided, how far it is, and which events it moved."""

from django.conf import settings
from django.db import models


class RegroupState(models.TextChoices):
    PLANNING = "planning", "Looking"
    PLANNED = "planned", "Looked through"
    SAVED = "saved", "Rules saved"
    APPLYING = "applying", "Moving events"
    APPLIED = "applied", "Applied"
    UNDOING = "undoing", "Undoing"
    UNDONE = "undone", "Undone"
    DROPPED = "dropped", "Dropped"


class RegroupRun(models.Model):
    """One pass over a project's stored events, newest first.

    candidate: the grouping to try (issues.options.described). in_force: what was in force when the run began.
    adopted_at: when the candidate was put in force by this run. is_splitting: whether one issue may become several.
    after_event_pk: events up to this one are not looked at. follows: the run that was undone and whose rules had been
    in force; this one then moves what came meanwhile, without being asked.
    cursor: the primary key of the last event that was looked at (undoing: of the RegroupMove), null at the start.
    plan: {"flows": [[issue, hash, new hash, events]], "known": {new hash: issue}, "targets": {new hash: issue or
    null}, "without": events whose payload is gone, "brought": [[grouphash, issue it came from, issue it went to]],
    "buried": see issues.regroup.apply, "back": events that the undo has moved,
    "stragglers": the event after which it looked once more, "living": issues that keep events which are not looked at}.
    """

    project_id = models.BigIntegerField(db_index=True)
    state = models.CharField(max_length=8, choices=RegroupState, default=RegroupState.PLANNING)
    candidate = models.JSONField(default=dict)
    in_force = models.JSONField(default=dict)
    adopted_at = models.DateTimeField(null=True)
    is_splitting = models.BooleanField(default=True)
    since = models.DateTimeField(null=True)
    # New events are grouped as they come; a run looks at those that were stored when it began.
    last_event_pk = models.BigIntegerField()
    after_event_pk = models.BigIntegerField(default=0)
    follows = models.ForeignKey("self", models.SET_NULL, null=True, related_name="followers")
    in_background = models.BooleanField(default=True)
    cursor = models.BigIntegerField(null=True)
    to_look_at = models.BigIntegerField(default=0)
    looked_at = models.BigIntegerField(default=0)
    moved = models.BigIntegerField(default=0)
    plan = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )

    class Meta:
        indexes = [models.Index(fields=["state"], name="regroup_run_state")]

    def __str__(self) -> str:
        return f"{self.pk} {self.state}"


class RegroupStep(models.Model):
    """One thing that was decided or done about a run. Without actor: in the background, or from the command line.

    events: how many it was about; null where it was about none.
    """

    class What(models.TextChoices):
        BEGUN = "begun", "Dry run begun"
        LOOKED = "looked", "Events looked through"
        SAVED = "saved", "Rules saved"
        MOVING = "moving", "Moving decided"
        MOVED = "moved", "Events moved"
        UNDOING = "undoing", "Undo decided"
        RETURNED = "returned", "The rules before given back"
        LEFT = "left", "Rules left as they are: they were changed in between"
        UNDONE = "undone", "Events moved back"
        LATE = "late", "What came under these rules meanwhile is moved, too"
        DROPPED = "dropped", "Dropped"

    run = models.ForeignKey(RegroupRun, models.CASCADE, related_name="steps")
    what = models.CharField(max_length=8, choices=What)
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    events = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"{self.what} {self.at:%Y-%m-%d %H:%M}"


class RegroupMove(models.Model):
    """That a run moved an event from one grouphash to another."""

    run = models.ForeignKey(RegroupRun, models.CASCADE, related_name="moves")
    event_pk = models.BigIntegerField()
    from_hash_id = models.BigIntegerField()
    to_hash_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.event_pk}: {self.from_hash_id} to {self.to_hash_id}"
