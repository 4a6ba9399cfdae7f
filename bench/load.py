"""A light load generator: keep-alive connections on one event loop, each with one request under way."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.payloads import Body


@dataclass(slots=True)
class Result:
    """seconds: from the first byte sent to the last answer. latencies: seconds, of answered requests."""

    seconds: float
    statuses: dict[int, int]
    latencies: list[float] = field(repr=False)

    @property
    def per_second(self) -> float:
        return self.statuses.get(200, 0) / self.seconds

    def percentile(self, percent: int) -> float:
        """Milliseconds."""
        if len(self.latencies) < 2:
            return 0.0
        return statistics.quantiles(self.latencies, n=100)[percent - 1] * 1000


class Connection(asyncio.Protocol):
    """Sends the next request as soon as the last is answered. Reads just enough HTTP for our own server's answers."""

    def __init__(self, run: "Run") -> None:
        self.run = run
        self.buffer = b""
        self.sent_at = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.send()

    def send(self) -> None:
        body = self.run.next()
        if body is None:
            self.transport.close()
            return
        head = self.run.head + str(len(body.data)).encode() + b"\r\n\r\n"
        self.sent_at = time.perf_counter()
        self.transport.write(head + body.data)

    def answered(self, status: int) -> None:
        self.run.answered(status, time.perf_counter() - self.sent_at)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self.buffer[:end].lower()
        start = head.index(b"content-length:") + 15
        length = int(head[start:].split(b"\r\n", 1)[0])
        if len(self.buffer) < end + 4 + length:
            return
        status = int(self.buffer[9:12])
        self.answered(status)
        closing = b"connection: close" in head
        self.buffer = b""
        if closing:
            self.transport.close()
        else:
            self.send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


class Run:
    """seconds: after which nothing more is sent."""

    def __init__(
        self,
        bodies: Sequence[Body],
        path: str,
        key: str,
        host: str,
        seconds: float = float("inf"),
    ) -> None:
        self._bodies = iter(bodies)
        self._until = time.perf_counter() + seconds
        self.left = 0  # sent and not answered
        self.statuses: dict[int, int] = {}
        self.latencies: list[float] = []
        self.head = (
            f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-sentry-envelope\r\n"
            f"Content-Encoding: gzip\r\nX-Sentry-Auth: Sentry sentry_version=7, sentry_client=bench/1, "
            f"sentry_key={key}\r\nContent-Length: "
        ).encode()

    def next(self) -> Body | None:
        body = None if time.perf_counter() > self._until else next(self._bodies, None)
        self.left += body is not None
        return body

    def answered(self, status: int, seconds: float) -> None:
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.latencies.append(seconds)
        self.left -= 1


async def _drive(run: Run, port: int, connections: int) -> Result:
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    opened = [
        await loop.create_connection(lambda: Connection(run), "127.0.0.1", port)
        for _ in range(connections)
    ]
    await asyncio.gather(*(protocol.done for _, protocol in opened))
    if run.left or run.next() is not None:
        raise SystemExit("requests were not answered; the server closed its connections")
    return Result(time.perf_counter() - started, run.statuses, run.latencies)


def send(
    bodies: Sequence[Body],
    *,
    port: int,
    path: str,
    key: str,
    connections: int,
    seconds: float = float("inf"),
) -> Result:
    """Send every body once, as far as one gets in the time, and wait for the answers."""
    run = Run(bodies, path, key, f"127.0.0.1:{port}", seconds)
    return asyncio.run(_drive(run, port, connections))
