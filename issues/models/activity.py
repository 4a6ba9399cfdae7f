from django.conf import settings
from django.db import models

from issues.models.issue import Issue
from issues.states import Kind


class Activity(models.Model):
    """A dated fact about an issue, made by a person or by an event. Also the outbox that alerts read."""

    project_id = models.BigIntegerField(db_index=True)
    issue = models.ForeignKey(Issue, models.CASCADE, related_name="activity", db_constraint=False)
    kind = models.CharField(max_length=16, choices=[(k.value, k.name.lower()) for k in Kind])
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    data = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "activity"

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"
