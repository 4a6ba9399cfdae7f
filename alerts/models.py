"""What was announced, and to whom it is on its way."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q


class Cursor(models.Model):
    """How far the activity was looked through; one row, which is locked by whoever announces.

    settled: all up to this primary key was announced. Rows with smaller keys may be committed after larger ones, so
    that it follows `seen` only when some minutes have gone by (seen_at).
    """

    settled = models.BigIntegerField(default=0)
    seen = models.BigIntegerField(default=0)
    seen_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.settled)


class Announcement(models.Model):
    """That an activity was looked at, by one process, once."""

    project_id = models.BigIntegerField(db_index=True)
    issue_id = models.BigIntegerField()
    activity_id = models.BigIntegerField(unique=True)
    kind = models.CharField(max_length=16)  # issues.states.Kind
    at = models.DateTimeField()
    made_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.kind} of {self.issue_id}"


class State(models.TextChoices):
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"  # given up; `error` says why
    DROPPED = "dropped"  # nobody is left who wants it, or nothing to tell


class Delivery(models.Model):
    """One message on its way to one person.

    uuid: the same at every try, for whoever receives it twice. items: the first announcements, as [issue, kind].
    count: all of them. is_summary: it takes in more until it is due. A try that is not heard of again by claimed_until
    may be made by another process.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project_id = models.BigIntegerField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    items = models.JSONField(default=list)
    count = models.PositiveIntegerField(default=0)
    is_summary = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    due_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=400, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(
                fields=["due_at"],
                name="delivery_open",
                condition=Q(state__in=("waiting", "sending")),
            ),
            models.Index(fields=["project_id", "user", "made_at"], name="delivery_of_project"),
        ]

    def __str__(self) -> str:
        return f"{self.uuid.hex} {self.state}"


class MailChoice(models.Model):
    """Whether somebody wants alerts by mail; who has said nothing gets them."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="mail_choice"
    )
    wanted = models.BooleanField("E-mail me what is new", default=True)

    def __str__(self) -> str:
        return "wanted" if self.wanted else "not wanted"
