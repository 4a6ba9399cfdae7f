"""Counts what monitoring wants to know of ingest and digest, over all processes of a server.

Each process adds to a place of its own in memory that they share, so that nothing waits for another process; whoever is
asked adds up all places. A process that comes after another takes over its place: the counts go on. Without share()
there is one place, this process's.
"""

import mmap
import threading
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from ingest.reasons import Outcome

STATUSES = (200, 202, 400, 401, 403, 404, 405, 413, 415, 429, 503)
OUTCOMES = tuple(outcome.value for outcome in Outcome)
# Upper bounds in seconds; the last column counts what is above them all.
INGEST_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
DIGEST_BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0)

_STATUS = 0
_OUTCOME = _STATUS + len(STATUSES) + 1
_RECORDS = _OUTCOME + len(OUTCOMES)
_INGEST = _RECORDS + 1
_DIGEST = _INGEST + len(INGEST_BOUNDS) + 2
WIDTH = _DIGEST + len(DIGEST_BOUNDS) + 2

_lock = threading.Lock()


def _shared(places: int) -> "memoryview[float]":
    # Anonymous memory: it stays the same memory in a process that is forked.
    return memoryview(mmap.mmap(-1, places * WIDTH * 8)).cast("d")


_cells = _shared(1)
_base = 0


def share(places: int) -> None:
    """Called before the fork. places: as many as processes may live at one time."""
    global _cells, _base
    _cells, _base = _shared(places), 0


def take_place(number: int) -> None:
    """Called after the fork; two living processes with the same one would lose counts."""
    global _base
    _base = number % (len(_cells) // WIDTH) * WIDTH


# --- adding: a few times in a batch or a request, in a microsecond each --------------------------------------------


def answered(status: int, seconds: Sequence[float]) -> None:
    """Requests that got the same answer, and how long each of them took."""
    column = STATUSES.index(status) if status in STATUSES else len(STATUSES)
    with _lock:
        _cells[_base + _STATUS + column] += len(seconds)
        for each in seconds:
            _observe(_INGEST, INGEST_BOUNDS, each)


def digested(records: int, seconds: float) -> None:
    """One batch."""
    with _lock:
        _cells[_base + _RECORDS] += records
        _observe(_DIGEST, DIGEST_BOUNDS, seconds)


def items(found: Iterable[tuple[str, int]]) -> None:
    """(outcome, quantity) of what was in a batch."""
    with _lock:
        for outcome, quantity in found:
            _cells[_base + _OUTCOME + OUTCOMES.index(outcome)] += quantity


def _observe(first: int, bounds: Sequence[float], seconds: float) -> None:
    # A clock that was set back makes no negative duration.
    seconds = max(0.0, seconds)
    _cells[_base + first + bisect_left(bounds, seconds)] += 1
    _cells[_base + first + len(bounds) + 1] += seconds


# --- reading ---------------------------------------------------------------------------------------------------


def _total(column: int) -> float:
    return float(sum(_cells[place + column] for place in range(0, len(_cells), WIDTH)))


def statuses() -> dict[str, int]:
    """Answers by status; `other` is whatever STATUSES does not name."""
    names = (*map(str, STATUSES), "other")
    return {name: int(_total(_STATUS + column)) for column, name in enumerate(names)}


def outcomes() -> dict[str, int]:
    return {name: int(_total(_OUTCOME + column)) for column, name in enumerate(OUTCOMES)}


def records() -> int:
    return int(_total(_RECORDS))


def ingest_seconds() -> tuple[list[int], float]:
    """Requests at most as long as each bound, then all of them; and the sum of their seconds."""
    return _histogram(_INGEST, INGEST_BOUNDS)


def digest_seconds() -> tuple[list[int], float]:
    """Of batches, as ingest_seconds()."""
    return _histogram(_DIGEST, DIGEST_BOUNDS)


def _histogram(first: int, bounds: Sequence[float]) -> tuple[list[int], float]:
    sums, below = [], 0
    for column in range(len(bounds) + 1):
        below += int(_total(first + column))
        sums.append(below)
    return sums, _total(first + len(bounds) + 1)
