"""Muted until so many events come within so much time: a count that slides. Pure.

The time is cut into sixty steps of at least a minute; an event is forgotten at most one step before the time is over.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import orjson

STEPS = 60
MAX_EVENTS, MAX_MINUTES = 1_000_000_000, 366 * 24 * 60


@dataclass(slots=True)
class Window:
    """Until `events` come within `minutes`. counts: events in each step, by steps since 1970."""

    events: int
    minutes: int
    counts: dict[int, int] = field(default_factory=dict)

    @property
    def step(self) -> int:
        """seconds"""
        return max(60, self.minutes)

    def add(self, at: datetime) -> bool:
        """Count an event. Whether it was the last that was waited for."""
        step = int(at.timestamp()) // self.step
        newest = max(self.counts, default=step)
        steps = -(-self.minutes * 60 // self.step)
        oldest = max(newest, step) - steps
        if step > oldest:
            self.counts[step] = self.counts.get(step, 0) + 1
        for old in [each for each in self.counts if each <= oldest]:
            del self.counts[old]
        return sum(self.counts.values()) >= self.events


def read(text: str) -> Window | None:
    """What `write` made. None for nothing, and for what cannot be read: then the issue stays muted."""
    try:
        found = orjson.loads(text) if text else None
        if not isinstance(found, Mapping):
            return None
        counts = {int(step): int(count) for step, count in found["counts"].items()}
        return Window(int(found["events"]), int(found["minutes"]), counts)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def write(window: Window | None) -> str:
    if window is None:
        return ""
    counts = {str(step): count for step, count in sorted(window.counts.items())}
    found = {"events": window.events, "minutes": window.minutes, "counts": counts}
    return orjson.dumps(found).decode()
