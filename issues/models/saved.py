from django.conf import settings
from django.db import models
from django.db.models import Q

from projects.models import Project


class SavedSearch(models.Model):
    """A list of issues that somebody named. params: an address's query string, of issues.listing.FIELDS.

    Without a project it is about all of them. is_shared: everybody who sees the project sees it, too.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_searches"
    )
    project = models.ForeignKey(
        Project, models.CASCADE, null=True, related_name="saved_searches", db_constraint=False
    )
    name = models.CharField(max_length=80)
    params = models.TextField()
    is_shared = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "saved searches"
        constraints = [
            models.UniqueConstraint(fields=["user", "project", "name"], name="saved_search_unique"),
            models.UniqueConstraint(
                fields=["user", "name"],
                name="saved_search_of_all_unique",
                condition=Q(project__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DefaultSearch(models.Model):
    """With which saved search a list opens for somebody. place: a project's id, 0 for the list of all projects."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    place = models.BigIntegerField(default=0)
    search = models.ForeignKey(SavedSearch, models.CASCADE, related_name="defaults")

    class Meta:
        verbose_name_plural = "default searches"
        constraints = [
            models.UniqueConstraint(fields=["user", "place"], name="default_search_unique")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.place}"
