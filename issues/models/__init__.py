from issues.models.activity import Activity
from issues.models.attachment import Attachment, AttachmentData, Feedback
from issues.models.counts import HourCount, UserSeen
from issues.models.doubt import GroupingFailure, Likeness
from issues.models.event import Event, EventPayload, PayloadDictionary
from issues.models.family import IssueFamily
from issues.models.issue import GroupHash, Issue, IssueText
from issues.models.merge import MergedIssue, Rearrangement, Relocation
from issues.models.regroup import RegroupMove, RegroupRun, RegroupState, RegroupStep
from issues.models.tag import IssueTag

__all__ = [
    "Activity",
    "Attachment",
    "AttachmentData",
    "Event",
    "EventPayload",
    "Feedback",
    "GroupHash",
    "GroupingFailure",
    "HourCount",
    "Issue",
    "IssueFamily",
    "IssueTag",
    "IssueText",
    "Likeness",
    "MergedIssue",
    "PayloadDictionary",
    "Rearrangement",
    "RegroupMove",
    "RegroupRun",
    "RegroupState",
    "RegroupStep",
    "Relocation",
    "UserSeen",
]
