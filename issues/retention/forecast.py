"""When the room will be used up, from how it was used in the last days. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

LOOK_BACK = timedelta(days=7)
SHORTEST = timedelta(hours=6)  # of samples; fewer say nothing
FARTHEST_DAYS = 3650


@dataclass(frozen=True, slots=True)
class Growth:
    """per_day: bytes; negative where it shrinks. days: that the samples span."""

    per_day: float
    days: float


def growth(samples: Sequence[tuple[datetime, int]]) -> Growth | None:
    """samples: (time, bytes), oldest first. The straight line that fits the last days best. None: too short a time."""
    if not samples:
        return None
    since = samples[-1][0] - LOOK_BACK
    recent = [(at, size) for at, size in samples if at >= since]
    span = recent[-1][0] - recent[0][0]
    if span < SHORTEST:
        return None
    times = [(at - recent[0][0]) / timedelta(days=1) for at, _ in recent]
    middle = sum(times) / len(times)
    mean = sum(size for _, size in recent) / len(recent)
    spread = sum((at - middle) ** 2 for at in times)
    together = sum(
        (at - middle) * (size - mean) for at, (_, size) in zip(times, recent, strict=True)
    )
    return Growth(together / spread, span / timedelta(days=1))


def days_left(room: int, found: Growth | None) -> int | None:
    """Whole days until so many bytes are used up; None: not in sight."""
    if room <= 0:
        return 0
    if found is None or found.per_day <= 0:
        return None
    days = int(room / found.per_day)
    return days if days <= FARTHEST_DAYS else None
