"""The slow housekeeping of a process, in a thread of its own: retention, sizes, and telling administrators.

Every process has one. What must happen once is claimed in the database; the rest harms nobody when done twice.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from django.conf import settings
from django.db import connection

from bugsink_lite import notices
from bugsink_lite.clerk import Chore
from issues.retention import passes, sizes, space
from issues.retention.lease import LeaseLost, claim
from issues.retention.passes import Step

logger = logging.getLogger(__name__)

TURN_SECONDS = 1.0
# SQLite's one writer and PostgreSQL's disk belong to others: after each step it rests for several times as long as that
# took.
REST = 4
SHORTEST_REST, LONGEST_REST = 0.05, 5.0  # seconds
# How often it looks whether the bytes of the installation are too many between two passes.
LOOK_SECONDS = 300
# A clock that jumps is wrong before or afterwards, and what it made leave would not come back.
JUMP_SECONDS, CALM_SECONDS = 3600, 86_400


class Janitor:
    """One thread. digests: whether this process does."""

    def __init__(self, *, digests: bool) -> None:
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="janitor", daemon=True)
        self._offset, self._not_before = time.time() - time.monotonic(), 0.0
        self._chores = [
            Chore(
                5,
                "the state of this process cannot be written down",
                lambda: notices.report(digests),
            ),
            Chore(60, "administrators cannot be told", notices.tell),
            Chore(600, "sizes cannot be written down", sizes.note),
        ]
        self._light = tuple(self._chores)
        if settings.RETENTION:
            self._chores += [
                Chore(60, "nothing can be evicted", self._evict),
                Chore(LOOK_SECONDS, "nothing can be evicted", self._evict_if_full),
                Chore(60, "no space can be given back", self._give_back),
            ]

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()

    def join(self, seconds: float) -> None:
        self._thread.join(timeout=seconds)

    def _run(self) -> None:
        while not self._stopping.wait(TURN_SECONDS):
            for chore in self._chores:
                if not self._stopping.is_set():
                    chore.do_if_due()
        try:
            notices.leave()
        except Exception as error:
            logger.warning("this process cannot say that it stops: %s", error)
        connection.close()

    def _evict(self) -> None:
        """A pass, if the last one is an hour ago."""
        if not self._trusts_the_clock():
            return
        now = datetime.now(UTC)
        lease = claim(passes.NAME, now, idle_since=now - passes.EVERY)
        if lease is not None:
            self._go_through(lambda: passes.hold(lease))

    def _evict_if_full(self) -> None:
        limit = settings.RETENTION_BYTES if self._trusts_the_clock() else 0
        # The quick question first: it has the larger answer.
        if limit and space.database_bytes() > limit and space.measure().used > limit:
            self._go_through(passes.run)

    def _trusts_the_clock(self) -> bool:
        offset = time.time() - time.monotonic()
        if abs(offset - self._offset) > JUMP_SECONDS:
            self._offset, self._not_before = offset, time.monotonic() + CALM_SECONDS
            logger.warning("the clock was changed by more than an hour: nothing leaves for a day")
        return time.monotonic() >= self._not_before

    def _go_through(self, steps: Callable[[], Iterator[Step]]) -> None:
        began, left = time.monotonic(), 0
        try:
            for step in steps():
                left += step.events
                took = time.monotonic() - began
                # A pass may take hours, and the others must hear of this process meanwhile.
                for chore in self._light:
                    chore.do_if_due()
                if self._stopping.wait(min(max(REST * took, SHORTEST_REST), LONGEST_REST)):
                    break
                began = time.monotonic()
        except LeaseLost as error:
            logger.info("%s", error)
        if left:
            logger.info("retention: %d events have left", left)

    def _give_back(self) -> None:
        began = time.monotonic()
        while space.give_back(0):
            took = time.monotonic() - began
            for chore in self._light:
                chore.do_if_due()
            if self._stopping.wait(min(max(REST * took, SHORTEST_REST), LONGEST_REST)):
                return
            began = time.monotonic()
