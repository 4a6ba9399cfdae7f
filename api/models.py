from django.conf import settings
from django.db import models

from projects.models import Project


class ApiToken(models.Model):
    """A bearer token of the REST API. Only the secret's hash is kept; it is shown once. Revoked means deleted."""

    class Owner(models.TextChoices):
        USER = "user"
        ORGANIZATION = "organization"

    kind = models.CharField(max_length=12, choices=Owner)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="api_tokens"
    )
    # The only project that it may touch; None: all that its owner may.
    project = models.ForeignKey(Project, models.CASCADE, null=True, related_name="api_tokens")
    name = models.CharField(max_length=100, blank=True)
    scopes = models.JSONField(default=list)
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the whole token, hex
    last_characters = models.CharField(max_length=4)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)  # to the minute

    def __str__(self) -> str:
        return self.name or f"…{self.last_characters}"

    @property
    def shown(self) -> str:
        """What can be told of it: how it begins and how it ends."""
        return f"{'sntryu_' if self.user_id else 'sntrys_'}…{self.last_characters}"


class ArtifactBundle(models.Model):
    """Source maps and sources as a build sent them; the file lies under its SHA-1 (api.uploads)."""

    sha1 = models.CharField(max_length=40, unique=True)
    size = models.PositiveBigIntegerField()  # bytes
    version = models.CharField(max_length=250, blank=True)
    dist = models.CharField(max_length=64, blank=True)
    debug_id = models.CharField(max_length=64, blank=True)
    files = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    projects: "models.ManyToManyField[Project, models.Model]" = models.ManyToManyField(
        Project, related_name="artifact_bundles"
    )

    def __str__(self) -> str:
        return f"{self.version or self.debug_id or self.sha1} ({self.files} files)"
