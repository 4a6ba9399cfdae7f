"""A bar for work that takes long: on a terminal only, so that logs and scripts see none."""

import sys
import time
from typing import TextIO

WIDTH = 30
EVERY_SECONDS = 0.2


class Progress:
    """total: of whatever unit, may be a guess. Used with `with`: the bar is gone in the end."""

    def __init__(self, what: str, total: int, stream: TextIO | None = None) -> None:
        self._what = what
        self._total = max(total, 1)
        self._stream = sys.stderr if stream is None else stream
        self._is_shown = self._stream.isatty()
        self._done = 0
        self._drawn_at = 0.0

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *of: object) -> None:
        if self._is_shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def add(self, amount: int) -> None:
        self._done += amount
        now = time.monotonic()
        if self._is_shown and now - self._drawn_at >= EVERY_SECONDS:
            self._drawn_at = now
            share = min(self._done / self._total, 1.0)
            bar = ("#" * round(share * WIDTH)).ljust(WIDTH, ".")
            self._stream.write(f"\r\x1b[K{self._what} [{bar}] {share:4.0%}")
            self._stream.flush()
