"""Deliver the lines of files to a log endpoint: in batches, in order, until they are taken or refused for good."""

import base64
import gzip
import http.client
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

import orjson

from ingest import follow
from ingest.decoders import postgresql_lines, split
from ingest.follow import Follower, Line, Positions
from projects import dsn

logger = logging.getLogger(__name__)

BATCH_LINES = 500
BATCH_BYTES = 2 << 20
TIMEOUT = 30  # seconds
LONGEST_WAIT = 60.0  # seconds between two tries
REPEATED = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Target:
    """url: with its query. key: public."""

    url: str
    key: str


@dataclass(slots=True)
class Result:
    """What became of lines so far. lost: refused by the server for good."""

    accepted: int = 0
    ignored: int = 0
    duplicates: int = 0
    rejected: int = 0
    lost: int = 0
    tries: int = 0
    messages: list[str] = field(default_factory=list)


def target(address: str, format_: str, **query: str) -> Target:
    """address: a DSN. Raises ValueError."""
    parts = dsn.parse(address)
    given = urlencode({name: value for name, value in query.items() if value})
    path = f"api/{parts.project_id}/logs/{format_}".rstrip("/")
    query_text = f"?{given}" if given else ""
    return Target(f"{parts.base_url}/{path}/{query_text}", parts.public_key)


class Sender:
    """One connection, made again when it breaks. stop: ends all waiting."""

    def __init__(self, to: Target, stop: threading.Event, say: Callable[[str], None]) -> None:
        self._to = to
        self._stop = stop
        self._say = say
        self._connection: http.client.HTTPConnection | None = None
        self.result = Result()

    def deliver(self, entries: Sequence[object]) -> bool:
        """True: the server has them, or has refused them for good. False: stopped before."""
        failures = 0
        while not self._stop.is_set():
            self.result.tries += 1
            try:
                status, wait, body = self._post(entries)
            except (OSError, http.client.HTTPException) as error:
                self.close()
                status, wait, body = 0, None, str(error).encode()
            if status == 200:
                self._count(body)
                return True
            if status == 413 and len(entries) > 1:
                middle = len(entries) // 2
                return self.deliver(entries[:middle]) and self.deliver(entries[middle:])
            told = " ".join(body[:300].decode("utf-8", "replace").split())
            if status and status not in REPEATED:
                self.result.lost += len(entries)
                self._say(f"the server refused {len(entries)} lines with {status}: {told}")
                return True
            failures += 1
            pause = wait if wait is not None else min(LONGEST_WAIT, 0.5 * 2 ** min(failures, 7))
            if failures in (1, 5) or failures % 20 == 0:
                self._say(f"no success ({status or 'no answer'}: {told}); next try in {pause:g} s")
            self._stop.wait(pause)
        return False

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _post(self, entries: Sequence[object]) -> tuple[int, float | None, bytes]:
        """Status, the seconds that the server wants us to wait, and the body."""
        parts = urlsplit(self._to.url)
        if self._connection is None:
            make = (
                http.client.HTTPSConnection
                if parts.scheme == "https"
                else http.client.HTTPConnection
            )
            self._connection = make(parts.hostname or "", parts.port, timeout=TIMEOUT)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        user = base64.b64encode(f"{self._to.key}:x".encode()).decode()
        headers = {
            "Authorization": f"Basic {user}",
            "Content-Type": "application/json",
            "Content-Encoding": "gzip",
            "User-Agent": "bugsink-lite-ship-logs/1",
        }
        self._connection.request("POST", path, gzip.compress(orjson.dumps(entries), 5), headers)
        answer = self._connection.getresponse()
        body = answer.read(1 << 20)
        if answer.will_close:
            self.close()
        after = answer.getheader("Retry-After", "")
        return answer.status, min(float(after), 3600.0) if after.isdigit() else None, body

    def _count(self, body: bytes) -> None:
        try:
            told = orjson.loads(body)
            self.result.accepted += told["accepted"]
            self.result.ignored += told["ignored"]
            self.result.duplicates += told["duplicates"]
            self.result.rejected += len(told["rejected"])
        except (ValueError, KeyError, TypeError):
            self._say("the server's answer is not that of a log endpoint")


class Shipper:
    """Follows files and delivers what is written to them; positions move when lines are delivered."""

    def __init__(
        self,
        patterns: Sequence[str],
        positions: Positions,
        sender: Sender,
        *,
        host: str,
        from_start: bool,
    ) -> None:
        self._patterns = patterns
        self._positions = positions
        self._sender = sender
        self._host = host
        self._from_start = from_start
        self._followers: dict[str, Follower] = {}
        self._is_first_look = True

    def round(self, *, final: bool = False) -> int:
        """Deliver what there is now; how many lines. final: also the last message of a file, which may go on."""
        met = [path for path in follow.expand(self._patterns) if path not in self._followers]
        for path in met:
            # What appears later is new, and read from its beginning.
            follower = self._followers[path] = Follower(
                path,
                self._positions.known.get(path),
                from_start=self._from_start or not self._is_first_look,
            )
            self._positions.known[path] = follower.position(follower.offset)
        if met:
            self._positions.save()
        self._is_first_look = False
        return sum(self._deliver(follower, final) for follower in self._followers.values())

    def close(self) -> None:
        for follower in self._followers.values():
            follower.close()
        self._sender.close()

    def _deliver(self, follower: Follower, final: bool) -> int:
        lines = follower.lines(BATCH_LINES, flush=final or follower.has_moved())
        if not lines:
            return 0
        entries, taken = join(lines, is_final=final or len(lines) < BATCH_LINES)
        batch = _within(entries, BATCH_BYTES)
        if len(batch) < len(entries):
            taken = batch[-1][1]
        if not self._sender.deliver([follow.entry_of(line, self._host) for line, _ in batch]):
            follower.rewind(lines[0].offset)
            return 0
        follower.rewind(taken)
        self._positions.known[follower.path] = follower.position(taken)
        self._positions.save()
        return len(lines)


def join(lines: Sequence[Line], *, is_final: bool) -> tuple[list[tuple[Line, int]], int]:
    """Entries with the place where each ends, as split.lines would join them; and where the last of them ends.

    is_final: nothing more of the last entry is to come. Else it is left for the next batch, if it is not alone.
    """
    found: list[tuple[Line, int]] = []
    group: list[Line] = []
    for line in lines:
        if group and not _belongs(group, line):
            _finish(group, found)
            group = []
        group.append(line)
    if group and (is_final or not found):
        _finish(group, found)
    return found, found[-1][1]


def _belongs(group: list[Line], line: Line) -> bool:
    text = "\n".join([*(each.text for each in group[-200:]), line.text])
    if postgresql_lines.is_csv(group[0].text):
        so_far = sum(each.text.count('"') for each in group)
        return so_far % 2 == 1 and len(group) < split.MAX_JOINED
    return len(group) < 200 and len(split.lines(text)) <= 1


def _finish(group: list[Line], found: list[tuple[Line, int]]) -> None:
    first, end = group[0], group[-1].end
    text = "\n".join(each.text for each in group)
    found.append((Line(first.path, first.offset, end, text), end))


def _within(entries: list[tuple[Line, int]], limit: int) -> list[tuple[Line, int]]:
    """As many from the beginning as fit, at least one."""
    size = 0
    for number, (line, _) in enumerate(entries):
        size += len(line.text) + 200
        if size > limit and number:
            return entries[:number]
    return entries
