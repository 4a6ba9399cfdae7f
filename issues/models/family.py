from django.db import models

from issues.models.issue import Issue


class IssueFamily(models.Model):
    """Which issues differ in nothing but their text: those of one family (issues.grouping.Grouping.family).

    is_various: it gathers the texts beyond the limit. by_place: every new text, limit or not.
    """

    issue = models.OneToOneField(
        Issue, models.CASCADE, primary_key=True, related_name="family", db_constraint=False
    )
    project_id = models.BigIntegerField()
    family = models.CharField(max_length=32)
    created_at = models.DateTimeField()
    is_various = models.BooleanField(default=False)
    by_place = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "issue families"
        indexes = [
            models.Index(fields=["project_id", "family", "created_at"], name="issue_family_recent")
        ]

    def __str__(self) -> str:
        return self.family
