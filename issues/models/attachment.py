"""Files that came with events, and what people said about them. No database foreign keys."""

from django.db import models

from issues.compress import unpack_bytes


class Attachment(models.Model):
    """A file of an event, or of somebody's feedback. What lists show; the bytes are in AttachmentData."""

    project_id = models.BigIntegerField()
    event_id = models.UUIDField()
    name = models.CharField(max_length=255)  # without directories
    content_type = models.CharField(max_length=100)
    attachment_type = models.CharField(max_length=64)  # event.attachment, event.minidump ...
    size = models.BigIntegerField()  # bytes as sent
    digest = models.CharField(max_length=32)  # of the bytes: the same file sent again is one
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project_id", "event_id", "name", "digest"], name="attachment_unique"
            )
        ]

    def __str__(self) -> str:
        return self.name


class AttachmentData(models.Model):
    """`id` is the attachment's."""

    id = models.BigIntegerField(primary_key=True)
    project_id = models.BigIntegerField()
    encoding = models.SmallIntegerField()  # issues.compress: 0 as sent, 1 zstandard
    data = models.BinaryField()

    def __str__(self) -> str:
        return f"{len(self.data)} bytes"

    def load(self) -> bytes:
        return unpack_bytes(self.encoding, bytes(self.data))


class Feedback(models.Model):
    """What a user wrote, in a form of the application. Linked to an issue by way of an event's grouphash."""

    project_id = models.BigIntegerField()
    feedback_id = models.UUIDField()  # its own; of an old user report, made of its content
    event_id = models.UUIDField(null=True)  # the event it is about
    grouphash_id = models.BigIntegerField(null=True)  # that event's, once it is stored
    received_at = models.DateTimeField()
    name = models.CharField(max_length=128, blank=True)
    email = models.CharField(max_length=254, blank=True)
    message = models.TextField(blank=True)
    url = models.CharField(max_length=2048, blank=True)
    source = models.CharField(max_length=64, blank=True)  # which widget or call
    replay_id = models.UUIDField(null=True)
    release = models.CharField(max_length=250, blank=True)
    environment = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project_id", "feedback_id"], name="feedback_unique")
        ]
        indexes = [
            models.Index(fields=["project_id", "event_id"], name="feedback_of_event"),
            models.Index(fields=["grouphash_id"], name="feedback_of_grouphash"),
            models.Index(fields=["project_id", "-id"], name="feedback_of_project"),
        ]

    def __str__(self) -> str:
        return self.message[:80]
