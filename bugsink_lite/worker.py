"""gunicorn's threaded worker, made to stand without a proxy in front: no thread waits for a slow sender.

As it comes, a connection takes a thread from its first moment, waits there for its first byte, and then for as long as
its sender likes: a dozen that dribble stop the server. Here the loop waits: a request is given to a thread when its
head and its body, or the first 64 KiB of both, have arrived. What larger and chunked bodies may still hold up is cut
off when it takes too long. The usual envelope needs no thread at all (ingest.lane).
"""

import contextlib
import re
import selectors
import socket
import time
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from django.conf import settings
from gunicorn.workers.gthread import TConn, ThreadWorker

from bugsink_lite import background
from ingest import lane
from ingest.lane import Arrived

HEAD_SECONDS = (
    15.0  # from a connection's first moment, or a request's first byte, to its last one or 64 KiB
)
PEEK_BYTES = 64 << 10
# How long a thread may be held by one request's sender: while there are threads, and while others wait for one.
BODY_SECONDS = 300.0
BUSY_BODY_SECONDS = 5.0
# How long a connection may be of no use while new ones wait for its place.
CROWDED_SECONDS = 2.0
# An answered connection is open until its client closes it too: at most so long, for so much (RFC 9112, 9.6).
LINGER_SECONDS = 2.0
LINGER_BYTES = 64 << 10
LANE_REQUESTS = 32  # that share a commit; more would let the first wait for the last
STOP_SECONDS = 2.0  # for what has begun to arrive when the stop comes

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,12})[ \t]*\r\n", re.IGNORECASE)


def missing(data: bytes, most: int) -> int:
    """How many bytes, at least, a request needs beyond these, its first ones, before a thread should have it.

    most: bytes; a longer body is refused by its length alone, and its sender may wait for that.
    """
    end = data.find(b"\r\n\r\n")
    if len(data) >= PEEK_BYTES:
        return 0
    if end < 0:
        return 1
    found = _LENGTH.search(data, 0, end + 2)
    if found is None or int(found[1]) > most:
        return 0
    wanted = min(end + 4 + int(found[1]), PEEK_BYTES)
    # A sender that asks first whether it may go on sends nothing until a thread says so.
    if b"100-continue" in data[:end].lower():
        return 0
    return max(0, wanted - len(data))


