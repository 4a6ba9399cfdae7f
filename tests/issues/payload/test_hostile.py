"""Whatever JSON arrives, an event comes out, and the database can hold it."""

import copy
import json
import math
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from issues.payload import LEVELS, normalize
from issues.payload.event import _READ
from issues.payload.text import repaired

RECEIVED = datetime(2026, 5, 1, 10, 0, 5, tzinfo=UTC)
TOP = sorted(_READ)
# Names that readers look for further down, so that arbitrary values reach them.
INNER = [
    "values", "frames", "stacktrace", "raw_stacktrace", "type", "value", "module", "mechanism",
    "handled", "exception_id", "thread_id", "id", "name", "crashed", "current", "filename",
    "abs_path", "function", "lineno", "colno", "in_app", "vars", "pre_context", "context_line",
    "post_context", "message", "formatted", "params", "timestamp", "level", "category", "data",
    "url", "method", "query_string", "headers", "cookies", "env", "REMOTE_ADDR", "User-Agent",
    "fragment", "email", "username", "ip_address", "trace", "trace_id", "os", "version", "browser",
    "images", "code_file", "debug_id", "key", "", "rem", "len", "packages", "api_request_id",
]  # fmt: skip
FRAME = [
    "filename", "abs_path", "module", "function", "lineno", "colno", "in_app", "vars",
    "pre_context", "context_line", "post_context", "data", "errors", "instruction_addr",
]  # fmt: skip
TEXT = st.one_of(
    st.text(st.characters(), max_size=20),
    st.sampled_from(
        ["\0", "a\0b", "\ud800", "x\udfff", "%{a}", "1e999", "{{auto}}", "true", "-1", "a=1&b=%00"]
    ),
    st.sampled_from(["%s %d", "%(a)s", "{} {0}", "%999d", "2026-05-01T10:00:00.123456Z", "::1"]),
    st.integers(250, 9000).map(lambda n: "x" * n),
)
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), TEXT,
    st.sampled_from([2**64, -(2**63) - 1, 10**4200, 1777629600250, 1e308]),
)  # fmt: skip
NAMES = st.one_of(st.sampled_from(INNER), TEXT)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(NAMES, inner, max_size=6)),
    max_leaves=25,
)
EVENTS = st.dictionaries(st.one_of(st.sampled_from(TOP), TEXT), JSON, max_size=10)
SMALL = st.one_of(LEAVES, st.lists(LEAVES, max_size=2), st.dictionaries(NAMES, LEAVES, max_size=2))


