"""What grouping was not sure of: events that it could not group, issues that are probably the same."""

from django.conf import settings
from django.db import models

from issues.models.issue import Issue


class GroupingFailure(models.Model):
    """That grouping itself failed, at one place of its code, for events of a project (grouping contract, 13.6)."""

    project_id = models.BigIntegerField()
    place = models.CharField(max_length=120)  # of the code: few, whatever is sent
    error = models.CharField(max_length=200)  # that of the first event
    event_id = models.UUIDField()  # the first
    count = models.BigIntegerField()
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project_id", "place"], name="grouping_failure_unique")
        ]

    def __str__(self) -> str:
        return self.place


class Likeness(models.Model):
    """Two issues that are probably the same: one statement, in one release, has raised events of both.

    `issue` is the one with the lower key. dismissed_at: somebody has said that they are not the same.
    """

    project_id = models.BigIntegerField()
    issue = models.ForeignKey(
        Issue, models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    other = models.ForeignKey(Issue, models.CASCADE, related_name="+", db_constraint=False)
    release = models.CharField(max_length=250, blank=True)
    created_at = models.DateTimeField()
    dismissed_at = models.DateTimeField(null=True)
    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )

    class Meta:
        verbose_name_plural = "likenesses"
        constraints = [models.UniqueConstraint(fields=["issue", "other"], name="likeness_unique")]

    def __str__(self) -> str:
        return f"{self.issue_id} and {self.other_id}"
