"""What retention has taken, how far it is, and how large the database was. Counts of events never depend on these."""

from django.db import models


class Sweep(models.Model):
    """A work that one process at a time does for all of them: whoever holds the lease. One row for each kind of work.

    owner: a random word of the holder. data: figures of the last pass, or of the one under way, and cursors.
    """

    name = models.CharField(max_length=32, primary_key=True)
    owner = models.CharField(max_length=32, blank=True)
    leased_until = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    data = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.name


class EvictedCount(models.Model):
    """How many events of a grouphash retention has taken: with those that are stored, as many as were counted.

    latest_at: when the newest of them was received.
    """

    project_id = models.BigIntegerField()
    grouphash_id = models.BigIntegerField()
    events = models.BigIntegerField()
    latest_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project_id", "grouphash_id"], name="evicted_count_unique"
            )
        ]
        indexes = [models.Index(fields=["grouphash_id"], name="evicted_count_of_hash")]

    def __str__(self) -> str:
        return f"{self.events} of {self.grouphash_id}"


class Eviction(models.Model):
    """What left a project on a day of UTC, and by which rule (issues.retention.policy.Reason). bytes: as stored."""

    project_id = models.BigIntegerField()
    day = models.DateField()
    reason = models.CharField(max_length=8)
    events = models.BigIntegerField()
    bytes = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project_id", "day", "reason"], name="eviction_unique")
        ]

    def __str__(self) -> str:
        return f"{self.events} by {self.reason} on {self.day}"


class SizeSample(models.Model):
    """How large the database was in an hour, for the forecast. Bytes; allocated: what it takes from its disk."""

    hour = models.DateTimeField(primary_key=True)
    allocated = models.BigIntegerField()
    used = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H}: {self.used}"
