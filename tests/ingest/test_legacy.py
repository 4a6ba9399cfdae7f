import base64
import gzip
import zlib

import pytest

from ingest.compression import TooLarge
from ingest.legacy import StoreError, read_store

RAW = b'{"message":"disk full"}'


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(RAW, id="JSON"),
        pytest.param(b" \n" + RAW, id="blanks first"),
        pytest.param(b"\xef\xbb\xbf" + RAW, id="byte order mark"),
        pytest.param(zlib.compress(RAW), id="zlib"),
        pytest.param(gzip.compress(RAW), id="gzip"),
        pytest.param(base64.b64encode(RAW), id="base64"),
        pytest.param(base64.b64encode(zlib.compress(RAW)), id="base64 of zlib"),
        pytest.param(base64.encodebytes(zlib.compress(RAW * 1)), id="base64 with line breaks"),
    ],
)
def test_reads_every_old_form(body: bytes) -> None:
    raw, event = read_store(body, 1000)
    assert (raw.strip(), event) == (RAW, {"message": "disk full"})


@pytest.mark.parametrize("body", [b"", b"  ", b"hello world!", b"[1,2]", b"\x78\x9cbroken", b"e30"])
def test_refuses_what_is_no_event(body: bytes) -> None:
    with pytest.raises(StoreError):
        read_store(body, 1000)


def test_a_hidden_bomb_stops_at_the_limit() -> None:
    with pytest.raises(TooLarge):
        read_store(base64.b64encode(zlib.compress(bytes(10_000_000))), 1000)
