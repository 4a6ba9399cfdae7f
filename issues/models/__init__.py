from issues.models.activity import Activity
from issues.models.attachment import Attachment, AttachmentData, Feedback
from issues.models.bulk import BulkJob, BulkState, BulkStep
from issues.models.counts import HourCount, UserSeen
from issues.models.doubt import GroupingFailure, Likeness
from issues.models.event import Event, EventPayload, PayloadDictionary, PayloadExemplar
from issues.models.family import IssueFamily
from issues.models.issue import GroupHash, Issue, IssueText
from issues.models.merge import MergedIssue, Rearrangement, Relocation
from issues.models.person import IssueMark, IssueShare
from issues.models.regroup import RegroupMove, RegroupRun, RegroupState, RegroupStep
from issues.models.removal import DeletedIssue, Discard, DiscardedHash
from issues.models.retention import EvictedCount, Eviction, SizeSample, Sweep
from issues.models.saved import DefaultSearch, SavedSearch
from issues.models.tag import IssueTag

__all__ = [
    "Activity",
    "Attachment",
    "AttachmentData",
    "BulkJob",
    "BulkState",
    "BulkStep",
    "DefaultSearch",
    "DeletedIssue",
    "Discard",
    "DiscardedHash",
    "Event",
    "EventPayload",
    "EvictedCount",
    "Eviction",
    "Feedback",
    "GroupHash",
    "GroupingFailure",
    "HourCount",
    "Issue",
    "IssueFamily",
    "IssueMark",
    "IssueShare",
    "IssueTag",
    "IssueText",
    "Likeness",
    "MergedIssue",
    "PayloadDictionary",
    "PayloadExemplar",
    "Rearrangement",
    "RegroupMove",
    "RegroupRun",
    "RegroupState",
    "RegroupStep",
    "Relocation",
    "SavedSearch",
    "SizeSample",
    "Sweep",
    "UserSeen",
]
