from django.db import models


class IssueTag(models.Model):
    """How many of an issue's events carried a value of a tag. Exact for what was digested.

    `trace` and `api_request_id` are missing here: they differ on every event and are columns of Event.
    """

    project_id = models.BigIntegerField()
    issue_id = models.BigIntegerField()
    key = models.CharField(max_length=200)
    value = models.CharField(max_length=200)
    count = models.BigIntegerField()
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project_id", "issue_id", "key", "value"], name="issue_tag_unique"
            )
        ]
        indexes = [models.Index(fields=["project_id", "key", "value"], name="issue_tag_search")]

    def __str__(self) -> str:
        return f"{self.key}:{self.value}"
