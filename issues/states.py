"""The states of an issue, and which triage verb leads from which to which. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum


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


def changes(verb: Verb, status: Status) -> bool:
    """Whether the verb changes an issue of that status."""
    return status in LEGAL[verb]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a resolved or muted issue waits for. A muted one without `until...` waits until somebody reopens it."""

    resolved_at: datetime | None = None
    until: datetime | None = None
    until_count: int | None = None  # events of the issue in all


def wakes(status: Status, waiting: Waiting, *, event_count: int, now: datetime) -> Kind | None:
    """What an issue's new events make of it: REGRESSED, UNMUTED or nothing.

    event_count: all events of the issue, the new ones included. now: their time of receipt.
    """
    if status is Status.RESOLVED:
        # What came before somebody said "resolved" and was digested later proves nothing.
        late = waiting.resolved_at is not None and now <= waiting.resolved_at
        return None if late else Kind.REGRESSED
    if status is Status.MUTED:
        if waiting.until is not None and now >= waiting.until:
            return Kind.UNMUTED
        if waiting.until_count is not None and event_count > waiting.until_count:
            return Kind.UNMUTED
    return None
