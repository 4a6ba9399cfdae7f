"""What the row of a thinned event still tells, and the event to read in its stead."""

from dataclasses import dataclass

from issues import navigator
from issues.identity import user_hash
from issues.models import Event, IssueTag
from issues.trail import offset
from projects.models import Environment, Release

# The row holds a number for the user; the name is looked for among so many users of the grouphash.
MAX_USERS = 1000


@dataclass(frozen=True, slots=True)
class Remains:
    """user: "" if none was sent; None if one was, whose name went with the payload.

    kept: the nearest in time that has its payload. distance: when it came, "0.45 s later".
    """

    release: str
    environment: str
    user: str | None
    trace: str
    kept: Event | None
    distance: str


def remains_of(event: Event) -> Remains:
    release = Release.objects.filter(pk=event.release_id).first() if event.release_id else None
    environment = (
        Environment.objects.filter(pk=event.environment_id).first()
        if event.environment_id
        else None
    )
    kept = navigator.nearest_kept(event)
    return Remains(
        release=release.version if release else "",
        environment=environment.name if environment else "",
        user=_user(event) if event.user_hash is not None else "",
        trace=event.trace_id.hex if event.trace_id else "",
        kept=kept,
        distance=_distance(kept, event) if kept else "",
    )


def _distance(kept: Event, event: Event) -> str:
    seconds = (kept.received_at - event.received_at).total_seconds()
    return f"{offset(abs(seconds)).lstrip('+')} {'later' if seconds > 0 else 'earlier'}"


def _user(event: Event) -> str | None:
    users = IssueTag.objects.filter(grouphash_id=event.grouphash_id, key="user").order_by("value")
    for value in users.values_list("value", flat=True)[:MAX_USERS]:
        if user_hash(value) == event.user_hash:
            return value
    return None
