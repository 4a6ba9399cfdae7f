from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from issues import stored
from issues.compress import NO_DICTIONARY, Dictionary, unpack
from issues.limits import limits_from
from issues.states import Level
from issues.storm import Keep


class Event(models.Model):
    """One occurrence: what is searched and counted by. All else is in the payload. No database foreign keys."""

    project_id = models.BigIntegerField()
    event_id = models.UUIDField()
    issue_id = models.BigIntegerField()
    grouphash_id = models.BigIntegerField()
    received_at = models.DateTimeField()  # sorted by
    timestamp = models.DateTimeField()  # the SDK's clock, shown
    digested_at = models.DateTimeField()
    level = models.SmallIntegerField()
    platform = models.CharField(max_length=64)
    release_id = models.BigIntegerField(null=True)
    environment_id = models.BigIntegerField(null=True)
    user_hash = models.BigIntegerField(null=True)  # issues.identity.user_hash
    trace_id = models.UUIDField(null=True)
    api_request_id = models.CharField(max_length=200, null=True)
    keep = models.SmallIntegerField(default=0, db_default=0)  # issues.storm.Keep

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project_id", "event_id"], name="event_unique")
        ]
        indexes = [
            models.Index(fields=["issue_id", "received_at", "id"], name="event_of_issue"),
            models.Index(
                fields=["trace_id"], name="event_trace", condition=Q(trace_id__isnull=False)
            ),
            models.Index(
                fields=["api_request_id"],
                name="event_api_request",
                condition=Q(api_request_id__isnull=False),
            ),
            models.Index(
                fields=["user_hash", "received_at"],
                name="event_user_at",
                condition=Q(user_hash__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.event_id.hex

    def get_absolute_url(self) -> str:
        return reverse("issues:event", args=[self.issue_id, self.event_id.hex])

    @property
    def level_name(self) -> str:
        return Level(self.level).name.lower()

    @property
    def is_thinned(self) -> bool:
        """Its payload was left out in a storm; the row stays."""
        return self.keep == Keep.THINNED


class EventPayload(models.Model):
    """What was sent, compressed: see issues.stored. Apart, so that lists and counts never touch it.

    `id` is the event's. `dictionary` is the number of one of the project's dictionaries, or the negative of an
    exemplar's primary key; 0 is none.
    """

    id = models.BigIntegerField(primary_key=True)
    project_id = models.BigIntegerField()
    dictionary = models.IntegerField(default=0)
    size = models.IntegerField()  # bytes before compression
    data = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.size} bytes"

    def content(self) -> bytes:
        """Raises zstandard.ZstdError, and DoesNotExist of a dictionary or an exemplar."""
        return unpack(bytes(self.data), dictionary_of(self.project_id, self.dictionary))

    def load(self) -> dict[str, Any]:
        """The canonical payload. Raises also ValueError, for a damaged one."""
        return stored.read(self.content(), limits_from(settings.TRIM))


class PayloadDictionary(models.Model):
    """A zstandard dictionary of a project's events. Kept as long as a payload was packed with it."""

    project_id = models.BigIntegerField()
    number = models.SmallIntegerField()
    created_at = models.DateTimeField()
    data = models.BinaryField()  # empty: the events had too little in common

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project_id", "number"], name="payload_dictionary_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.project_id}/{self.number}"


class PayloadExemplar(models.Model):
    """The content of an event that others of its grouphash are packed beside: issues.exemplars. No event's payload is
    packed beside one of another grouphash, so that it may go when the grouphash's events have gone.
    """

    project_id = models.BigIntegerField()
    grouphash_id = models.BigIntegerField(db_index=True)
    hash = models.CharField(max_length=32)  # the event's most preferred one
    dictionary = models.SmallIntegerField()  # with which it is packed itself
    data = models.BinaryField()

    class Meta:
        indexes = [models.Index(fields=["project_id", "hash"], name="payload_exemplar_of_hash")]

    def __str__(self) -> str:
        return f"{self.project_id}/{self.hash}"


@lru_cache(maxsize=32)
def dictionary_of(project_id: int, number: int) -> Dictionary:
    """Raises DoesNotExist of PayloadDictionary or PayloadExemplar."""
    if not number:
        return NO_DICTIONARY
    if number < 0:
        return read_exemplar(PayloadExemplar.objects.get(project_id=project_id, pk=-number))
    row = PayloadDictionary.objects.get(project_id=project_id, number=number)
    return Dictionary(number, bytes(row.data))


def read_exemplar(row: PayloadExemplar) -> Dictionary:
    """Raises zstandard.ZstdError, PayloadDictionary.DoesNotExist."""
    content = unpack(bytes(row.data), dictionary_of(row.project_id, row.dictionary))
    return Dictionary(-row.pk, content, row.grouphash_id)
