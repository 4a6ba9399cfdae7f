"""Where the time of a thread goes: functions are watched by name, from outside, while the context is open."""

import functools
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from unittest import mock


@dataclass(slots=True)
class Spent:
    """Seconds, without those of watched functions that were called from here."""

    cpu: float = 0.0
    wall: float = 0.0
    calls: int = 0


class Meter:
    """For one thread. Calls of one function by itself are counted as the inner ones' time."""

    def __init__(self) -> None:
        self.spent: dict[str, Spent] = {}
        self._open: list[Spent] = []  # of the calls under way: what their inner calls have taken
        self._patches = ExitStack()

    def watch(self, label: str, holder: object, name: str) -> None:
        """holder: the module or class that callers find the function in. Labels may repeat: they are summed."""
        found: Callable[..., Any] = getattr(holder, name)
        total = self.spent.setdefault(label, Spent())

        @functools.wraps(found)
        def watched(*args: Any, **named: Any) -> Any:
            inner = Spent()
            self._open.append(inner)
            wall, cpu = time.perf_counter(), time.thread_time()
            try:
                return found(*args, **named)
            finally:
                cpu, wall = time.thread_time() - cpu, time.perf_counter() - wall
                self._open.pop()
                total.cpu += cpu - inner.cpu
                total.wall += wall - inner.wall
                total.calls += 1
                if self._open:
                    self._open[-1].cpu += cpu
                    self._open[-1].wall += wall

        self._patches.enter_context(mock.patch.object(holder, name, watched))

    def reset(self) -> None:
        for each in self.spent.values():
            each.cpu = each.wall = 0.0
            each.calls = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._patches.close()
