"""Counts and users are kept per grouphash: merging re-points and sums, and stays exact after payloads are gone."""

from django.db import models


class HourCount(models.Model):
    project_id = models.BigIntegerField()
    grouphash_id = models.BigIntegerField()
    environment_id = models.BigIntegerField(default=0)  # 0: the event named none
    hour = models.DateTimeField()
    count = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project_id", "grouphash_id", "environment_id", "hour"],
                name="hour_count_unique",
            )
        ]
        indexes = [models.Index(fields=["project_id", "hour"], name="hour_count_of_project")]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H}: {self.count}"


class UserSeen(models.Model):
    """That a user met a grouphash in an environment; last_seen answers "how many in the last 24 hours"."""

    project_id = models.BigIntegerField()
    grouphash_id = models.BigIntegerField()
    environment_id = models.BigIntegerField(default=0)
    user_hash = models.BigIntegerField()
    count = models.BigIntegerField(default=0)  # events
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project_id", "grouphash_id", "user_hash", "environment_id"],
                name="user_seen_unique",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_hash:x}"
