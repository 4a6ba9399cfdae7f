import contextlib
import gzip
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from ingest.compression import CompressionError, TooLarge, UnknownEncoding, inflate

DATA = b'{"message":"disk full"}' * 100
LIMIT = 100_000


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


def zstd_stream(data: bytes) -> bytes:
    """Without the content size in its header, as a streaming writer makes it."""
    compressor = zstandard.ZstdCompressor().compressobj()
    return compressor.compress(data) + compressor.flush()


ENCODED = [
    pytest.param("gzip", gzip.compress(DATA), id="gzip"),
    pytest.param("GZip", gzip.compress(DATA), id="capitals"),
    pytest.param("x-gzip", gzip.compress(DATA), id="x-gzip"),
    pytest.param("gzip", gzip.compress(DATA[:100]) + gzip.compress(DATA[100:]), id="two members"),
    pytest.param("deflate", zlib.compress(DATA), id="zlib"),
    pytest.param("deflate", raw_deflate(DATA), id="raw deflate"),
    pytest.param("br", brotli.compress(DATA), id="br"),
    pytest.param("zstd", zstandard.compress(DATA), id="zstd"),
    pytest.param("zstd", zstd_stream(DATA), id="zstd without a size"),
    pytest.param("zstd", zstandard.compress(DATA[:9]) + zstd_stream(DATA[9:]), id="zstd frames"),
    pytest.param("deflate, gzip", gzip.compress(zlib.compress(DATA)), id="chained"),
    pytest.param("identity", DATA, id="identity"),
    pytest.param("", DATA, id="empty"),
]


@pytest.mark.parametrize(("encoding", "body"), ENCODED)
def test_undoes_it(encoding: str, body: bytes) -> None:
    assert inflate(body, encoding, LIMIT) == DATA


@pytest.mark.parametrize(("encoding", "body"), ENCODED)
def test_exactly_the_limit_is_allowed_and_one_byte_more_is_not(encoding: str, body: bytes) -> None:
    assert len(inflate(body, encoding, len(DATA))) == len(DATA)
    with pytest.raises(TooLarge):
        inflate(body, encoding, len(DATA) - 1)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        pytest.param("gzip", gzip.compress(bytes(50_000_000)), id="gzip"),
        pytest.param("deflate", zlib.compress(bytes(50_000_000)), id="deflate"),
        pytest.param("br", brotli.compress(bytes(50_000_000), quality=1), id="br"),
        pytest.param("zstd", zstandard.compress(bytes(50_000_000)), id="zstd"),
        pytest.param(
            "gzip, gzip", gzip.compress(gzip.compress(bytes(50_000_000))), id="two layers"
        ),
    ],
)
def test_a_bomb_stops_at_the_limit(encoding: str, body: bytes) -> None:
    with pytest.raises(TooLarge):
        inflate(body, encoding, 1_000_000)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_what_is_no_stream_is_refused(encoding: str) -> None:
    with pytest.raises(CompressionError):
        inflate(b"this is not compressed at all", encoding, LIMIT)


@pytest.mark.parametrize(
    ("encoding", "body"), [p for p in ENCODED if p.values[0] in ("gzip", "deflate", "br", "zstd")]
)
def test_a_cut_stream_is_refused(encoding: str, body: bytes) -> None:
    with pytest.raises(CompressionError):
        inflate(body[:-9], encoding, LIMIT)


def test_an_unknown_encoding_is_named() -> None:
    with pytest.raises(UnknownEncoding, match="lzma"):
        inflate(DATA, "lzma", LIMIT)


@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate", "br", "zstd"]))
def test_any_bytes_give_a_result_or_a_reason(body: bytes, encoding: str) -> None:
    with contextlib.suppress(CompressionError, TooLarge):
        assert len(inflate(body, encoding, 10_000)) <= 10_000
