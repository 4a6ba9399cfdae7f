"""What an issue is to one person, and who else may look at it."""

from django.conf import settings
from django.db import models

from issues.models.issue import Issue


class IssueMark(models.Model):
    """A person's own: a bookmark, and whether to hear of the issue.

    subscribed: null if nothing was said. reason: why (issues.marks.Reason); what a person chose is never overruled.
    """

    issue = models.ForeignKey(
        Issue, models.CASCADE, related_name="marks", db_constraint=False, db_index=False
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    bookmarked_at = models.DateTimeField(null=True)
    subscribed = models.BooleanField(null=True)
    reason = models.CharField(max_length=16, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issue", "user"], name="issue_mark_unique")]

    def __str__(self) -> str:
        return f"{self.user_id} on {self.issue_id}"


class IssueShare(models.Model):
    """That whoever has the link may look at an issue, without an account. Taking it back deletes the row."""

    issue = models.OneToOneField(Issue, models.CASCADE, related_name="share", db_constraint=False)
    token = models.CharField(max_length=43, unique=True)
    created_at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )

    def __str__(self) -> str:
        return f"of {self.issue_id}"
