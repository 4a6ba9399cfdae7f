"""Undo Content-Encoding with a ceiling on what comes out. Pure.

Every decoder stops at the ceiling: 100 KiB may hold 100 MiB. Source: ingest contract, section 5.
"""

from collections.abc import Iterator

import brotli
import zstandard
from zlib_ng import zlib_ng

# A third of the time of the standard library's zlib, on every request and again in the digest.
BrokenStream: type[Exception] = zlib_ng.error  # type: ignore[assignment]  # the stubs have an instance


# Encodings in a row. There are bodies that hold themselves, and each step costs as much as the first.
MAX_STEPS = 4
# Members of a gzip body, frames of a zstd body.
MAX_MEMBERS = 10_000
PIECE = 16 * 1024  # bytes


class CompressionError(ValueError):
    """The stream is broken. The message is safe to show to the sender."""


class UnknownEncoding(ValueError):
    """Nothing we can undo."""


class TooLarge(ValueError):
    """More would come out than the ceiling allows."""


def inflate(body: bytes, encoding: str, limit: int) -> bytes:
    """Undo a Content-Encoding value: a comma list, from right to left; empty means none.

    limit: bytes, for every step. Raises CompressionError, UnknownEncoding, TooLarge.
    """
    names = encoding.split(",")
    if len(names) > MAX_STEPS:
        raise UnknownEncoding(f"Content-Encoding names more than {MAX_STEPS} encodings")
    for name in reversed(names):
        name = name.strip().lower()
        if name in ("", "identity"):
            continue
        decoder = _DECODERS.get(name)
        if decoder is None:
            raise UnknownEncoding(f"Content-Encoding {name[:40]!r} is not supported")
        body = decoder(body, limit)
    if len(body) > limit:
        raise TooLarge(f"more than {limit} bytes after decompression")
    return body


def _zlib(body: bytes, limit: int, wbits: int) -> bytes:
    """One or more members in a row. wbits: 31 gzip, 15 zlib, -15 raw."""
    decoder = zlib_ng.decompressobj(wbits)
    try:
        out = decoder.decompress(body, limit + 1)
        if len(out) <= limit and decoder.eof and wbits == 31 and decoder.unused_data:
            out = b"".join([out, *_members(decoder.unused_data, limit - len(out), wbits)])
    except BrokenStream as error:
        raise CompressionError(f"the compressed body is broken: {error}") from error
    if len(out) > limit:
        raise TooLarge(f"more than {limit} bytes after decompression")
    if not decoder.eof:
        raise CompressionError("the compressed body is cut short")
    return out


def _members(rest: bytes, left: int, wbits: int) -> Iterator[bytes]:
    """What follows the first member: more of them, or padding. left: bytes that may still come out."""
    view = memoryview(rest)
    position = count = 0
    while rest.startswith(b"\x1f\x8b", position):
        count += 1
        if count > MAX_MEMBERS:
            raise CompressionError(f"more than {MAX_MEMBERS} compressed members in a row")
        decoder = zlib_ng.decompressobj(wbits)
        while not decoder.eof:
            # Piece by piece: a decoder copies what is left over, for a million tiny members a million times.
            piece = view[position : position + PIECE]
            if not piece:
                raise CompressionError("the compressed body is cut short")
            position += len(piece)
            part = decoder.decompress(piece, left + 1)
            left -= len(part)
            yield part
            if left < 0:
                return
        position -= len(decoder.unused_data)


def _gzip(body: bytes, limit: int) -> bytes:
    return _zlib(body, limit, 31)


def _deflate(body: bytes, limit: int) -> bytes:
    # RFC 9110 means zlib; some clients send it raw. The zlib header tells: method 8 and a checksum by 31.
    wrapped = len(body) > 1 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
    if wrapped:
        try:
            return _zlib(body, limit, 15)
        except CompressionError:
            return _zlib(body, limit, -15)
    return _zlib(body, limit, -15)


def _brotli(body: bytes, limit: int) -> bytes:
    decoder = brotli.Decompressor()
    try:
        parts = [decoder.process(body, output_buffer_limit=limit + 1)]
        size = len(parts[0])
        while not decoder.is_finished() and size <= limit and not decoder.can_accept_more_data():
            parts.append(decoder.process(b"", output_buffer_limit=limit + 1 - size))
            size += len(parts[-1])
    except brotli.error as error:
        raise CompressionError("the compressed body is broken (br)") from error
    if size > limit:
        raise TooLarge(f"more than {limit} bytes after decompression")
    if not decoder.is_finished():
        raise CompressionError("the compressed body is cut short")
    return b"".join(parts)


def _zstd(body: bytes, limit: int) -> bytes:
    try:
        # The window bounds the memory that a frame's header may ask for.
        decoder = zstandard.ZstdDecompressor(max_window_size=1 << 27)
        out = decoder.stream_reader(body, read_across_frames=True).read(limit + 1)
        if len(out) > limit:
            raise TooLarge(f"more than {limit} bytes after decompression")
        # The reader ends quietly where a stream is cut; each frame is asked whether it is whole. That reads the body
        # twice, but the encoding is rare, and what comes out is bounded by now.
        _check_frames(decoder, memoryview(body))
    except zstandard.ZstdError as error:
        raise CompressionError("the compressed body is broken (zstd)") from error
    return out


def _check_frames(decoder: zstandard.ZstdDecompressor, view: memoryview) -> None:
    position = count = 0
    while position < len(view):
        count += 1
        if count > MAX_MEMBERS:
            raise CompressionError(f"more than {MAX_MEMBERS} compressed members in a row")
        frame = decoder.decompressobj()
        while not frame.eof:
            piece = view[position : position + PIECE]
            if not piece:
                raise CompressionError("the compressed body is cut short")
            position += len(piece)
            frame.decompress(piece)
        position -= len(frame.unused_data)


_DECODERS = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}


def head(body: bytes, encoding: str, size: int) -> bytes:
    """The first `size` bytes of what would come out, b"" where that is not cheap to say."""
    name = encoding.strip().lower()
    try:
        if name in ("", "identity"):
            return body[:size]
        if name in ("gzip", "x-gzip", "deflate"):
            # 47: gzip or zlib, whichever it is.
            return zlib_ng.decompressobj(47).decompress(body, size)
        if name == "br":
            return bytes(brotli.Decompressor().process(body, output_buffer_limit=size)[:size])
        if name == "zstd":
            with zstandard.ZstdDecompressor().stream_reader(body) as reader:
                return reader.read(size)
    except (BrokenStream, brotli.error, zstandard.ZstdError):
        pass
    return b""
