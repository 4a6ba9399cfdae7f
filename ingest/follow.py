"""Files that grow and are rotated, read line by line, with positions that survive a restart.

Rotation by renaming: the old file, known by its inode, is read to its end, then the new one from its beginning.
Rotation by copying and truncating: a file that is shorter than it was begins anew; what was written between the copy
and the cut is lost to every reader of such files.
"""

import contextlib
import glob
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

HEAD_BYTES = 256  # by which a file that took over an inode is told from the one that had it
READ_BYTES = 1 << 20
MAX_LINE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Line:
    """offset: of its first byte; end: where the next one begins."""

    path: str
    offset: int
    end: int
    text: str


@dataclass(slots=True)
class Position:
    """How far a file is delivered. head: a hash of its first bytes, and how many they were."""

    inode: int
    offset: int
    head: str = ""
    head_bytes: int = 0


class Positions:
    """Saved as JSON, one entry for each path."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.known: dict[str, Position] = {}
        with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
            for name, fields in json.loads(path.read_text()).items():
                self.known[name] = Position(**fields)

    def save(self) -> None:
        """All or nothing: a crash in the middle leaves the old ones. Raises OSError."""
        text = json.dumps(
            {
                name: {
                    "inode": each.inode,
                    "offset": each.offset,
                    "head": each.head,
                    "head_bytes": each.head_bytes,
                }
                for name, each in sorted(self.known.items())
            },
            indent=1,
        )
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        with open(temporary, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)


class Follower:
    """One path. Its file is kept open, so that a renamed one can be read to its end."""

    def __init__(self, path: str, position: Position | None, *, from_start: bool) -> None:
        self.path = path
        self._file: IO[bytes] | None = None
        self._inode = 0
        self._offset = 0
        self._pending = b""
        if position is None:
            self._open(path, None if from_start else _size(path))
        else:
            self._go_on(position)

    @property
    def offset(self) -> int:
        return self._offset

    def position(self, offset: int) -> Position:
        """Of the file that is being read, delivered up to `offset`."""
        head = b""
        if self._file is not None:
            with contextlib.suppress(OSError):
                head = os.pread(self._file.fileno(), min(HEAD_BYTES, offset), 0)
        return Position(self._inode, offset, _hash(head), len(head))

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = None

    def lines(self, limit: int, *, flush: bool = False) -> list[Line]:
        """What has been written since, at most `limit` lines of one and the same file. flush: also a last line that
        nobody ended.
        """
        found: list[Line] = []
        for line in self._read(flush):
            found.append(line)
            if len(found) >= limit:
                break
        if not found:
            self._look_for_rotation()
        return found

    def _read(self, flush: bool) -> Iterator[Line]:
        if self._file is None:
            return
        while True:
            start = self._offset
            block = os.pread(self._file.fileno(), READ_BYTES, start)
            end = block.find(b"\n")
            if end < 0:
                if len(block) < MAX_LINE_BYTES and not (flush and block):
                    return
                # Longer than any line may be, or the end of the file: as it is.
                end = len(block) - 1
            position = 0
            while end >= 0:
                raw = block[position : end + 1]
                self._offset += len(raw)
                text = raw.rstrip(b"\r\n").decode("utf-8", "replace")
                yield Line(self.path, start + position, self._offset, text)
                position = end + 1
                end = block.find(b"\n", position)

    def rewind(self, offset: int) -> None:
        """Read again from there: the lines behind it were not taken."""
        self._offset = offset

    def _look_for_rotation(self) -> None:
        """At the end of the file: is it still the one of that name?"""
        if self._file is None:
            self._open(self.path, 0)
            return
        try:
            there = os.stat(self.path)
        except OSError:
            return  # renamed, and the next one is not there yet
        here = os.fstat(self._file.fileno())
        if there.st_ino != self._inode or there.st_dev != here.st_dev:
            if here.st_size > self._offset:
                return  # the end of the old one, without a line break, comes with `flush`
            self._open(self.path, 0)
        elif here.st_size < self._offset:
            self._offset = 0

    def has_moved(self) -> bool:
        """Whether another file has taken the name: then nothing more comes to the end of this one."""
        try:
            return self._file is not None and os.stat(self.path).st_ino != self._inode
        except OSError:
            return False

    def _go_on(self, position: Position) -> None:
        for path in (self.path, *sorted(glob.glob(f"{glob.escape(self.path)}?*"))):
            with contextlib.suppress(OSError):
                if os.stat(path).st_ino == position.inode and _matches(path, position):
                    self._open(path, position.offset)
                    return
        # Gone, or another one: what is there now has not been read.
        self._open(self.path, 0)

    def _open(self, path: str, offset: int | None) -> None:
        self.close()
        try:
            self._file = open(path, "rb")  # noqa: SIM115 - kept for as long as it is followed
        except OSError:
            self._inode = self._offset = 0
            return
        status = os.fstat(self._file.fileno())
        self._inode = status.st_ino
        self._offset = offset or 0
        if self._offset > status.st_size:
            self._offset = 0


def expand(patterns: Sequence[str]) -> list[str]:
    """The files that paths and patterns name now; a path without wildcards also before there is one."""
    found: list[str] = []
    for pattern in patterns:
        if glob.has_magic(pattern):
            found += sorted(
                path for path in glob.glob(pattern, recursive=True) if os.path.isfile(path)
            )
        else:
            found.append(pattern)
    return list(dict.fromkeys(found))


def _matches(path: str, position: Position) -> bool:
    with open(path, "rb") as file:
        return _hash(file.read(position.head_bytes)) == position.head


def _size(path: str) -> int:
    """Up to the last whole line."""
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def _hash(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()[:16] if raw else ""


def entry_of(line: Line, host: str) -> dict[str, Any]:
    """As the log endpoint reads it: the line, and what tells it from all others."""
    return {
        "message": line.text,
        "host": {"name": host},
        "log": {"file": {"path": line.path}, "offset": line.offset},
    }
