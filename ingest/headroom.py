"""Bounds what all request threads together inflate: of the large bodies one at a time."""

import threading
from types import TracebackType

from ingest import compression

# What every thread may have at once. Nearly all bodies are far below.
SMALL_BYTES = 4 << 20

_one_at_a_time = threading.Lock()


class Headroom:
    """Of one request, around all that it does with what was inflated.

    A body of 3 KiB can hold 100 MiB. A dozen threads that inflate such ones together would take more than a gigabyte;
    one after the other they take as much as one, and each is done in a few hundred milliseconds.
    """

    def __init__(self) -> None:
        self._is_held = False

    def __enter__(self) -> "Headroom":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._is_held:
            _one_at_a_time.release()

    def inflate(self, body: bytes, encoding: str, limit: int) -> bytes:
        """As compression.inflate, called once. May wait for another thread."""
        if limit <= SMALL_BYTES:
            return compression.inflate(body, encoding, limit)
        if len(body) <= SMALL_BYTES:
            try:
                return compression.inflate(body, encoding, SMALL_BYTES)
            except compression.TooLarge:
                pass
        _one_at_a_time.acquire()
        self._is_held = True
        return compression.inflate(body, encoding, limit)
