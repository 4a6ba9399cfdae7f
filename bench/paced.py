"""An open loop: requests are due at times of their own, however long the answers to earlier ones take.

A latency counts from the moment at which the request was due: while the server stands still, requests go on being late.
"""

import asyncio
import gc
import random
import time
from collections import deque
from collections.abc import Sequence

from bench.load import Connection, Result, Run
from bench.payloads import Body


class _Paced(Connection):
    """Waits in `idle` for its next body."""

    def __init__(self, run: Run, pace: "_Pace") -> None:
        super().__init__(run)
        self.pace = pace
        self.due = 0.0

    def send(self) -> None:
        """Whenever the connection is free."""
        self.pace.idle.append(self)
        self.pace.assign()

    def answered(self, status: int) -> None:
        self.run.answered(status, time.perf_counter() - self.due)

    def carry(self, due: float) -> None:
        self.due = due
        super().send()


class _Pace:
    """What is due and not sent, and who can send it."""

    def __init__(self) -> None:
        self.idle: deque[_Paced] = deque()
        self.due: deque[float] = deque()

    def assign(self) -> None:
        while self.due and self.idle:
            self.idle.popleft().carry(self.due.popleft())


async def _drive(run: Run, port: int, connections: int, times: Sequence[float]) -> Result:
    """times: seconds after the start."""
    pace = _Pace()
    loop = asyncio.get_running_loop()
    opened = [
        await loop.create_connection(lambda: _Paced(run, pace), "127.0.0.1", port)
        for _ in range(connections)
    ]
    started = time.perf_counter()
    for after in times:
        # Half a millisecond early rather than a whole one late: the loop's timers are that coarse.
        while (wait := started + after - time.perf_counter()) > 0:
            await asyncio.sleep(max(wait - 0.0005, 0))
        pace.due.append(started + after)
        pace.assign()
    while pace.due or run.left:
        if all(protocol.done.done() for _, protocol in opened):
            raise SystemExit("requests were not answered; the server closed its connections")
        await asyncio.sleep(0.01)
    seconds = time.perf_counter() - started
    for transport, _ in opened:
        transport.close()
    await asyncio.gather(*(protocol.done for _, protocol in opened))
    return Result(seconds, run.statuses, run.latencies)


def send(
    bodies: Sequence[Body], *, port: int, path: str, key: str, connections: int, rate: float
) -> Result:
    """Every body once, at `rate` per second on average and as irregularly as independent senders are."""
    rng = random.Random(1)
    times: list[float] = []
    at = 0.0
    for _ in bodies:
        at += rng.expovariate(rate)
        times.append(at)
    run = Run(bodies, path, key, f"127.0.0.1:{port}")
    # The generator's own search for garbage would count as the server's delay.
    gc.collect()
    gc.disable()
    try:
        return asyncio.run(_drive(run, port, connections, times))
    finally:
        gc.enable()
