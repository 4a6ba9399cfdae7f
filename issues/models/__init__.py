from issues.models.activity import Activity
from issues.models.attachment import Attachment, AttachmentData, Feedback
from issues.models.counts import HourCount, UserSeen
from issues.models.event import Event, EventPayload, PayloadDictionary
from issues.models.family import IssueFamily
from issues.models.issue import GroupHash, Issue, IssueText
from issues.models.tag import IssueTag

__all__ = [
    "Activity",
    "Attachment",
    "AttachmentData",
    "Event",
    "EventPayload",
    "Feedback",
    "GroupHash",
    "HourCount",
    "Issue",
    "IssueFamily",
    "IssueTag",
    "IssueText",
    "PayloadDictionary",
    "UserSeen",
]
