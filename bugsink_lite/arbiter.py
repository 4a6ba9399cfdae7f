"""gunicorn's arbiter, which also tells the service manager: ready, alive, stopping.

Ready is when every worker serves, not when the arbiter does. The watchdog is fed only while every worker beats, and a
worker beats only while its loop turns and its threads live (bugsink_lite.worker). gunicorn replaces a worker that does
not; the service manager is for the case that this does not help, or that the arbiter itself hangs.
"""

import time
from typing import Any

from gunicorn.arbiter import Arbiter as GunicornArbiter
from gunicorn.glogging import Logger as GunicornLogger

from bugsink_lite.notify import Notifier


class Arbiter(GunicornArbiter):  # type: ignore[misc]  # gunicorn has no type hints
    def __init__(self, app: Any, notifier: Notifier) -> None:
        self._notifier = notifier
        self._is_ready = False
        self._fed_at = 0.0
        super().__init__(app)

    def murder_workers(self) -> None:
        """Called once in every turn of the loop, each second."""
        super().murder_workers()
        workers = list(self.WORKERS.values())
        is_complete = len(workers) >= self.num_workers
        if not self._is_ready and is_complete and all(map(has_begun, workers)):
            self._is_ready = True
            self._notifier.tell(READY=1, STATUS=f"Serving with {len(workers)} process(es)")
        self._feed(workers)

    def _feed(self, workers: list[Any]) -> None:
        patience = self._notifier.watchdog
        now = time.monotonic()
        if patience is None or not self._is_ready or now - self._fed_at < patience / 4:
            return
        ages = [beat_age(worker) for worker in workers]
        # One that has just been forked has not begun to beat; for how long it may take, gunicorn watches.
        if ages and all(age is None or age < patience / 2 for age in ages):
            self._fed_at = now
            self._notifier.tell(WATCHDOG=1)

    def stop(self, graceful: bool = True) -> None:
        self._notifier.tell(STOPPING=1, STATUS="Finishing what is under way")
        super().stop(graceful)


def has_begun(worker: Any) -> bool:
    return beat_age(worker) is not None


def beat_age(worker: Any) -> float | None:
    """Seconds since a worker's last beat; None before its first one.

    The beat is the modification time of a file, in seconds of the monotonic clock; a new file has the calendar's.
    """
    try:
        age: float = time.monotonic() - worker.tmp.last_update()
    except (OSError, ValueError):
        return None
    return age if age > -1 else None


class Logger(GunicornLogger):  # type: ignore[misc]
    """What gunicorn has to say goes where everything goes, in the same form."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
