"""Texts that keep regular expressions busy, at every place of an event, through the whole digest."""

import time
from typing import Any

import pytest

from ingest.items import ReceivedItem
from issues.prepare import prepare
from issues.scrub import Scrubber
from tests.fuzz.targets import RECEIVED

PLATFORMS = ("python", "javascript", "java", "csharp", "php", "ruby", "go", "native", "rust")
UNITS = [
    *("a", "1", " ", "\n", "/", "\\", "'", '"', "{", "[", "<", "(", ".", "-", "=", "&", "%", "$", ":", "_"),
    *("%(", "{0", "a=b&", "'a':", '\\"', "://a:", "http://a:b@", "a@b.", "4111 ", "AB12 "),
    "-----BEGIN PRIVATE KEY-----",
    *("Bearer ", "2026-05-01T", "1 ms ", "::1", "  at f (a.js:1:2)\n", '  File "x", line 1\n', "\ncaused by: "),
    *("lambda$", "::h0123456789abcdef", "<a as ", "{{closure}}", "__", "block in ", "async ", "é", "\x1b[", "\x1b]"),
    *("%{", "{{ ", "GET /1/", "a-", "<*> ", "don't ", "1e+", "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n"),
]  # fmt: skip


def event(text: str, platform: str) -> dict[str, Any]:
    names = ("filename", "abs_path", "function", "module", "context_line", "package")
    frame = dict.fromkeys(names, text) | {
        "pre_context": [text],
        "vars": {"a": text, text[:150]: text},
    }
    error = {"type": text, "value": text, "module": text, "stacktrace": {"frames": [frame]}}
    plain = (
        "transaction",
        "logger",
        "release",
        "environment",
        "server_name",
        "dist",
        "timestamp",
        "level",
    )
    return dict.fromkeys(plain, text) | {
        "platform": platform,
        "logentry": {"message": text, "params": [text, text]},
        "exception": {"values": [error | {"mechanism": {"type": text, "description": text}}]},
        "breadcrumbs": [{"message": text, "category": text, "timestamp": text, "data": {"url": text}}],
        "request": {"url": text, "query_string": text, "cookies": text, "data": text, "env": {"a": text},
                    "headers": {"User-Agent": text, "Cookie": text, "X": text}},
        "user": {"id": text, "email": text, "ip_address": text},
        "contexts": {"os": {"name": text, "version": text}, "trace": {"trace_id": text}, "x": {"y": text}},
        "tags": {"a": text, text[:150]: text}, "extra": {"a": text, "b": {"c": text}}, "fingerprint": [text, text],
        "modules": {"a": text}, "sdk": {"name": text}, "errors": [{"type": text, "value": text}],
        "debug_meta": {"images": [{"code_file": text, "debug_id": text}]},
        "_meta": {"": {"rem": [[text]], "val": text}},
    }  # fmt: skip


def line(text: str, platform: str) -> dict[str, Any]:
    err = {"type": text, "message": text, "stack": text}
    return dict.fromkeys(("@timestamp", "message", "level", "msg", "time", "stack", "name"), text) | {
        "@version": "1", "err": err, "host": {"name": text}, "log": {"file": {"path": text}},
    }  # fmt: skip


def seconds(raw: dict[str, Any], scrubber: Scrubber) -> float:
    item = ReceivedItem(7, "event", raw, "1" * 32, RECEIVED)
    start = time.process_time()
    prepare(item, scrubber=scrubber)
    return time.process_time() - start


@pytest.mark.parametrize("number", range(len(UNITS)), ids=lambda number: repr(UNITS[number][:12]))
@pytest.mark.timeout(30)
def test_ten_times_the_text_takes_ten_times_as_long(number: int) -> None:
    unit, platform = UNITS[number], PLATFORMS[number % len(PLATFORMS)]
    scrubber = Scrubber()
    for make, tail in ((event, "!\"'"), (line, "")):
        short, long = (
            make((unit * length)[:length] + tail, platform) for length in (10_000, 100_000)
        )
        took = seconds(short, scrubber)
        # Limits cut most of the long one; what is left may not grow with the square.
        assert seconds(long, scrubber) < 15 * took + 0.3
