"""What a project holds, for the page that says what its deletion takes away."""

from django.db.models import Sum

from issues.models import Attachment, AttachmentData, Event, EventPayload, Feedback, Issue
from projects import deletion


def register() -> None:
    deletion.register_count("issues", issues)
    deletion.register_count("events", events)
    deletion.register_count("attachments", attachments)
    deletion.register_count("messages of users", messages)
    deletion.register_companion(EventPayload, of=Event)
    deletion.register_companion(AttachmentData, of=Attachment)


def issues(project_id: int) -> int:
    return Issue.objects.filter(project_id=project_id).count()


def events(project_id: int) -> int:
    """As the issues count them: no walk through the table of events."""
    found = Issue.objects.filter(project_id=project_id).aggregate(total=Sum("event_count"))
    return found["total"] or 0


def attachments(project_id: int) -> int:
    return Attachment.objects.filter(project_id=project_id).count()


def messages(project_id: int) -> int:
    return Feedback.objects.filter(project_id=project_id).count()
