"""Bytes smaller than they came. Pure.

Events of a project repeat each other: with a dictionary made of earlier ones, zstandard needs a third less.
Compressor objects are not thread-safe, hence one per thread.
"""

import threading
from functools import cached_property

import zstandard

LEVEL = 3
_SEGMENT = 2048  # bytes of a sample that are judged together
_MAX_COMPRESSORS = 32  # per thread; one holds a few tables for its dictionary


class Dictionary:
    """What the payloads of a project have in common. number: of the project's dictionaries; 0 is none."""

    def __init__(self, number: int, data: bytes) -> None:
        self.number = number
        self.data = data

    @cached_property
    def for_reading(self) -> zstandard.ZstdCompressionDict | None:
        return zstandard.ZstdCompressionDict(self.data) if self.number else None

    @cached_property
    def for_writing(self) -> zstandard.ZstdCompressionDict | None:
        if not self.number:
            return None
        made = zstandard.ZstdCompressionDict(self.data)
        made.precompute_compress(level=LEVEL)
        return made


NO_DICTIONARY = Dictionary(0, b"")
_local = threading.local()


def pack(content: bytes | memoryview, dictionary: Dictionary = NO_DICTIONARY) -> bytes:
    compressors: dict[int, tuple[Dictionary, zstandard.ZstdCompressor]]
    compressors = _local.__dict__.setdefault("compressors", {})
    known = compressors.get(id(dictionary))
    if known is None:
        if len(compressors) >= _MAX_COMPRESSORS:
            compressors.clear()
        made = zstandard.ZstdCompressor(
            level=LEVEL, dict_data=dictionary.for_writing, write_checksum=False, write_dict_id=False
        )
        # Beside its dictionary, so that no other can get the same id.
        known = compressors[id(dictionary)] = dictionary, made
    return known[1].compress(content)


def unpack(packed: bytes, dictionary: Dictionary = NO_DICTIONARY) -> bytes:
    """Raises zstandard.ZstdError for bytes that `pack` did not make with this dictionary."""
    return zstandard.ZstdDecompressor(dict_data=dictionary.for_reading).decompress(packed)


def train(samples: list[bytes], size: int) -> bytes | None:
    """The data of a dictionary of at most `size` bytes; None if the samples have too little in common.

    About 0.1 s for 10 MB of samples. Searching for the best segment length instead takes ten times as long, and found
    dictionaries that were larger by nothing and worse by up to two thirds (docs/performance.md).
    """
    try:
        return zstandard.train_dictionary(size, [*samples], k=_SEGMENT, d=8).as_bytes()
    except zstandard.ZstdError:
        return None


AS_SENT, ZSTANDARD = 0, 1


def pack_bytes(data: bytes | memoryview) -> tuple[int, bytes]:
    """(encoding, bytes to keep): compressed where that saves a tenth; pictures and archives stay as they are."""
    if len(data) < 128:
        return AS_SENT, bytes(data)
    packed = pack(data)
    return (ZSTANDARD, packed) if len(packed) < 0.9 * len(data) else (AS_SENT, bytes(data))


def unpack_bytes(encoding: int, data: bytes) -> bytes:
    """Raises zstandard.ZstdError for bytes that `pack_bytes` did not make."""
    return unpack(data) if encoding == ZSTANDARD else data
