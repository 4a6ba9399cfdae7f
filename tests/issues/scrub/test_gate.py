"""The look at the bytes: never wrong when it says "none", and often enough able to say so."""

import gzip
import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import envelope
from issues.payload import normalize
from issues.scrub import Scrubber
from tests.issues.payload.test_hostile import OFTEN
from tests.issues.scrub.conftest import NOW

SAMPLES = Path(__file__).parents[2] / "samples"
NAMES = (
    "password",
    "apiToken",
    "X-Api-Key",
    "api key",
    "user[secret]",
    "Cookie",
    "a:token",
    'the "pwd"',
    "tokens",
)
PROSE = (
    "the token was fine",
    "session",
    "author",
    "no password = no entry",
    "40%",
    "a - b",
    "2026-05-01 10:00",
)
WRITERS = (
    lambda value: json.dumps(value),
    lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":")),
    lambda value: json.dumps(value, indent=2),
    # Go and Rails; PHP.
    lambda value: json.dumps(value).replace("<", "\\u003c").replace("&", "\\u0026"),
    lambda value: json.dumps(value).replace("/", "\\/"),
)  # fmt: skip
TEXTS = st.one_of(
    st.sampled_from(PROSE),
    st.sampled_from(NAMES),
    st.text(max_size=12),
    st.builds("{}={}".format, st.sampled_from(NAMES), st.sampled_from(["", "x", "hunter2"])),
    st.builds("{{\"{}\": \"{}\"}}".format, st.sampled_from(NAMES), st.text(max_size=5)),
    st.builds("{}4111 1111 1111 1111{}".format, st.text(max_size=3), st.text(max_size=3)),
    st.builds("\n{}\t".format, st.sampled_from(["4111111111111111", "DE89370400440532013000", "078-05-1120"])),
    st.sampled_from(["https://u:p4ss@h/x", "Basic dXNlcjpwYXNzd29yZA==", "bearer abcdef123456", "?a=1&tok%65n=x"]),
)  # fmt: skip
VALUES = st.recursive(
    st.one_of(TEXTS, st.integers(), st.booleans(), st.none()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(TEXTS, inner, max_size=3),
        st.fixed_dictionaries({"key": TEXTS, "value": inner}),
        st.builds(lambda value: json.dumps(value), inner),
    ),
    max_leaves=8,
)


@given(
    VALUES,
    st.sampled_from(("extra", "request", "contexts", "tags", "user", "logentry")),
    st.sampled_from(WRITERS),
)
@OFTEN
def test_what_is_clean_has_nothing_to_scrub(value: Any, where: str, write: Any) -> None:
    places = {
        "extra": {"extra": {"v": value}},
        "request": {"request": {"data": value, "query_string": value, "headers": value, "url": value}},
        "logentry": {"logentry": {"message": "%s", "params": [value]}},
    }  # fmt: skip
    raw = places.get(where, {where: {"v": value}})
    body = write(raw).encode("utf-8", "surrogatepass")
    scrubber = Scrubber()
    event = normalize(json.loads(body), received_at=NOW, store_ip=True)
    assert scrubber.scrub(event) is event or not scrubber.is_clean(body)


@pytest.mark.parametrize(
    "value",
    [
        {"a": "the session token is stale, says the auth service"},
        {"author": "x", "token_type": "bearer"},
        {"password": "[Filtered]", "secret": None, "prompt_tokens": 12},
        {"url": "https://shop.example:8443/a?x=1@2", "mail": "a@b.example"},
        {"at": 1_777_629_600_250, "id": "0b3c8f52-4f0e-4a9c-9d57-0f6f6b1f3a55", "n": "1234 5678"},
        ["a", "session closed", "token"],
    ],
)
def test_ordinary_values_are_clean(value: Any) -> None:
    assert Scrubber().is_clean(orjson.dumps({"extra": {"v": value}}))


def test_what_was_found_harmless_raises_no_doubt_again() -> None:
    def event(**more: Any) -> bytes:
        frame = {"function": "f" * 90, "context_line": "login(token=token)", "module": "m" * 90}
        return orjson.dumps(
            {"exception": {"values": [{"stacktrace": {"frames": [frame]}}]}, "extra": more}
        )

    scrubber = Scrubber()
    assert not scrubber.is_clean(event())
    scrubber.learn(event())
    assert scrubber.is_clean(event())
    assert scrubber.is_clean(event(v="something else"))
    assert not scrubber.is_clean(event(v="token=abc"))


def test_own_names_and_patterns() -> None:
    raw = orjson.dumps({"extra": {"pin": "1234"}})
    assert Scrubber().is_clean(raw)
    assert not Scrubber(extra_names=("pin",)).is_clean(raw)
    # Names that JSON may write in other ways, and patterns: every event is looked at whole.
    assert not Scrubber(extra_names=("größe",)).is_clean(raw)
    assert not Scrubber(patterns=("EMP-###",)).is_clean(raw)


def test_the_events_of_real_clients_are_clean_once_they_are_known() -> None:
    scrubber = Scrubber()
    clean = looked_at = 0
    for path in sorted(SAMPLES.rglob("*.http")):
        head, _, body = path.read_bytes().partition(b"\r\n\r\n")
        if b"gzip" in head.lower() and body[:2] == b"\x1f\x8b":
            body = gzip.decompress(body)
        try:
            framed = envelope.frame(body)
        except ValueError:
            continue
        for item in framed.items:
            if item.type != "event":
                continue
            raw = framed.payload(item)
            event = normalize(orjson.loads(raw), received_at=NOW)
            looked_at += 1
            if scrubber.scrub(event) is event:
                scrubber.learn(raw)
                clean += scrubber.is_clean(raw)
    assert looked_at > 20
    assert clean > looked_at / 2
