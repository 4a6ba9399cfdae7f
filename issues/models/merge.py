"""Issues that were merged away, and what is needed to take a merge back."""

from django.conf import settings
from django.db import models


class MergedIssue(models.Model):
    """What is left of an issue that was merged into another: its address leads there, and it can come back.

    `id` is the issue's, `into_id` the issue that has its hashes now, never one that was merged away itself.
    """

    id = models.BigIntegerField(primary_key=True)
    project_id = models.BigIntegerField()
    number = models.PositiveIntegerField()
    into_id = models.BigIntegerField(db_index=True)
    merged_at = models.DateTimeField()
    state = models.JSONField()  # the row as it was: issues.tombstones
    text = models.TextField(blank=True)  # the issue's search text

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project_id", "number"], name="merged_issue_number_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk} in {self.into_id}"


class Rearrangement(models.Model):
    """A merge or an unmerge, with what undoes it. data: see issues.merging."""

    MERGE, UNMERGE = "merge", "unmerge"

    project_id = models.BigIntegerField(db_index=True)
    kind = models.CharField(max_length=8)
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    data = models.JSONField()
    undone_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"


class Relocation(models.Model):
    """Work to do: the events that still stand under this issue and whose grouphash has gone to another follow it.

    Newest first; `at` and `event_pk` are those of the last event that was looked at.
    """

    project_id = models.BigIntegerField()
    issue_id = models.BigIntegerField(db_index=True)
    at = models.DateTimeField(null=True)
    event_pk = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"of {self.issue_id}"
