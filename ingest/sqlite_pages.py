"""Rows of a SQLite file, read page by page past SQLite: what a damaged file still holds.

No tree is followed, so that a bad page costs its own rows and nothing else. Every leaf of every table is looked at, in
each version that the file and its log hold; deleted rows whose pages were not used again come along. Whoever reads
must be able to tell a row from rubbish.

Source: sqlite.org, "Database File Format", sections 1.5 to 1.6 (b-tree pages, overflow), 2.1 (records), 4 (the log).
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PAGE = 4096  # bytes; what ingest.spool.connect sets
_LOG_HEADER = 32
_FRAME_HEADER = 24
_MAGIC = (0x377F0682, 0x377F0683)
_LEAF = 0x0D  # type of a page with rows of a table
_ALL_LOCAL = PAGE - 35  # a longer row goes on in overflow pages
_MIN_LOCAL = (PAGE - 12) * 32 // 255 - 23
_MAX_ROW = 64 << 20  # bytes; what claims to be larger is rubbish
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}  # serial type -> bytes

Value = int | float | str | bytes | None


@dataclass(frozen=True, slots=True)
class Row:
    """values: as far as they can be read; is_whole says whether that is all."""

    rowid: int
    values: tuple[Value, ...]
    is_whole: bool


class _Cut(Exception):
    """The bytes end before the value does, or cannot be one."""


def log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def committed_frames(log: Path) -> list[tuple[int, int]]:
    """(page number, place of the page in the log) of all commits since the log was last begun anew, the oldest first.

    Also of those behind a damaged frame, where SQLite stops without a word.
    """
    try:
        file = os.open(log, os.O_RDONLY)
    except FileNotFoundError:
        return []
    try:
        size = os.fstat(file).st_size
        header = _pread(file, _LOG_HEADER, 0)
        salts = header[16:24]
        known = len(header) == _LOG_HEADER and struct.unpack(">I", header[:4])[0] in _MAGIC
        frames: list[tuple[int, int]] = []
        pending: list[tuple[int, int]] = []
        for place in range(_LOG_HEADER, size - _FRAME_HEADER - PAGE + 1, _FRAME_HEADER + PAGE):
            frame = _pread(file, _FRAME_HEADER, place)
            if len(frame) < _FRAME_HEADER:
                continue
            if not known:
                salts, known = frame[8:16], True
            if frame[8:16] != salts:
                continue  # damaged, or left over from before the log was begun anew
            number, pages_after_commit = struct.unpack(">II", frame[:8])
            pending.append((number, place + _FRAME_HEADER))
            if pages_after_commit:
                frames += pending
                pending = []
        return frames
    finally:
        os.close(file)


def log_is_whole(log: Path) -> bool:
    """Whether SQLite will read the log up to its last commit. Costs 60 µs a page, without SQLite's help."""
    frames = committed_frames(log)
    if not frames:
        return True
    with open(log, "rb") as file:
        header = file.read(_LOG_HEADER)
        order = ">" if header[:4] == _MAGIC[1].to_bytes(4, "big") else "<"
        sums = _checksum(order, header[:24], (0, 0))
        if struct.pack(">II", *sums) != header[24:]:
            return False
        while file.tell() < frames[-1][1]:
            frame = file.read(_FRAME_HEADER)
            sums = _checksum(order, frame[:8], sums)
            sums = _checksum(order, file.read(PAGE), sums)
            if struct.pack(">II", *sums) != frame[16:]:
                return False
    return True


def _checksum(order: str, data: bytes, sums: tuple[int, int]) -> tuple[int, int]:
    """Section 4.2: Fibonacci-weighted, over pairs of 32-bit numbers in the byte order that the magic number names."""
    one, two = sums
    for first, second in struct.iter_unpack(f"{order}II", data):
        one = (one + first + two) & 0xFFFFFFFF
        two = (two + second + one) & 0xFFFFFFFF
    return one, two


