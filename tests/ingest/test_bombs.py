"""Small bodies that hold much: they cost milliseconds and megabytes, never the process."""

import ast
import gzip
import os
import pickle
import subprocess
import sys
import zlib
from functools import cache, reduce

import brotli
import pytest
import zstandard

from ingest.compression import CompressionError, TooLarge, inflate
from tests.servers import ROOT

MIB = 1 << 20
PACK = {
    "gzip": lambda data: gzip.compress(data, 9),
    "deflate": lambda data: zlib.compress(data, 9),
    "br": lambda data: brotli.compress(data, quality=5),
    "zstd": lambda data: zstandard.compress(data, 3),
}
CHAINS = ["gzip", "deflate", "br", "zstd", "gzip, gzip", "deflate, br", "zstd, gzip, br"]


@cache
def bomb(encoding: str, megabytes: int) -> bytes:
    """An envelope with an attachment of blanks."""
    head = b'{}\n{"type":"attachment","length":%d}\n' % (megabytes * MIB)
    steps = [name.strip() for name in encoding.split(",")]
    return reduce(lambda data, name: PACK[name](data), steps, head + b" " * (megabytes * MIB))


def send_all(bodies: list[tuple[str, bytes]], threads: int) -> tuple[dict[int, int], int]:
    """(how often each status, megabytes that the process grew)."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.ingest.bomb", str(threads)],
        input=pickle.dumps(bodies),
        capture_output=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        timeout=100,
    )
    statuses, _, grown = done.stdout.decode().strip().rpartition(" ")
    return ast.literal_eval(statuses), int(grown)


@pytest.mark.parametrize("encoding", CHAINS)
def test_what_does_not_fit_is_refused_at_the_ceiling(encoding: str) -> None:
    body = bomb(encoding, 150)
    assert len(body) < 400_000
    statuses, grown = send_all([(encoding, body)], threads=1)
    assert statuses == {413: 1}
    assert grown < 260


def test_what_fits_is_accepted_one_at_a_time() -> None:
    """Of all encodings, by eight threads at once: as much memory as one."""
    bodies = [(encoding, bomb(encoding, 90)) for encoding in ("gzip", "deflate", "br", "zstd")]
    statuses, grown = send_all(bodies, threads=8)
    assert statuses == {200: 32}
    assert grown < 330


@pytest.mark.parametrize("encoding", CHAINS)
def test_a_low_ceiling_costs_next_to_nothing(encoding: str) -> None:
    with pytest.raises(TooLarge):
        inflate(bomb(encoding, 150), encoding, MIB)


def test_a_bomb_inside_a_bomb() -> None:
    """Each step has the ceiling, so that an inner body cannot be large in passing."""
    inner = gzip.compress(b"x" * 64)
    padded = inner + b"\0" * (8 * MIB)  # what follows a member is padding
    with pytest.raises(TooLarge):
        inflate(gzip.compress(padded), "gzip, gzip", MIB)
    assert inflate(gzip.compress(padded), "gzip, gzip", 16 * MIB) == b"x" * 64


def test_a_hundred_names_in_the_header_are_not_followed() -> None:
    body = b"{}"
    for _ in range(100):
        body = gzip.compress(body, 1)
    with pytest.raises(ValueError, match="encodings"):
        inflate(body, ",".join(["gzip"] * 100), MIB)


@pytest.mark.parametrize(
    ("encoding", "member"),
    [
        pytest.param("gzip", gzip.compress(b""), id="gzip"),
        pytest.param("zstd", zstandard.compress(b""), id="zstd"),
    ],
)
@pytest.mark.timeout(5)
def test_a_million_empty_members_are_not_counted_to_the_end(encoding: str, member: bytes) -> None:
    """A decoder copies what is left over: after each of them the whole rest, if it is given the whole rest."""
    with pytest.raises(CompressionError, match="in a row"):
        inflate(member * (20 * MIB // len(member)), encoding, 100 * MIB)
    assert inflate(member * 9000, encoding, MIB) == b""
