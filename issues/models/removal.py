"""Issues that were deleted, and what is not wanted any more."""

from django.conf import settings
from django.db import models

from issues.states import Level


class DeletedIssue(models.Model):
    """Work to do: an issue is gone, and all that its grouphashes counted and stored follows, a chunk at a time.

    issue_ids: where its events may stand. hashes: primary keys of its grouphashes, which are gone, too.
    `at` and `event_pk` are those of the last event that was looked at, of the first of issue_ids.
    """

    project_id = models.BigIntegerField()
    issue_ids = models.JSONField()
    hashes = models.JSONField()
    at = models.DateTimeField(null=True)
    event_pk = models.BigIntegerField(null=True)
    deleted_at = models.DateTimeField()
    # What it was, for whoever asks.
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=256)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )

    class Meta:
        indexes = [models.Index(fields=["project_id"], name="deleted_issue_of_project")]

    def __str__(self) -> str:
        return f"{self.number} in {self.project_id}"


class Discard(models.Model):
    """An issue that was deleted with all its future: events with its grouphashes are counted and not kept."""

    project_id = models.BigIntegerField()
    number = models.PositiveIntegerField()  # the short id that it had
    title = models.CharField(max_length=256)
    culprit = models.CharField(max_length=256, blank=True)
    level = models.SmallIntegerField()
    event_count = models.BigIntegerField()
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )

    class Meta:
        indexes = [models.Index(fields=["project_id", "-at"], name="discard_of_project")]

    def __str__(self) -> str:
        return self.title

    @property
    def level_name(self) -> str:
        return Level(self.level).name.lower()


class DiscardedHash(models.Model):
    discard = models.ForeignKey(Discard, models.CASCADE, related_name="hashes")
    project_id = models.BigIntegerField()
    hash = models.CharField(max_length=32)

    class Meta:
        verbose_name_plural = "discarded hashes"
        constraints = [
            models.UniqueConstraint(fields=["project_id", "hash"], name="discarded_hash_unique")
        ]

    def __str__(self) -> str:
        return self.hash
