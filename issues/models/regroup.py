"""The journal of regrouping: what was decided, how far it is, and which events it moved."""

from django.conf import settings
from django.db import models


class RegroupState(models.TextChoices):
    PLANNING = "planning", "Looking"
    PLANNED = "planned", "Looked through"
    APPLYING = "applying", "Moving events"
    APPLIED = "applied", "Applied"
    UNDOING = "undoing", "Undoing"
    UNDONE = "undone", "Undone"
    DROPPED = "dropped", "Dropped"


class RegroupRun(models.Model):
    """One pass over a project's stored events, newest first.

    candidate: the grouping to try (issues.grouping.compiled). is_splitting: whether one issue may become several.
    cursor: the primary key of the last event that was looked at (undoing: of the RegroupMove), null at the start.
    plan: {"flows": [[issue, hash, new hash, its issue or null, events]], "targets": {new hash: issue}}.
    """

    project_id = models.BigIntegerField(db_index=True)
    state = models.CharField(max_length=8, choices=RegroupState, default=RegroupState.PLANNING)
    candidate = models.JSONField(default=dict)
    is_splitting = models.BooleanField(default=True)
    since = models.DateTimeField(null=True)
    # New events are grouped as they come; a run looks at those that were stored when it began.
    last_event_pk = models.BigIntegerField()
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


class RegroupMove(models.Model):
    """That a run moved an event from one grouphash to another."""

    run = models.ForeignKey(RegroupRun, models.CASCADE, related_name="moves")
    event_pk = models.BigIntegerField()
    from_hash_id = models.BigIntegerField()
    to_hash_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.event_pk}: {self.from_hash_id} to {self.to_hash_id}"
