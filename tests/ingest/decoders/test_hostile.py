"""Whatever a sender writes, a decoder answers, and soon."""

import time
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import lenient
from ingest.decoders import auto, split
from ingest.decoders.values import Decoded, NotUnderstood, Options
from ingest.legacy import BodyError
from issues.payload import normalize

OPTIONS = Options(slow_ms=1)
RECEIVED = datetime(2026, 5, 1, tzinfo=UTC)
PIECES = st.sampled_from(
    [
        *("7:M 01 May 2026 10:00:00.000 # ", "2026-05-01 10:00:00.905 UTC", " [9] ", "ERROR:  ", "DETAIL:  "),
        *("STATEMENT:  ", "CONTEXT:  ", "PL/pgSQL function f() line 1 at RAISE", "LOG:  duration: 5 ms  statement: "),
        *(",", '"', "'", "$$", "\n", "\t", "{", "}", "[", "]", "(", ")", ")=(", "Failing row contains ("),
        *('{"level":50,"time":1,"err":{"stack":"', "2026/05/01 10:00:00 [error] 1#1: ", ', client: "', "\0"),
        *("at f (/a.js:1:1)", 'File "a", line 1', "caused by: ", "\ud800", "x", "0" * 30, "é", "%{a}"),
    ]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | PIECES,
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            [
                *("level", "time", "msg", "message", "err", "stack", "type", "req", "res", "statusCode", "headers"),
                *("MESSAGE", "PRIORITY", "error_severity", "statement", "context", "log", "file", "offset", "p"),
                *("event", "original", "tags", "host", "fingerprint", "line", "aggregateErrors", "contexts", "extra"),
            ]
        ),
        inner,
        max_size=6,
    ),
    max_leaves=20,
)  # fmt: skip
MANY = settings(max_examples=150, deadline=None)


def check(entry: object, format_: str) -> None:
    try:
        decoded = auto.decode(entry, format_, OPTIONS)
    except NotUnderstood:
        return
    assert isinstance(decoded, Decoded)
    decoded.is_event("error")
    event = lenient.load_object(lenient.dumps(decoded.event), deep=True)
    orjson.dumps(normalize(event, received_at=RECEIVED).data)


@MANY
@given(st.lists(PIECES, max_size=12).map("".join), st.sampled_from(auto.FORMATS))
def test_any_line(line, format_) -> None:
    check(line, format_)


@MANY
@given(JSON, st.sampled_from(auto.FORMATS))
def test_any_object(entry, format_) -> None:
    check(entry, format_)


@MANY
@given(
    st.lists(PIECES, max_size=12).map(lambda parts: "".join(parts).encode("utf-8", "replace")),
    st.sampled_from(["text/plain", "application/json", split.FORM, ""]),
)
def test_any_body(body, media) -> None:
    try:
        entries = split.split(body, media)
    except BodyError:
        return
    for entry in entries:
        if not isinstance(entry, split.Broken):
            check(entry, "auto")


UNITS = (
    *("a", " ", "\t", "[", "{", '"', "'", "$$", "$a$", ")=(", "Failing row contains (", "ERROR:  ", "\nDETAIL:  "),
    *("PL/pgSQL function f", "PL/pgSQL function f() line 1 at x\n", ', client: "', "=", "[9-", "a@", "user=", "0"),
    *("at f (", "File \"", "caused by: ", "level=", "2026-05-01 ", "\n at ", "E'\\", ", client: a", ".", "0.", "\\"),
)  # fmt: skip
HEADS = (
    "",
    "7:M 01 May 2026 10:00:00.000 # ",
    "2026-05-01 10:00:00.905 UTC [9] a@b ERROR:  ",
    "2026-05-01 10:00:00.905 UTC [9] LOG:  duration: 5 ms  statement: ",
    "2026-05-01 10:00:00.905 UTC [9] ERROR:  x\n2026-05-01 10:00:00.905 UTC [9] CONTEXT:  ",
    '2026-05-01 10:00:00.905 UTC,"',
    "2026/05/01 10:00:00 [error] 1#1: ",
    '1.1.1.1 - - [01/May/2026:10:00:00 +0000] "',
)


@pytest.mark.parametrize("head", HEADS, ids=range(len(HEADS)))
def test_a_long_line_takes_no_long_time(head) -> None:
    for unit in UNITS:
        line = head + unit * (200_000 // len(unit))
        start = time.process_time()
        check(line, "auto")
        # Linear is some hundredths of a second; what is not, takes minutes.
        assert time.process_time() - start < 5, (head, unit)


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b'[{"a":' * 5000])
def test_deep_bodies_are_refused(body) -> None:
    with pytest.raises(BodyError):
        split.split(body, "application/json")


def test_a_deep_line_among_others_is_one_that_cannot_be_read() -> None:
    body = (
        b'{"level":50,"time":1,"msg":"a"}\n'
        + b'{"a":' * 5000
        + b'\n{"level":50,"time":1,"msg":"b"}'
    )
    first, second, third = split.split(body, "text/plain")
    assert (first["msg"], third["msg"]) == ("a", "b")
    assert isinstance(second, split.Broken)


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("a\nb\r\n\n c\n", ["a", "b\n c"]),
        ("[1] ERROR:  a\n[1] DETAIL:  b\n[2] DETAIL:  c\n", ["[1] ERROR:  a\n[1] DETAIL:  b", "[2] DETAIL:  c"]),
        ('2026-05-01 10:00:00 UTC,"a\nb",\nc', ['2026-05-01 10:00:00 UTC,"a\nb",', "c"]),
    ],
)  # fmt: skip
def test_lines_that_belong_together_are_joined(text, entries) -> None:
    assert split.lines(text) == entries


def test_form_fields_hold_lines() -> None:
    assert split.split(b"message=%5Berror%5D+a&x=1", split.FORM) == ["[error] a"]
    with pytest.raises(BodyError):
        split.split(b"x=1", split.FORM)


def test_more_entries_than_allowed() -> None:
    with pytest.raises(split.TooMany):
        split.split(b"a\n" * (split.MAX_ENTRIES + 1), "text/plain")
    with pytest.raises(split.TooMany):
        split.split(b"[" + b"1," * split.MAX_ENTRIES + b"1]", "application/json")


@pytest.mark.parametrize(
    ("head", "unit"),
    [
        pytest.param("ERROR:  x", "\n", id="rows"),
        pytest.param("ERROR:  x\nCONTEXT:  SQL function x", " line 1 at", id="places"),
    ],
)
def test_time_grows_as_the_text_does(head: str, unit: str) -> None:
    """Not with its square: then four times the text would take sixteen times as long."""

    def seconds(length: int) -> float:
        text = head + unit * (length // len(unit)) + " " * 1000 + "x"
        took = []
        for _ in range(3):
            began = time.process_time()
            auto.decode(text, "postgresql", OPTIONS)
            took.append(time.process_time() - began)
        return min(took)

    assert seconds(800_000) < 10 * max(seconds(200_000), 0.002)
