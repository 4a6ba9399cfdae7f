"""A verb on all issues that match a search, done a chunk at a time."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class BulkState(models.TextChoices):
    RUNNING = "running", "At work"
    STOPPED = "stopped", "Stopped"
    DONE = "done", "Done"
    REFUSED = "refused", "Refused"


class BulkJob(models.Model):
    """params: the list's, as of issues.listing. data: what was chosen for the verb, as it was posted.

    The issues come in the order of their primary keys, up to that of the newest one when the job began; cursor: the
    last one that was looked at. undoes: the job that this one takes back; its cursor is that of BulkStep.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="bulk_jobs")
    project_id = models.BigIntegerField(null=True)
    verb = models.CharField(max_length=32)
    params = models.JSONField(default=dict)
    data = models.JSONField(default=dict)
    back = models.CharField(max_length=2000)  # where the list is
    state = models.CharField(max_length=8, choices=BulkState, default=BulkState.RUNNING)
    reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    last_pk = models.BigIntegerField()
    cursor = models.BigIntegerField(default=0)
    total = models.PositiveIntegerField()
    looked_at = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    undoes = models.OneToOneField("self", models.CASCADE, null=True, related_name="undone_by")

    class Meta:
        indexes = [
            models.Index(
                fields=["id"], name="bulk_job_running", condition=Q(state=BulkState.RUNNING)
            )
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.looked_at} of {self.total}"


class BulkStep(models.Model):
    """How the issues of one chunk were before: what undoes it."""

    job = models.ForeignKey(BulkJob, models.CASCADE, related_name="steps")
    before = models.JSONField()

    def __str__(self) -> str:
        return f"{len(self.before)} issues"
