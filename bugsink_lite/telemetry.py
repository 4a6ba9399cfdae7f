"""The product reports its own errors, never in a loop into itself.

SENTRY_DSN may name a project of this very installation. An error while accepting or digesting an event would then make
an event, whose digest makes an error. Such errors are logged only; those of pages are reported; and whatever is wrong,
no more than a few reports leave in a minute.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import sentry_sdk

from projects import dsn, keys

MAX_PER_MINUTE = 20
PIPELINE_THREADS = frozenset({"announcer", "clerk", "digester", "janitor", "keys"})

Event = dict[str, Any]


class Guard:
    """Decides which of our own errors leave the house. clock: monotonic seconds."""

    def __init__(
        self, is_own_key: Callable[[], bool], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._is_own_key = is_own_key
        self._clock = clock
        self._sent: deque[float] = deque()
        self._lock = threading.Lock()

    def __call__(self, event: Event, hint: dict[str, Any]) -> Event | None:
        if self._from_pipeline(event) and self._is_own_key():
            return None
        now = self._clock()
        with self._lock:
            while self._sent and now - self._sent[0] > 60:
                self._sent.popleft()
            if len(self._sent) >= MAX_PER_MINUTE:
                return None
            self._sent.append(now)
        return event

    @staticmethod
    def _from_pipeline(event: Event) -> bool:
        logger = str(event.get("logger") or "")
        return (
            threading.current_thread().name in PIPELINE_THREADS
            or logger == "ingest"
            or logger.startswith("ingest.")
        )


def start(own_dsn: str, *, release: str) -> None:
    """Does nothing without a DSN. Raises ValueError for one that cannot be read."""
    if not own_dsn:
        return
    public_key = dsn.parse(own_dsn).public_key

    def is_own_key() -> bool:
        try:
            return keys.cache().get(public_key) is not None
        except keys.KeysUnavailable:
            return True  # cannot be told: rather silent than in a loop

    sentry_sdk.init(
        dsn=own_dsn,
        release=f"bugsink-lite@{release}",
        before_send=Guard(is_own_key),  # type: ignore[arg-type]
        traces_sample_rate=0,
        send_default_pii=False,
        # Events of our users are on our stacks.
        include_local_variables=False,
        max_request_body_size="never",
    )
