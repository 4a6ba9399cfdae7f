"""Load from several connections, by clients that note every 200 and send again what got none."""

import http.client
import itertools
import json
import os
import threading
import time
from collections import Counter
from types import TracebackType
from typing import Any

from tests.wire import Dsn, Sender, envelope, new_event_id

ISSUES = 7  # distinct errors
SHARDS = 3  # values of the tag `shard`
USERS = 11
BIG_EVERY = 40  # every so many events one comes with an attachment that outgrows the spool file
BIG_BYTES = 1_200_000


def event(number: int) -> dict[str, Any]:
    return {
        "platform": "python",
        "level": "error",
        "exception": {
            "values": [
                {
                    "type": f"Error{'ABCDEFG'[number % ISSUES]}",
                    "value": "out of tea",
                    "stacktrace": {
                        "frames": [
                            {
                                "function": f"step_{frame}",
                                "module": f"shop.part_{number % ISSUES}",
                                "filename": "shop/part.py",
                                "lineno": frame,
                                "in_app": True,
                                "vars": {"cart": ["tea"] * 20},
                            }
                            for frame in range(8)
                        ]
                    },
                }
            ]
        },
        "tags": {"shard": str(number % SHARDS)},
        "user": {"id": str(number % USERS)},
    }


def with_attachment(body: bytes) -> bytes:
    noise = os.urandom(BIG_BYTES)
    item = json.dumps({"type": "attachment", "length": len(noise), "filename": "core"}).encode()
    return b"".join((body, item, b"\n", noise, b"\n"))


class Load:
    """Sends while the `with` block runs, then until everything that was begun has its 200."""

    def __init__(self, dsn: Dsn, *, connections: int = 6, pause: float = 0.0) -> None:
        self.acknowledged: dict[str, int] = {}  # event id -> number, which event() was made of
        self.answers: Counter[int] = Counter()
        self.broken = 0  # requests that got no answer
        self._dsn = dsn
        self._pause = pause
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._give_up = threading.Event()
        self._threads = [threading.Thread(target=self._client) for _ in range(connections)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.finish()

    def finish(self, *, seconds: float = 60) -> None:
        """Begin nothing new; what is begun is tried for so long."""
        self._stop.set()
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._give_up.set()
        for thread in self._threads:
            thread.join()

    def _client(self) -> None:
        sender = Sender(self._dsn)
        while not self._stop.is_set():
            number = next(self._numbers)
            event_id = new_event_id()
            while not self._give_up.is_set():
                try:
                    status = self._send(sender, number, event_id)
                except (OSError, http.client.HTTPException):
                    sender.close()
                    sender = Sender(self._dsn)
                    with self._lock:
                        self.broken += 1
                    time.sleep(0.05)
                    continue
                with self._lock:
                    self.answers[status] += 1
                    if status == 200:
                        self.acknowledged[event_id] = number
                if status == 200:
                    break
                time.sleep(0.05)
            time.sleep(self._pause)
        sender.close()

    def _send(self, sender: Sender, number: int, event_id: str) -> int:
        if number % BIG_EVERY:
            return sender.send(event(number), event_id).status
        body = with_attachment(envelope(event(number), event_id))
        return sender.request("POST", self._dsn.envelope_path, body, self._dsn.auth).status
