import contextlib
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.lenient import MAX_DEPTH, JSONError, is_clean, load_object, loads


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        pytest.param(b'{"a":NaN,"b":-Infinity}', {"a": None, "b": None}, id="NaN"),
        pytest.param(b'{"a":1e999}', {"a": None}, id="overflow"),
        pytest.param(b'{"a":9007199254740993}', {"a": 9007199254740993}, id="above 2**53"),
        pytest.param(b'{"a":123456789012345678901234567890}', {"a": 123456789012345678901234567890}, id="above 2**64"),
        pytest.param(b'{"a":-12345678901234567890123}', {"a": -12345678901234567890123}, id="negative"),
        pytest.param(b'{"a":' + b"9" * 5000 + b"}", {"a": "9" * 200}, id="5000 digits"),
        pytest.param(b'{"a":1,"a":2}', {"a": 2}, id="a key twice"),
        pytest.param(b'{"a":"caf\xe9"}', {"a": "caf�"}, id="no UTF-8"),
        pytest.param(b'\xef\xbb\xbf{"a":1}', {"a": 1}, id="byte order mark"),
        pytest.param(b'{"":{"__proto__":1}}', {"": {"__proto__": 1}}, id="odd keys"),
    ],
)  # fmt: skip
def test_reads_what_clients_write(raw: bytes, value: object) -> None:
    assert loads(raw) == value


def nested(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


def test_nesting_has_a_limit() -> None:
    assert loads(nested(MAX_DEPTH))
    with pytest.raises(JSONError, match="levels deep"):
        loads(nested(MAX_DEPTH + 1))


def test_brackets_in_strings_are_no_nesting() -> None:
    assert loads(json.dumps({"a": "[{" * 5000}).encode()) == {"a": "[{" * 5000}


def test_deep_but_unfinished_json_is_refused() -> None:
    with pytest.raises(JSONError):
        loads(b"[" * 100_000)


@pytest.mark.parametrize("raw", [b"", b"{oops", b"hello", b"{'a':1}", b'{"a":1}x'])
def test_refuses_what_is_no_json(raw: bytes) -> None:
    with pytest.raises(JSONError):
        loads(raw)


@pytest.mark.parametrize("raw", [b"[1]", b'"x"', b"null", b"7"])
def test_an_event_is_an_object(raw: bytes) -> None:
    with pytest.raises(JSONError, match="not an object"):
        load_object(raw)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        (b'{"a":"x"}', True),
        (b'{"a":"\\u00e9"}', True),
        (b'{"a":"\\u0000"}', False),
        (b'{"a":"\\ud83d"}', False),
        (b'{"a":"\\uDE00"}', False),
    ],
)
def test_tells_whether_strings_need_a_look(raw: bytes, clean: bool) -> None:
    assert is_clean(raw) is clean


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(_JSON)
def test_agrees_with_the_standard_parser(value: object) -> None:
    def without_nan(value: object) -> object:
        if isinstance(value, float):
            return value if math.isfinite(value) else None
        if isinstance(value, list):
            return [without_nan(v) for v in value]
        if isinstance(value, dict):
            return {k: without_nan(v) for k, v in value.items()}
        if isinstance(value, int) and len(str(value)) > 40:
            return str(value)[:200]
        return value

    assert loads(json.dumps(value).encode()) == without_nan(value)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(
            b'["' + b"[" * 600 + b'","' + b'\\"' * 400_000, id="a string that nobody closes"
        ),
        pytest.param(b'["' + b"[" * 600 + b'","' + b"\\" * 400_001, id="backslashes"),
        pytest.param(b'["' + b"[" * 600 + b'",' + b'"",' * 300_000, id="strings"),
        pytest.param(b"[]" * 400_000, id="brackets"),
        pytest.param(b"[" + b"9" * 900_000 + b"]", id="digits"),
        pytest.param(b'["' + b"\\ud800" * 150_000 + b'"]', id="surrogates"),
    ],
)
@pytest.mark.timeout(5)
def test_a_megabyte_takes_no_longer_than_a_megabyte(raw: bytes) -> None:
    with contextlib.suppress(JSONError):
        loads(raw)
