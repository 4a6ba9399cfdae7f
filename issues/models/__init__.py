from issues.models.activity import Activity
from issues.models.attachment import Attachment, AttachmentData, Feedback
from issues.models.counts import HourCount, UserSeen
from issues.models.event import Event, EventPayload
from issues.models.issue import GroupHash, Issue, IssueText
from issues.models.merge import MergedIssue, Rearrangement, Relocation
from issues.models.regroup import Changeover, RegroupMove, RegroupRun, RegroupState
from issues.models.tag import IssueTag

__all__ = [
    "Activity",
    "Attachment",
    "AttachmentData",
    "Changeover",
    "Event",
    "EventPayload",
    "Feedback",
    "GroupHash",
    "HourCount",
    "Issue",
    "IssueTag",
    "IssueText",
    "MergedIssue",
    "Rearrangement",
    "RegroupMove",
    "RegroupRun",
    "RegroupState",
    "Relocation",
    "UserSeen",
]
