"""The states of an issue, and which triage verb leads from which to which. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import NamedTuple

from issues.window import AnyWindow
from projects.versions import Known, is_newer, is_older


class Status(IntEnum):
    UNRESOLVED = 0
    RESOLVED = 1
    MUTED = 2


class Level(IntEnum):
    """Ordered by severity; names as in the Sentry event schema."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40
    FATAL = 50

    @classmethod
    def named(cls, name: str) -> "Level":
        """The level of a normalised event; anything else is an error."""
        return cls.__members__.get(name.upper(), cls.ERROR)


class Priority(IntEnum):
    LOW = 25
    MEDIUM = 50
    HIGH = 75

    @classmethod
    def of_level(cls, level: Level) -> "Priority":
        """What an issue has until somebody chooses."""
        if level >= Level.ERROR:
            return cls.HIGH
        return cls.MEDIUM if level is Level.WARNING else cls.LOW


class How(StrEnum):
    """What is said of the fix when an issue is resolved."""

    NOW = "now"
    CURRENT = "current"  # the newest release there is
    NEXT = "next"  # the first newer one to appear
    RELEASE = "release"
    COMMIT = "commit"


@dataclass(frozen=True, slots=True)
class Fix:
    """version: for RELEASE. commit: hexadecimal digits, at least 7; repository: its name or address, or nothing."""

    how: How = How.NOW
    version: str = ""
    commit: str = ""
    repository: str = ""


AT_ONCE = Fix()


class Kind(StrEnum):
    """What an activity tells."""

    FIRST_SEEN = "first_seen"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    MUTED = "muted"
    UNMUTED = "unmuted"
    REGRESSED = "regressed"
    ASSIGNED = "assigned"
    UNASSIGNED = "unassigned"
    COMMENTED = "commented"
    STORM_STARTED = "storm_started"
    STORM_ENDED = "storm_ended"
    MERGED = "merged"
    UNMERGED = "unmerged"
    REGROUPED = "regrouped"
    RELEASED = "released"  # the release that an issue was resolved in before it was there
    PRIORITY = "priority"
    MENTIONED = "mentioned"
    SHARED = "shared"
    UNSHARED = "unshared"


class Verb(StrEnum):
    RESOLVE = "resolve"
    REOPEN = "reopen"
    MUTE = "mute"


# From where a verb leads somewhere. Elsewhere it changes nothing, and that is no error:
# two people who resolve the same issue both want it resolved.
LEGAL = {
    Verb.RESOLVE: frozenset({Status.UNRESOLVED, Status.MUTED}),
    Verb.REOPEN: frozenset({Status.RESOLVED, Status.MUTED}),
    Verb.MUTE: frozenset({Status.UNRESOLVED, Status.RESOLVED}),
}


def changes(verb: Verb, status: Status, *, says_more: bool = False) -> bool:
    """Whether the verb changes an issue of that status.

    says_more: it names a release or a condition, and that may be another one than the issue has.
    """
    return status in LEGAL[verb] or (says_more and verb is not Verb.REOPEN)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a resolved or muted issue waits for.

    Resolved: for any event, or, with resolved_in, for one of that release or a newer one. With is_next that release is
    not there yet: it is the first to appear that is newer than `after` (any, if there was none).
    Muted: for the first of until...; without any, until somebody reopens it.
    """

    resolved_at: datetime | None = None
    resolved_in: Known | None = None
    is_next: bool = False
    after: Known | None = None
    until: datetime | None = None
    until_count: int | None = None  # events of the issue in all
    until_users: int | None = None  # users of the issue in all
    window: AnyWindow | None = None  # counts on


class Arrival(NamedTuple):
    """A new event of an issue. at: of receipt. release: None where the event names none, or nobody asks for it.

    user: as issues.identity has it.
    """

    at: datetime
    release: Known | None = None
    user: int | None = None


class Woken(NamedTuple):
    """by: index of the event that did it."""

    kind: Kind
    by: int


def wakes(
    status: Status,
    waiting: Waiting,
    arrivals: Sequence[Arrival],
    *,
    event_count: int,
    user_count: int = 0,
) -> Woken | None:
    """What an issue's new events make of it: REGRESSED, UNMUTED or nothing.

    arrivals: the new events by time of receipt. How they fall into batches makes no difference; only for users it is
    the last one of a batch that counts. event_count: without the new ones. user_count: with theirs.
    """
    if status is Status.RESOLVED:
        found = (i for i, arrival in enumerate(arrivals) if regresses(waiting, arrival))
        by = next(found, None)
        return None if by is None else Woken(Kind.REGRESSED, by)
    if status is Status.MUTED:
        for i, arrival in enumerate(arrivals):
            if _unmutes(waiting, arrival, event_count + i + 1):
                return Woken(Kind.UNMUTED, i)
        if waiting.until_users is not None and user_count >= waiting.until_users:
            return Woken(Kind.UNMUTED, len(arrivals) - 1)
    return None


def regresses(waiting: Waiting, arrival: Arrival) -> bool:
    """Whether an event shows that what was resolved is not."""
    # What came before somebody said "resolved" and was digested later proves nothing.
    if waiting.resolved_at is not None and arrival.at <= waiting.resolved_at:
        return False
    if waiting.resolved_in is not None:
        return arrival.release is None or not is_older(arrival.release, waiting.resolved_in)
    if waiting.is_next:
        # Until then nothing else is expected of the releases there are, or of events that name none.
        release = arrival.release
        return release is not None and (waiting.after is None or is_newer(release, waiting.after))
    return True


def _unmutes(waiting: Waiting, arrival: Arrival, event_count: int) -> bool:
    if waiting.window is not None and waiting.window.add(arrival.at, arrival.user):
        return True
    if waiting.until is not None and arrival.at >= waiting.until:
        return True
    return waiting.until_count is not None and event_count >= waiting.until_count
