import uuid
from collections.abc import Mapping

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from issues import window
from issues.states import Level, Priority, Status, Waiting
from projects.models import Project, Release, Team
from projects.versions import Known


class Issue(models.Model):
    """Events that are one problem. Counters move only in the transaction that inserts the events they count."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(
        Project, models.CASCADE, related_name="issues", db_constraint=False, db_index=False
    )
    number = models.PositiveIntegerField()
    status = models.SmallIntegerField(
        choices=[(s.value, s.name.lower()) for s in Status], default=Status.UNRESOLVED
    )
    level = models.SmallIntegerField(choices=[(v.value, v.name.lower()) for v in Level])
    title = models.CharField(max_length=256)
    # The title's two halves, for lists that set them apart. A message has no type.
    type = models.CharField(max_length=256, blank=True)
    value = models.TextField(blank=True)
    culprit = models.CharField(max_length=256, blank=True)
    platform = models.CharField(max_length=64)
    logger = models.CharField(max_length=64, blank=True)
    handled = models.BooleanField(null=True)

    # Times of receipt.
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    event_count = models.BigIntegerField(default=0)
    user_count = models.BigIntegerField(default=0)
    first_release = models.ForeignKey(
        Release, models.SET_NULL, null=True, related_name="+", db_constraint=False, db_index=False
    )
    last_release = models.ForeignKey(
        Release, models.SET_NULL, null=True, related_name="+", db_constraint=False, db_index=False
    )

    resolved_at = models.DateTimeField(null=True)
    regressed_at = models.DateTimeField(null=True)  # null again once somebody decides
    # Where it was fixed; see issues.states.Waiting. resolved_next: in a release that is not there yet, the first that
    # is newer than resolved_after.
    resolved_in = models.ForeignKey(
        Release, models.SET_NULL, null=True, related_name="+", db_constraint=False, db_index=False
    )
    resolved_after = models.ForeignKey(
        Release, models.SET_NULL, null=True, related_name="+", db_constraint=False, db_index=False
    )
    resolved_next = models.BooleanField(default=False)
    resolved_commit = models.CharField(max_length=64, blank=True, default="")
    resolved_repository = models.CharField(max_length=200, blank=True, default="")
    muted_until = models.DateTimeField(null=True)
    muted_until_count = models.BigIntegerField(null=True)  # events in all
    muted_until_users = models.BigIntegerField(null=True)  # users in all
    muted_window = models.TextField(blank=True, default="")  # issues.window
    # states.Priority as somebody chose it; null: what the level says.
    priority = models.SmallIntegerField(
        choices=[(p.value, p.name.lower()) for p in Priority], null=True
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    assigned_team = models.ForeignKey(
        Team, models.SET_NULL, null=True, related_name="+", db_index=False
    )

    # issues.storm: the events of the last minutes and, during a storm, what is kept of it.
    flood = models.TextField(blank=True, default="")
    storm_since = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="issue_number_unique")
        ]
        indexes = [
            models.Index(fields=["project", "status", "-last_seen", "-id"], name="issue_list"),
            models.Index(fields=["status", "-last_seen", "-id"], name="issue_list_all"),
            models.Index(fields=["project", "-first_seen"], name="issue_first_seen"),
            models.Index(
                fields=["storm_since"],
                name="issue_storm",
                condition=Q(storm_since__isnull=False),
            ),
            models.Index(
                fields=["muted_until"],
                name="issue_muted_until",
                condition=Q(muted_until__isnull=False),
            ),
            models.Index(
                fields=["project"],
                name="issue_resolved_next",
                condition=Q(resolved_next=True),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("issues:issue", args=[self.pk])

    @property
    def short_id(self) -> str:
        return f"{self.project.prefix}-{self.number}"

    @property
    def level_name(self) -> str:
        return Level(self.level).name.lower()

    @property
    def status_name(self) -> str:
        return Status(self.status).name.lower()

    @property
    def is_regressed(self) -> bool:
        return self.status == Status.UNRESOLVED and self.regressed_at is not None

    @property
    def priority_name(self) -> str:
        chosen = Priority.of_level(Level(self.level)) if self.priority is None else self.priority
        return Priority(chosen).name.lower()

    @property
    def window(self) -> window.AnyWindow | None:
        return window.read(self.muted_window)

    @property
    def is_resolved_in_release(self) -> bool:
        return self.status == Status.RESOLVED and (
            self.resolved_next or self.resolved_in_id is not None
        )

    def waiting(self, releases: Mapping[int, Known] | None = None) -> Waiting:
        """releases: those that the issue and its new events name, by primary key; see is_resolved_in_release."""
        known = releases or {}
        return Waiting(
            resolved_at=self.resolved_at,
            resolved_in=known.get(self.resolved_in_id or 0),
            is_next=self.resolved_next,
            after=known.get(self.resolved_after_id or 0),
            until=self.muted_until,
            until_count=self.muted_until_count,
            until_users=self.muted_until_users,
            window=self.window,
        )


class GroupHash(models.Model):
    """What a grouping configuration yields for an event; many lead to one issue, and merging re-points them."""

    project = models.ForeignKey(
        Project, models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    hash = models.CharField(max_length=32)
    issue = models.ForeignKey(Issue, models.CASCADE, related_name="hashes", db_constraint=False)
    config = models.CharField(max_length=16)
    why = models.JSONField(default=dict)  # grouping contract, section 17; at most 2 KB
    created_at = models.DateTimeField()
    # The issue that it belonged to by itself before somebody merged that one away (MergedIssue.pk).
    merged_from = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "hash"], name="grouphash_unique")]

    def __str__(self) -> str:
        return self.hash


class IssueText(models.Model):
    """What free text finds: title, value, culprit, functions, modules and files, in lower case."""

    issue = models.OneToOneField(Issue, models.CASCADE, primary_key=True, related_name="text")
    project_id = models.BigIntegerField(db_index=True)
    text = models.TextField()

    def __str__(self) -> str:
        return self.text[:80]
