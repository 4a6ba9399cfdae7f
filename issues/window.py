"""Muted until so many events come, or so many users meet it, within so much time: counts that slide. Pure.

The time is cut into sixty steps of at least a minute; an event is forgotten at most one step before the time is over.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

STEPS = 60
MAX_EVENTS, MAX_MINUTES = 1_000_000_000, 366 * 24 * 60
# Each is remembered until it is forgotten or the issue is back: 16 KB of text in the row at most.
MAX_USERS = 1000
_SHORT = 2**48  # of a user's number; so few users do not meet in so many


def _step(minutes: int) -> int:
    """seconds"""
    return max(60, minutes)


def _oldest(newest: int, minutes: int) -> int:
    """The step that is just forgotten."""
    return newest - -(-minutes * 60 // _step(minutes))


@dataclass(slots=True)
class Window:
    """Until `events` come within `minutes`. counts: events in each step, by steps since 1970."""

    events: int
    minutes: int
    counts: dict[int, int] = field(default_factory=dict)

    @property
    def step(self) -> int:
        """seconds"""
        return _step(self.minutes)

    def add(self, at: datetime, user: int | None = None) -> bool:
        """Count an event. Whether it was the last that was waited for."""
        step = int(at.timestamp()) // self.step
        oldest = _oldest(max([step, *self.counts]), self.minutes)
        if step > oldest:
            self.counts[step] = self.counts.get(step, 0) + 1
        for old in [each for each in self.counts if each <= oldest]:
            del self.counts[old]
        return sum(self.counts.values()) >= self.events

    def as_json(self) -> dict[str, Any]:
        counts = {str(step): count for step, count in sorted(self.counts.items())}
        return {"events": self.events, "minutes": self.minutes, "counts": counts}


@dataclass(slots=True)
class UserWindow:
    """Until `users` different users meet it within `minutes`. met: the step of each one's last event."""

    users: int
    minutes: int
    met: dict[int, int] = field(default_factory=dict)

    def add(self, at: datetime, user: int | None = None) -> bool:
        """Note who met it; user: as issues.identity has it. Whether that was the last who was waited for."""
        if user is None:
            return False
        step = int(at.timestamp()) // _step(self.minutes)
        oldest = _oldest(max([step, *self.met.values()]), self.minutes)
        if step > oldest:
            self.met[user % _SHORT] = max(step, self.met.get(user % _SHORT, step))
        for gone in [each for each, last in self.met.items() if last <= oldest]:
            del self.met[gone]
        return len(self.met) >= self.users

    def as_json(self) -> dict[str, Any]:
        steps: dict[str, list[int]] = {}
        for user, step in sorted(self.met.items()):
            steps.setdefault(str(step), []).append(user)
        return {"users": self.users, "minutes": self.minutes, "met": steps}


AnyWindow = Window | UserWindow


def read(text: str) -> AnyWindow | None:
    """What `write` made. None for nothing, and for what cannot be read: then the issue stays muted."""
    try:
        found = orjson.loads(text) if text else None
        if not isinstance(found, Mapping):
            return None
        if "users" in found:
            met = {int(user): int(step) for step, users in found["met"].items() for user in users}
            return UserWindow(int(found["users"]), int(found["minutes"]), met)
        counts = {int(step): int(count) for step, count in found["counts"].items()}
        return Window(int(found["events"]), int(found["minutes"]), counts)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def write(window: AnyWindow | None) -> str:
    return "" if window is None else orjson.dumps(window.as_json()).decode()
