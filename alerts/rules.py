"""How what happened becomes messages: when, and how many. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

HOUR = timedelta(hours=1)
GATHER = timedelta(minutes=1)  # how long a summary waits for more
FEW = 3  # of one look: more come together
# Until the next try, by how many were made; after the last one it is given up.
BACKOFF = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360))
# Nothing is due later than this: what is was dated by a clock that has been set back since.
LATEST = timedelta(hours=7)


@dataclass(frozen=True, slots=True)
class Plan:
    """together: one message for all, which waits until due and takes in more; else one for each."""

    together: bool
    due: datetime


def plan(now: datetime, new: int, made: Collection[datetime], per_hour: int) -> Plan:
    """made: when the receiver's messages of the project were made; those of another hour do not count."""
    lately = sorted(at for at in made if now - HOUR < at <= now)
    room = per_hour - len(lately)
    if room <= 0:
        # As soon as the first of them is an hour old.
        return Plan(True, lately[-per_hour] + HOUR)
    if new > min(FEW, room):
        return Plan(True, now + GATHER)
    return Plan(False, now)


def next_try(now: datetime, attempts: int) -> datetime | None:
    """attempts: made so far. None: give up."""
    return now + BACKOFF[attempts - 1] if attempts <= len(BACKOFF) else None
