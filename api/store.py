"""What builds upload, on disk: chunks by their SHA-1, and the files that are joined from them, likewise.

    DATA_DIR/uploads/chunks/ab/abcd…    2 MiB each, gone a day after they came
    DATA_DIR/uploads/bundles/ab/abcd…   as long as a project has them

A file appears under its name only when it is whole and its content has that hash.
"""

import contextlib
import hashlib
import os
import time
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO
from uuid import uuid4

CHUNK_BYTES = 2 << 20
MAX_FILE_BYTES = 512 << 20
CHUNK_SECONDS = 86_400
_BLOCK = 1 << 20
_LEAST = 4096  # bytes that a file takes, however small it is


class StoreError(ValueError):
    """What was sent cannot be taken. The message is for the person who sent it."""


class StoreFull(StoreError):
    """The directory has reached its limit."""


class Store:
    def __init__(self, directory: Path, *, max_bytes: int) -> None:
        self._directory = directory
        self._max_bytes = max_bytes
        self._swept_at = 0.0

    def chunk(self, sha1: str) -> Path:
        return self._directory / "chunks" / sha1[:2] / sha1

    def bundle(self, sha1: str) -> Path:
        return self._directory / "bundles" / sha1[:2] / sha1

    def missing(self, chunks: Iterable[str]) -> list[str]:
        return [sha1 for sha1 in dict.fromkeys(chunks) if not self.chunk(sha1).exists()]

    def add_chunk(
        self, name: str, file: IO[bytes], *, is_gzip: bool, room: int | None = None
    ) -> int:
        """name: the SHA-1 of the content, in hex, uncompressed. room: bytes that are left, if known already.

        Returns the bytes that it takes. Raises StoreError.
        """
        content = _inflated(file) if is_gzip else file.read(CHUNK_BYTES + 1)
        if len(content) > CHUNK_BYTES:
            raise StoreError(f"A chunk has {CHUNK_BYTES} bytes at most.")
        if hashlib.sha1(content, usedforsecurity=False).hexdigest() != name:
            raise StoreError("A chunk is named after the SHA-1 of its content; this one is not.")
        path = self.chunk(name)
        if path.exists():
            with contextlib.suppress(OSError):
                os.utime(path)  # asked for again: it stays a day from now
            return 0
        size = max(_LEAST, len(content))
        _refuse_if_full(size, self.room() if room is None else room)
        with _appearing(path) as out:
            out.write(content)
        return size

    def join(self, sha1: str, chunks: Iterable[str]) -> int:
        """Make the file of these chunks, which are all there: its size in bytes. Raises StoreError."""
        path = self.bundle(sha1)
        if path.exists():
            return path.stat().st_size
        parts, room = [self.chunk(name) for name in chunks], self.room()
        digest = hashlib.sha1(usedforsecurity=False)
        try:
            size = sum(part.stat().st_size for part in parts)
            if size > MAX_FILE_BYTES:
                raise StoreError(f"A file has {MAX_FILE_BYTES} bytes at most.")
            _refuse_if_full(size, room)
            with _appearing(path) as out:
                for part in parts:
                    content = part.read_bytes()
                    digest.update(content)
                    out.write(content)
                if digest.hexdigest() != sha1:
                    raise StoreError("The chunks do not make a file of this checksum.")
        except FileNotFoundError as error:
            raise StoreError("A chunk is gone; upload again.") from error
        return size

    def remove_bundle(self, sha1: str) -> None:
        self.bundle(sha1).unlink(missing_ok=True)

    def sweep(self, *, now: float | None = None) -> int:
        """Take away chunks that came a day ago, and halves of files: how many."""
        now = time.time() if now is None else now
        gone = 0
        for path in self._directory.rglob("*"):
            with contextlib.suppress(OSError):
                stat = path.stat()
                is_old = now - stat.st_mtime > CHUNK_SECONDS
                is_passing = path.parent.parent.name == "chunks" or path.suffix == ".part"
                if path.is_file() and is_old and is_passing:
                    path.unlink()
                    gone += 1
        return gone

    def room(self) -> int:
        """Bytes that are left, after what is old has been taken away."""
        if time.monotonic() - self._swept_at > 600 or not self._swept_at:
            self._swept_at = time.monotonic()
            self.sweep()
        return self._max_bytes - self.size()

    def size(self) -> int:
        """Bytes that everything in it takes."""
        total = 0
        for directory, _, names in os.walk(self._directory):
            for name in names:
                with contextlib.suppress(OSError):
                    total += max(_LEAST, os.stat(os.path.join(directory, name)).st_size)
        return total


def _refuse_if_full(more: int, room: int) -> None:
    if more > room:
        raise StoreFull("There is no more room for uploads here (UPLOADS_MAX_BYTES).")


def _inflated(file: IO[bytes]) -> bytes:
    """At most one byte more than a chunk may have. Raises StoreError."""
    inflater = zlib.decompressobj(wbits=31)
    try:
        return inflater.decompress(file.read(CHUNK_BYTES * 2), CHUNK_BYTES + 1)
    except zlib.error as error:
        raise StoreError("A chunk is not what gzip makes.") from error


@contextlib.contextmanager
def _appearing(path: Path) -> Iterator[IO[bytes]]:
    """A file that is there as a whole or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{uuid4().hex}.part")
    try:
        with open(part, "wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
