"""Bytes smaller than they came. Pure.

Events of a project repeat each other, and those of an issue are nearly the same. With a dictionary made of earlier
events zstandard needs half as much; with a whole event of the same issue for a
dictionary, a third (docs/performance.md).
"""

import threading
from functools import cached_property

import zstandard

LEVEL = 3
# Beside an exemplar most of an event is a few long matches: the fast search with long steps finds them in half the time
# that LEVEL takes, and its tables are small enough to have one for each of many issues.
_BESIDE_EXEMPLAR = zstandard.ZstdCompressionParameters(
    strategy=zstandard.STRATEGY_FAST,
    window_log=20,
    hash_log=15,
    chain_log=14,
    min_match=7,
    # A wrong exemplar would give wrong bytes and no error.
    write_checksum=True,
    write_dict_id=False,
)
_SEGMENT = 2048  # bytes of a sample that are judged together


class Dictionary:
    """What payloads have in common.

    number: above 0, of the project's trained dictionaries; below 0, of an exemplar, whose content is `data`; 0 is none.
    grouphash_id: whose exemplar it is.
    """

    def __init__(self, number: int, data: bytes, grouphash_id: int = 0) -> None:
        self.number = number
        self.grouphash_id = grouphash_id
        self.data = data
        self._local = threading.local()  # compressors are not thread-safe

    @cached_property
    def for_reading(self) -> zstandard.ZstdCompressionDict | None:
        return self._made() if self.number else None

    @property
    def compressor(self) -> zstandard.ZstdCompressor:
        """This thread's."""
        known = getattr(self._local, "compressor", None)
        if known is None:
            known = self._local.compressor = self._compressor()
        return known

    def _compressor(self) -> zstandard.ZstdCompressor:
        if self.number < 0:
            return zstandard.ZstdCompressor(
                compression_params=_BESIDE_EXEMPLAR, dict_data=self._for_writing
            )
        return zstandard.ZstdCompressor(
            level=LEVEL, dict_data=self._for_writing, write_checksum=False, write_dict_id=False
        )

    @cached_property
    def _for_writing(self) -> zstandard.ZstdCompressionDict | None:
        if not self.number:
            return None
        made = self._made()
        if self.number < 0:
            made.precompute_compress(compression_params=_BESIDE_EXEMPLAR)
        else:
            made.precompute_compress(level=LEVEL)
        return made

    def _made(self) -> zstandard.ZstdCompressionDict:
        kind = zstandard.DICT_TYPE_RAWCONTENT if self.number < 0 else zstandard.DICT_TYPE_AUTO
        return zstandard.ZstdCompressionDict(self.data, dict_type=kind)


NO_DICTIONARY = Dictionary(0, b"")


def pack(content: bytes | memoryview, dictionary: Dictionary = NO_DICTIONARY) -> bytes:
    return dictionary.compressor.compress(content)


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
