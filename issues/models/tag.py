from django.db import models


class IssueTag(models.Model):
    """How many events carried a value of a tag, by grouphash: an issue's counts are the sums over its hashes, and so
    stay exact when hashes move between issues and payloads are gone. Exact for what was digested.

    `trace` and `api_request_id` are missing here: they differ on every event and are columns of Event.
    """

    project_id = models.BigIntegerField()
    grouphash_id = models.BigIntegerField()
    key = models.CharField(max_length=200)
    value = models.CharField(max_length=200)
    count = models.BigIntegerField()
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                # In the order of a search: the issues that met a value are read from the index alone.
                fields=["project_id", "key", "value", "grouphash_id"],
                name="issue_tag_unique",
            )
        ]
        indexes = [models.Index(fields=["grouphash_id", "key"], name="issue_tag_of_hash")]

    def __str__(self) -> str:
        return f"{self.key}:{self.value}"
