import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.envelope import (
    MAX_HEADER_LINE,
    MAX_ITEMS,
    EnvelopeError,
    HeaderTooLarge,
    build,
    event_id_of,
    frame,
)

ID = "9ec79c33ec9942ab8353589fcb2e04dc"


@pytest.mark.parametrize(
    ("body", "payloads"),
    [
        pytest.param(b'{}\n{"type":"event","length":2}\n{}\n', [b"{}"], id="explicit length"),
        pytest.param(b'{}\n{"type":"event"}\n{"a":1}\n', [b'{"a":1}'], id="implicit length"),
        pytest.param(b'{}\n{"type":"event"}\n{"a":1}', [b'{"a":1}'], id="ended by the end"),
        pytest.param(b'{}\n{"type":"a","length":3}\n\n\n\n\n{"type":"b"}\nx', [b"\n\n\n", b"x"], id="newlines inside"),
        pytest.param(b'{}\n{"type":"a","length":0}\n\n{"type":"b"}\nx', [b"", b"x"], id="zero length"),
        pytest.param(b'{}\n{"type":"a","length":0}', [b""], id="zero length, last"),
        pytest.param(b'{}\n{"type":"a"}', [b""], id="no length, last"),
        pytest.param(b'{}\n{"type":"a","length":null}\nx\n', [b"x"], id="length null"),
        pytest.param(b'{}\n{"type":"a","length":2}\nhi\r\n{"type":"b"}\nx', [b"hi", b"x"], id="CR LF after it"),
        pytest.param(b"{}\n\n\n", [], id="header only"),
        pytest.param(b"{}", [], id="header only, no newline"),
    ],
)  # fmt: skip
def test_finds_the_payloads(body: bytes, payloads: list[bytes]) -> None:
    envelope = frame(body)
    assert [envelope.payload(item) for item in envelope.items] == payloads


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param(b"", "envelope header", id="empty"),
        pytest.param(b"hello\n", "envelope header", id="no JSON"),
        pytest.param(b"[]\n", "not a JSON object", id="no object"),
        pytest.param(b'{"x":"\xff"}\n', "envelope header", id="no UTF-8"),
        pytest.param(b"{}\nnot json\n{}\n", "item 1", id="item header"),
        pytest.param(b'{}\n{"length":9}\n{}\n', "only 3 bytes follow", id="too long"),
        pytest.param(b'{}\n{"length":1}\n{}\n', "no newline", id="too short"),
        pytest.param(b'{}\n{"length":-1}\n{}\n', "whole number", id="negative"),
        pytest.param(b'{}\n{"length":"2"}\n{}\n', "whole number", id="string"),
        pytest.param(b'{}\n{"length":true}\n{}\n', "whole number", id="boolean"),
        pytest.param(b'{}\n{"length":2.0}\n{}\n', "whole number", id="float"),
        pytest.param(b"{}\n" + b'{"length":0}\n\n' * (MAX_ITEMS + 1), "more than", id="items"),
    ],
)  # fmt: skip
def test_says_what_is_wrong(body: bytes, says: str) -> None:
    with pytest.raises(EnvelopeError, match=says):
        frame(body)


def test_a_header_line_has_a_limit() -> None:
    with pytest.raises(HeaderTooLarge):
        frame(b'{"x":"' + b"a" * MAX_HEADER_LINE + b'"}\n')


@pytest.mark.parametrize(
    ("value", "event_id"),
    [
        (ID, ID),
        (ID.upper(), ID),
        ("9ec79c33-ec99-42ab-8353-589fcb2e04dc", ID),
        ("0" * 32, ""),
        ("not-an-id", ""),
        (7, ""),
        (None, ""),
    ],
)
def test_reads_event_ids(value: object, event_id: str) -> None:
    assert event_id_of(value) == event_id


@pytest.mark.parametrize(
    ("sent_at", "microsecond"),
    [
        ("2026-05-01T10:00:00Z", 0),
        ("2026-05-01T10:00:00.123Z", 123_000),
        ("2026-05-01T10:00:00.123456789Z", 123_456),
        ("2026-05-01T12:00:00.5+02:00", 500_000),
    ],
)
def test_reads_sent_at(sent_at: str, microsecond: int) -> None:
    found = frame(b'{"sent_at":"%s"}' % sent_at.encode()).sent_at
    assert found is not None
    assert (found.timestamp() // 1, found.microsecond) == (1777629600, microsecond)


def test_an_unreadable_sent_at_is_absent() -> None:
    assert frame(b'{"sent_at":"yesterday"}').sent_at is None


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_what_was_built_is_found_again(payloads: list[bytes]) -> None:
    body = build({"event_id": ID}, iter([({"type": "attachment"}, p) for p in payloads]))
    envelope = frame(body)
    assert [envelope.payload(item) for item in envelope.items] == payloads
    assert envelope.event_id == ID


@given(st.binary(max_size=500))
def test_any_bytes_are_an_envelope_or_a_reason(body: bytes) -> None:
    with contextlib.suppress(EnvelopeError):
        envelope = frame(b"{}\n" + body)
        for item in envelope.items:
            assert 0 <= item.start <= item.end <= len(envelope.body)