# A connection, and the request that the loop has taken from it.
Taken = tuple[TConn, Arrived]


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no type hints
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._arriving: dict[TConn, float] = {}  # until when, monotonic seconds
        self._seen: dict[TConn, int] = {}  # bytes of those
        self._served: dict[TConn, float] = {}  # by a thread, since when
        self._leaving: dict[TConn, float] = {}  # answered for the last time; until when
        self._lane: list[Taken] = []  # in this turn of the loop
        self._committer = ThreadPoolExecutor(1, "lane")
        self._looked_at = 0.0
        self._is_quick = False
        self._is_over = False

    def notify(self) -> None:
        """The heartbeat, once in every turn of the loop. Without one the arbiter replaces this process."""
        if background.is_alive(time.monotonic()):
            super().notify()

    # --- what arrives ---

    def accept(self, listener: socket.socket) -> None:
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return  # another worker was quicker, or the client went away
        except OSError as error:
            # No descriptor or no memory is left. The connection waits in the system's queue meanwhile.
            self.log.error("a connection cannot be accepted at the moment: %s", error)
            time.sleep(0.1)
            return
        self.nr_conns += 1
        conn = TConn(self.cfg, client, address, listener.getsockname())
        self._arriving[conn] = time.monotonic() + HEAD_SECONDS
        # Most often the request is there already: no turn of the loop for it.
        self._consider(conn, is_watched=False)

    def on_client_socket_readable(self, conn: TConn, client: Any) -> None:
        try:
            self.keepalived_conns.remove(conn)
        except ValueError:
            return  # closed a moment ago, by what came before it in the same turn of the loop
        self._arriving[conn] = time.monotonic() + HEAD_SECONDS
        self._consider(conn, is_watched=True)

    def _consider(self, conn: TConn, client: Any = None, *, is_watched: bool = True) -> None:
        """Give a request to the lane or to a thread, or wait for more of it."""
        if conn not in self._arriving:
            return  # dropped in the same turn of the loop
        sock = conn.sock
        try:
            data = sock.recv(PEEK_BYTES, socket.MSG_PEEK)
            lacking = missing(data, settings.MAX_REQUEST_BYTES) if data else 0  # nothing: closed
        except BlockingIOError:
            data, lacking = b"", 1
        except OSError:
            data, lacking = b"", 0  # the thread meets the same error, and knows what to do
        if len(data) == self._seen.get(conn, -1):
            lacking = 0  # awake, and nothing new: the sender has closed its side
        if lacking:
            self._seen[conn] = len(data)
            # The loop sleeps until so much is there: what has arrived would wake it again and again.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, len(data) + lacking)
            if is_watched:
                self.poller.unregister(sock)
            self.poller.register(sock, selectors.EVENT_READ, partial(self._consider, conn))
            return
        arrived = lane.look(data, _address_of(conn)) if data else None
        if arrived is not None:
            self._take(conn, len(data), arrived, is_watched=is_watched)
            return
        if is_watched:
            self.poller.unregister(sock)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)
        self._forget(conn)
        conn.data_ready = True
        self.enqueue_req(conn)

    # --- what needs no thread of the pool ---

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        super().wait_for_and_dispatch_events(timeout)
        if self._lane:
            self._keep()

    def _take(self, conn: TConn, size: int, arrived: Arrived, *, is_watched: bool) -> None:
        sock = conn.sock
        if conn in self._seen:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)
        self._forget(conn)
        if is_watched:
            self.poller.unregister(sock)
        sock.recv(size)  # what was only looked at until now
        self._lane.append((conn, arrived if self.alive else arrived._replace(keep_alive=False)))
        if len(self._lane) >= LANE_REQUESTS:
            self._keep()

    def _keep(self) -> None:
        """All that came in this turn of the loop share a commit. The loop goes on while the disk works."""
        batch, self._lane = self._lane, []
        self._committer.submit(self._commit, batch)

    def _commit(self, batch: list[Taken]) -> None:
        answers = lane.keep([arrived for _, arrived in batch])
        self.method_queue.defer(self._answer, batch, answers)

    def _answer(self, batch: list[Taken], answers: list[lane.Answer]) -> None:
        for (conn, arrived), answer in zip(batch, answers, strict=True):
            try:
                # A few hundred bytes: they go at once, or the sender reads nothing at all.
                is_sent = conn.sock.send(answer.text) == len(answer.text)
            except OSError:
                is_sent = False
            if is_sent and answer.is_success and arrived.keep_alive:
                # As gunicorn does after a thread's answer.
                conn.set_timeout()
                if not self.alive:
                    conn.timeout = min(conn.timeout, time.monotonic() + STOP_SECONDS)
                self.keepalived_conns.append(conn)
                again = partial(self.on_client_socket_readable, conn)
                self.poller.register(conn.sock, selectors.EVENT_READ, again)
            else:
                self._close(conn)

    # --- what a thread has ---

    def handle(self, conn: TConn) -> Any:
        self._served[conn] = time.monotonic()
        try:
            return super().handle(conn)
        finally:
            del self._served[conn]

    def finish_request(self, conn: TConn, done: Future[Any]) -> None:
        """gunicorn's own waits in the loop for the client to close: two seconds for each that does not."""
        if done.cancelled() or (done.exception() is None and not done.result()):
            self._part(conn)
        else:
            super().finish_request(conn, done)

    def _part(self, conn: TConn) -> None:
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
            self.poller.register(
                conn.sock, selectors.EVENT_READ, partial(self._drain, conn, [LINGER_BYTES])
            )
        except (OSError, ValueError):  # closed by the other side, or by the thread
            self._close(conn)
            return
        granted = LINGER_SECONDS if self.alive else 0.0
        self._leaving[conn] = time.monotonic() + granted

    def _drain(self, conn: TConn, left: list[int], client: Any) -> None:
        """What is still sent is thrown away: closed with unread bytes, the answer might not arrive."""
        if conn not in self._leaving:
            return  # dropped in the same turn of the loop
        try:
            size = len(client.recv(left[0]))
        except BlockingIOError:
            return
        except OSError:
            size = 0
        left[0] -= size
        if not size or left[0] <= 0:
            del self._leaving[conn]
            self._unwatch(conn)

    # --- who has to go ---

    def murder_pending(self) -> None:
        now = time.monotonic()
        if now - self._looked_at < 0.5:
            return
        self._looked_at = now
        is_crowded = self._is_crowded()
        granted = CROWDED_SECONDS if is_crowded else HEAD_SECONDS
        for conn, until in list(self._arriving.items()):
            if now > until - HEAD_SECONDS + granted:
                self._drop(conn)
        for conn, until in list(self._leaving.items()):
            if now > until or is_crowded:
                del self._leaving[conn]
                self._unwatch(conn)
        if is_crowded:
            self._murder_idle()
        others_wait = self.tpool._work_queue.qsize() > 0
        patience = BUSY_BODY_SECONDS if others_wait else BODY_SECONDS
        for conn, since in list(self._served.items()):
            if now - since > patience:
                _stop_reading(conn)

    def _is_crowded(self) -> bool:
        return bool(self.nr_conns >= self.worker_connections)

    def _murder_idle(self) -> None:
        """What murder_keepalived does, sooner."""
        sooner = self.cfg.keepalive - CROWDED_SECONDS
        for conn in self.keepalived_conns:
            conn.timeout -= sooner
        self.murder_keepalived()
        for conn in self.keepalived_conns:
            conn.timeout += sooner

    def _forget(self, conn: TConn) -> None:
        del self._arriving[conn]
        self._seen.pop(conn, None)

    def _drop(self, conn: TConn) -> None:
        self._forget(conn)
        self._unwatch(conn)

    def _unwatch(self, conn: TConn) -> None:
        with contextlib.suppress(KeyError, ValueError, OSError):  # never watched
            self.poller.unregister(conn.sock)
        self._close(conn)

    def _close(self, conn: TConn) -> None:
        self.nr_conns -= 1
        conn.close()

    # --- the end ---

    def handle_exit(self, sig: int, frame: Any) -> None:
        self._leave()

    def handle_quit(self, sig: int, frame: Any) -> None:
        """gunicorn's own takes the thread pool's lock, which the thread that the signal interrupts may hold at this
        very moment: under load, every so many Ctrl-C hung until the arbiter lost its patience.
        """
        self._is_quick = True
        self._leave()

    def _leave(self) -> None:
        # Nothing but this in a signal handler: no lock, no list that the loop may be in the middle of.
        self.alive = False
        if not self._is_over:
            self.method_queue.defer(self._let_go)

    def murder_keepalived(self, force: bool = False) -> None:
        # Forced is what the loop does last: then the queue is closed, and its file number may be another file's.
        self._is_over = self._is_over or force
        super().murder_keepalived(force)

    def _let_go(self) -> None:
        """Requests under way are answered; connections without one are closed, at once or after a moment."""
        until = time.monotonic() + (0.0 if self._is_quick else STOP_SECONDS)
        for conn in self._arriving:
            self._arriving[conn] = min(self._arriving[conn], until)
        for conn in self._leaving:
            self._leaving[conn] = min(self._leaving[conn], until)
        self._looked_at = 0.0
        if self._is_quick:
            super().murder_keepalived(force=True)
            for conn in list(self._served):
                _stop_reading(conn)


def _address_of(conn: TConn) -> str:
    """ "" for a socket file, whose clients have none."""
    return str(conn.client[0]) if isinstance(conn.client, tuple) else ""


def _stop_reading(conn: TConn) -> None:
    """Whoever waits for bytes gets the end; an answer can still be written."""
    with contextlib.suppress(OSError):
        conn.sock.shutdown(socket.SHUT_RD)