def shape(*names: str, **members: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Objects with some of these names: with any value, or with what usually stands there."""
    usual = {name: st.one_of(member, member, SMALL) for name, member in members.items()}
    return st.fixed_dictionaries({}, optional={**dict.fromkeys(names, SMALL), **usual})


def values(member: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    members = st.lists(st.one_of(member, member, SMALL), max_size=3)
    return st.one_of(members, st.fixed_dictionaries({"values": members}, optional={"x": SMALL}))


STACK = st.fixed_dictionaries({"frames": st.lists(shape(*FRAME), max_size=3)})
SHAPED = shape(
    *("event_id", "timestamp", "level", "platform", "release", "environment", "fingerprint"),
    exception=values(
        shape(
            *("type", "value", "module", "thread_id"),
            stacktrace=STACK,
            mechanism=shape("type", "handled", "exception_id", "parent_id", "data", "meta"),
        )
    ),
    threads=values(shape("id", "name", "crashed", "current", "state", stacktrace=STACK)),
    stacktrace=STACK,
    breadcrumbs=values(shape("timestamp", "type", "category", "level", "message", "data")),
    request=shape(
        *("url", "method", "query_string", "headers", "cookies", "data", "env", "fragment")
    ),
    user=shape("id", "email", "username", "name", "ip_address", "data"),
    contexts=shape("trace", "os", "browser", "device", "runtime", "log"),
    tags=st.one_of(st.lists(SMALL, max_size=3), st.dictionaries(NAMES, SMALL, max_size=3)),
    logentry=shape("message", "formatted", "params"),
    debug_meta=shape(images=st.lists(shape("code_file", "debug_id"), max_size=3)),
    sdk=shape("name", "version", "packages"),
    _meta=shape("exception", "logentry", "user", "tags", "extra", "breadcrumbs", ""),
    extra=shape("a", "b"),
    modules=st.dictionaries(TEXT, SMALL, max_size=3),
    errors=st.lists(shape("name", "type", "value"), max_size=3),
)
LINES = shape(
    *("level", "time", "msg", "message", "pid", "hostname", "name", "err", "error", "stack"),
    *("type", "req", "res", "user", "userId", "host", "log", "tags", "fingerprint", "event"),
    *("error_severity", "state_code", "detail", "release", "extra", "request", "contexts", "p"),
    err=shape("type", "message", "stack", "code", "aggregateErrors"),
).map(lambda line: {**line, "@timestamp": "2026-05-01T10:00:02Z", "@version": "1"})
MANY = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
OFTEN = settings(MANY, max_examples=250)


def check(raw: dict[str, Any], **options: Any) -> None:
    event = normalize(raw, received_at=RECEIVED, **options)
    written = orjson.dumps(event.data)
    # Equal after a round trip: no NaN, no tuple, no lone surrogate.
    assert orjson.loads(written) == event.data
    assert b"\\u0000" not in written.replace(b"\\\\", b"")
    assert event.level in LEVELS
    assert event.timestamp.tzinfo is UTC
    assert all(name and text and isinstance(text, str) for name, text in event.tags.items())
    assert all(len(name) <= 200 and len(text) <= 200 for name, text in event.tags.items())
    orjson.dumps(dict(event.tags))
    for holder in event.data.get("exception", {}).get("values", ()):
        assert isinstance(holder.get("type", ""), str)
        assert isinstance(holder.get("value", ""), str)
        for frame in holder.get("stacktrace", {}).get("frames", ()):
            assert isinstance(frame.get("lineno", 0), int)
            assert isinstance(frame.get("vars", {}), dict)
            assert all(isinstance(line, str) for line in frame.get("pre_context", ()))


@given(EVENTS)
@MANY
def test_any_json_becomes_an_event(raw: dict[str, Any]) -> None:
    before = copy.deepcopy(raw)
    check(raw)
    assert repr(raw) == repr(before)


@given(SHAPED)
@OFTEN
def test_any_value_at_any_place_becomes_an_event(raw: dict[str, Any]) -> None:
    check(raw)


@given(SHAPED)
@OFTEN
def test_also_when_the_caller_vouches_for_its_strings(raw: dict[str, Any]) -> None:
    check(repaired(raw), clean=True, store_ip=True)


@given(LINES)
@OFTEN
def test_any_log_line_becomes_an_event(raw: dict[str, Any]) -> None:
    check(raw)


@pytest.mark.parametrize("name", TOP)
@pytest.mark.parametrize(
    "value",
    [
        None, True, 0, -1, 10**5000, 1.5, math.nan, math.inf, "", "\0\ud800", "x" * 100_000, [], {},
        [None], [[]], [{}], [[[1, 2], 3]], {"values": 7}, {"values": [7, None, [], {}]},
        {"": ""}, {"\0": {"\ud800": "\0"}}, {"k" * 1000: 1}, {"frames": [None, 7, []]},
        {"values": [{"stacktrace": {"frames": [{"vars": {"a": math.nan}, "pre_context": 7}]}}]},
    ],
    ids=range(24),
)  # fmt: skip
def test_no_value_is_too_odd_for_an_attribute(name, value) -> None:
    check({name: value})


@pytest.mark.parametrize("name", [*TOP, "unheard_of"])
def test_depth_costs_no_stack(name) -> None:
    deep: Any = {}
    for _ in range(2000):
        deep = {"a": [deep], "values": "x"}
    for value in (deep, [deep], {"values": [deep]}, {"a": deep}):
        check({name: value})
        check({name: value}, clean=True)
    while deep:
        # Unwound by hand: the interpreter would free it recursively.
        deep = deep["a"][0]


def test_nul_and_surrogates_are_replaced_in_values_and_keys(read) -> None:
    event = read({"message": "a\0b\ud800c", "extra": {"k\0\udfff": ["\0"]}, "tags": {"t": "\0"}})
    assert event.message == "a\ufffdb\ufffdc"
    assert event.data["extra"] == {"k\ufffd\ufffd": ["\ufffd"]}
    assert event.tags["t"] == "\ufffd"


def test_keys_are_cut(read) -> None:
    event = read({"extra": {"k" * 300: 1}, "e" * 300: {"k" * 300: 1}, "contexts": {"c" * 300: 1}})
    cut = "k" * 199 + "…"
    assert event.data["extra"] == {cut: 1}
    assert event.data["unknown"] == {"e" * 199 + "…": {cut: 1}}
    assert event.data["contexts"] == {"c" * 199 + "…": {"value": 1}}


def test_large_numbers_stay_exact(read) -> None:
    sent = {"a": 2**53 + 1, "b": 2**64, "c": 10**400}
    extra = read({"extra": sent}).data["extra"]
    assert extra["a"] == 2**53 + 1
    assert extra["b"] == str(2**64)
    assert extra["c"].startswith("1000")


def test_names_that_mean_something_elsewhere_are_plain_data(read) -> None:
    names = ["__proto__", "constructor", "a.b", "$where", "__class__", "{{ x }}"]
    event = read(json.loads(json.dumps({"extra": dict.fromkeys(names, 1)})))
    assert list(event.data["extra"]) == names