class Pages:
    """A file and its log, either of which may be missing. Nothing is written. Nobody else may write meanwhile."""

    def __init__(self, path: Path) -> None:
        self._file = _open(path)
        self._log = _open(log_of(path))
        self._frames = committed_frames(log_of(path))
        self._newest = dict(self._frames)
        size = os.fstat(self._file).st_size if self._file is not None else 0
        self._count = -(-size // PAGE)

    def close(self) -> None:
        for file in (self._file, self._log):
            if file is not None:
                os.close(file)

    def rows(self) -> Iterator[Row]:
        """Of all tables; the same row as often as it is found, those of the newest page first."""
        for _, place in reversed(self._frames):
            yield from self._leaf(_pread(self._log, PAGE, place))
        for number in range(2, self._count + 1):  # the first page holds the schema
            yield from self._leaf(_pread(self._file, PAGE, (number - 1) * PAGE))

    def _page(self, number: int, newest: bool) -> bytes:
        place = self._newest.get(number)
        if place is not None and (newest or number > self._count):
            return _pread(self._log, PAGE, place)
        return _pread(self._file, PAGE, (number - 1) * PAGE)

    def _leaf(self, page: bytes) -> Iterator[Row]:
        if len(page) < PAGE or page[0] != _LEAF:
            return
        cells = int.from_bytes(page[3:5], "big")
        if 8 + 2 * cells > PAGE:
            return
        for (start,) in struct.iter_unpack(">H", page[8 : 8 + 2 * cells]):
            # Where the log's copy of an overflow page is damaged, the file's may be whole.
            for newest in (True, False) if self._frames else (True,):
                row = self._cell(page, start, newest)
                if row is not None:
                    yield row

    def _cell(self, page: bytes, start: int, newest: bool) -> Row | None:
        try:
            length, start = _varint(page, start)
            rowid, start = _varint(page, start)
        except _Cut:
            return None
        if length > _MAX_ROW:
            return None
        if length <= _ALL_LOCAL:
            payload = page[start : start + length]
        else:
            local = _MIN_LOCAL + (length - _MIN_LOCAL) % (PAGE - 4)
            local = local if local <= _ALL_LOCAL else _MIN_LOCAL
            payload = page[start : start + local]
            following = page[start + local : start + local + 4]
            payload += self._overflow(following, length - local, newest)
        values, is_whole = _record(payload)
        return Row(rowid, values, is_whole and len(payload) == length)

    def _overflow(self, pointer: bytes, length: int, newest: bool) -> bytes:
        """What follows a row's beginning, as far as the chain of pages holds."""
        parts: list[bytes] = []
        seen: set[int] = set()
        while length > 0:
            number = int.from_bytes(pointer, "big")
            if len(pointer) < 4 or number < 2 or number in seen:
                break
            seen.add(number)
            page = self._page(number, newest)
            if len(page) < PAGE:
                break
            parts.append(page[4 : 4 + min(length, PAGE - 4)])
            length -= len(parts[-1])
            pointer = page[:4]
        return b"".join(parts)


def _open(path: Path) -> int | None:
    try:
        return os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None


def _pread(file: int | None, size: int, place: int) -> bytes:
    """Fewer bytes where the file ends, none where the disk cannot read them."""
    if file is None:
        return b""
    try:
        return os.pread(file, size, place)
    except OSError:
        return b""


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """One to nine bytes, seven bits each but for the ninth. Returns the number and the place behind it."""
    number = 0
    for index in range(place, place + 9):
        if index >= len(data):
            raise _Cut
        byte = data[index]
        if index == place + 8:
            return (number << 8) | byte, index + 1
        number = (number << 7) | (byte & 0x7F)
        if byte < 0x80:
            return number, index + 1
    raise _Cut


def _record(payload: bytes) -> tuple[tuple[Value, ...], bool]:
    """The values up to the first that is cut or cannot be one, and whether that is all."""
    values: list[Value] = []
    try:
        end, place = _varint(payload, 0)
        kinds: list[int] = []
        while place < end:
            kind, place = _varint(payload, place)
            kinds.append(kind)
        for kind in kinds:
            value, place = _value(payload, place, kind)
            values.append(value)
    except (_Cut, UnicodeDecodeError):
        return tuple(values), False
    return tuple(values), True


def _value(payload: bytes, place: int, kind: int) -> tuple[Value, int]:
    if kind == 0:
        return None, place
    if kind in (8, 9):
        return kind - 8, place
    if kind in (10, 11):
        raise _Cut  # reserved
    size = 8 if kind == 7 else _INTEGERS.get(kind) or (kind - 12) // 2
    data = payload[place : place + size]
    if len(data) < size:
        raise _Cut
    place += size
    if kind in _INTEGERS:
        return int.from_bytes(data, "big", signed=True), place
    if kind == 7:
        return struct.unpack(">d", data)[0], place
    return (data.decode() if kind % 2 else data), place
