"""What ingest itself keeps in the database: how far each spool is digested, and what became of items."""

from django.db import models


class Checkpoint(models.Model):
    """The last sequence of a spool file that is in the database, moved in the batch's own transaction.

    After a crash between commit and acknowledgement the digester skips what this says is stored.
    """

    spool_id = models.CharField(max_length=32, primary_key=True)
    last_sequence = models.BigIntegerField()
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.spool_id}: {self.last_sequence}"


class OutcomeCount(models.Model):
    """How many items of a category met an outcome in an hour, per project. Exact."""

    project_id = models.BigIntegerField()
    hour = models.DateTimeField()
    outcome = models.CharField(max_length=16)  # ingest.outcomes.Outcome
    category = models.CharField(max_length=20)  # error, transaction, session ... as in rate limits
    reason = models.CharField(max_length=64, blank=True)
    quantity = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project_id", "hour", "outcome", "category", "reason"],
                name="outcome_count_unique",
            )
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.category} {self.quantity}"


class Refusal(models.Model):
    """The latest refused request of each kind that named a project: the commonest trouble of the first minute."""

    project_id = models.BigIntegerField()
    reason = models.CharField(max_length=32)  # ingest.outcomes.RefusalReason
    status = models.PositiveSmallIntegerField()
    detail = models.CharField(max_length=300)
    client = models.CharField(max_length=100, blank=True)  # SDK or user agent
    count = models.BigIntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project_id", "reason"], name="refusal_unique")
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.reason} {self.count}"


class SdkSeen(models.Model):
    """What an SDK in a version has sent to a project, and what is missing in it. Times are of receipt."""

    project_id = models.BigIntegerField()
    name = models.CharField(max_length=64, blank=True)  # "" if the sender named none
    version = models.CharField(max_length=64, blank=True)
    envelopes = models.BigIntegerField(default=0)
    events = models.BigIntegerField(default=0)
    last_at = models.DateTimeField()
    # Events without a release or an environment, and envelopes by a wrong clock: how many, and the latest one.
    no_release = models.BigIntegerField(default=0)
    no_release_at = models.DateTimeField(null=True)
    no_environment = models.BigIntegerField(default=0)
    no_environment_at = models.DateTimeField(null=True)
    skewed = models.BigIntegerField(default=0)
    skewed_at = models.DateTimeField(null=True)
    largest_skew = models.BigIntegerField(default=0)  # seconds, in either direction

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project_id", "name", "version"], name="sdk_seen_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class ClientLoss(models.Model):
    """What SDKs reported not to have sent, per project and hour of receipt."""

    project_id = models.BigIntegerField()
    hour = models.DateTimeField()
    reason = models.CharField(max_length=32)  # ingest.reasons.LOSS_REASONS, or other
    category = models.CharField(max_length=32)
    quantity = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project_id", "hour", "reason", "category"], name="client_loss_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.category} {self.quantity}"


class LogSource(models.Model):
    """What came to a project's log endpoint since it is there. Lines are shown without secrets, and cut."""

    project_id = models.BigIntegerField(unique=True)
    accepted = models.BigIntegerField(default=0)
    ignored = models.BigIntegerField(default=0)
    duplicates = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    last_at = models.DateTimeField()
    last_line = models.CharField(max_length=400, blank=True, db_default="")
    formats = models.CharField(max_length=100, blank=True, db_default="")
    client = models.CharField(max_length=100, blank=True, db_default="")  # user agent
    failed_at = models.DateTimeField(null=True)
    failed_line = models.CharField(max_length=400, blank=True, db_default="")
    reason = models.CharField(max_length=200, blank=True, db_default="")

    def __str__(self) -> str:
        return f"{self.accepted} of {self.accepted + self.ignored + self.rejected} lines"
