import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import otlp, pipeline
from ingest.models import OutcomeCount
from ingest.otlp import OtlpError
from projects.models import Project
from tests.ingest.door import auth, digest_all, request

PROTOBUF, JSON = "application/x-protobuf", "application/json"


def field(number: int, content: bytes) -> bytes:
    """A length-delimited field."""
    size, length = len(content), b""
    while size > 127:
        length += bytes([size & 127 | 128])
        size >>= 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + content


def message(records: int, *, record: bytes = b"") -> bytes:
    """Two resources with a scope each, as an exporter writes them."""
    one = field(2, field(1, field(1, b"name")) + field(2, record or b"\x09" + bytes(8)) * records)
    return field(1, field(1, b"") + one) + field(1, one + field(3, b"schema"))


@pytest.mark.parametrize("records", [0, 1, 3, 40])
def test_counts_records_in_protocol_buffers(records: int) -> None:
    body = message(records)
    assert otlp.read(body, "otlp_logs", PROTOBUF) == (2 * records, body)


@pytest.mark.parametrize(
    "body", [b"\x0b", b"\x0a\x05a", b"\x80", b"\x0a" + b"\xff" * 11, b"\x02\x00", b"hello"]
)
def test_says_what_is_no_protocol_buffer(body: bytes) -> None:
    with pytest.raises(OtlpError):
        otlp.read(body, "otlp_logs", PROTOBUF)


@given(st.binary(max_size=200))
def test_any_bytes_have_a_verdict(body: bytes) -> None:
    for media in (PROTOBUF, JSON):
        try:
            count, _ = otlp.read(body, "otlp_traces", media)
        except OtlpError:
            continue
        assert 0 <= count <= len(body)


def test_odd_json_counts_what_is_there() -> None:
    value = {"resourceSpans": [7, {"scopeSpans": [None, {"spans": [{}, {}]}, {"spans": 3}]}]}
    assert otlp.read(json.dumps(value).encode(), "otlp_traces", JSON)[0] == 2


def body_of(kind: str, media: str) -> bytes:
    if media == PROTOBUF:
        return message(2)
    names = {"logs": ("resourceLogs", "scopeLogs", "logRecords")}
    outer, middle, inner = names.get(kind, ("resourceSpans", "scopeSpans", "spans"))
    value: Any = {outer: [{middle: [{inner: [{}, {}, {}, {}]}]}]}
    return json.dumps(value).encode()


@pytest.mark.django_db
@pytest.mark.parametrize("prefix", ["integration/otlp", "otlp"])
@pytest.mark.parametrize("media", [PROTOBUF, JSON])
@pytest.mark.parametrize(("kind", "category"), [("logs", "log_item"), ("traces", "span")])
def test_exporters_are_answered_and_counted(
    project: Project, prefix: str, media: str, kind: str, category: str
) -> None:
    body = gzip.compress(body_of(kind, media))
    headers = auth(project) | {"Content-Type": media, "Content-Encoding": "gzip"}
    answer = request(f"/api/{project.pk}/{prefix}/v1/{kind}", body, headers=headers, chunked=True)
    assert answer.status == 200
    assert answer.headers["content-type"] == media
    assert answer.body == (b"{}" if media == JSON else b"")
    digest_all()
    row = OutcomeCount.objects.get()
    assert (row.outcome, row.category, row.quantity) == ("unsupported", category, 4)


@pytest.mark.django_db
def test_what_cannot_be_read_is_seen(project: Project) -> None:
    headers = auth(project) | {"Content-Type": PROTOBUF}
    assert request(f"/api/{project.pk}/otlp/v1/logs", b"hello", headers=headers).status == 200
    digest_all()
    [entry] = pipeline.quarantine().list(project.pk)
    assert "no protocol buffer" in entry.detail
