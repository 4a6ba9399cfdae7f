"""Changes an input a little: bytes anywhere, or a JSON document at its joints, where readers look. Pure."""

import random
from collections.abc import Callable, Sequence
from typing import Any

from ingest import lenient

ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 50, 2**53 + 1, 2**64, 10**30, 1.5, -0.0, 1e308, 1777629600250),
    *(
        "",
        " ",
        "x",
        "\0",
        "a\0b",
        "\ud800",
        "\udc00x",
        "\ufeff",
        "\x1b[31mred",
        "\u202e",
        "é" * 5,
        "😀",
    ),
    *("%{[p][level]}", "{{ default }}", "{{auto}}", "%s %d %r", "%(a)s", "{0} {}", "%", "{"),
    *("2026-05-01T10:00:00.123456789Z", "9999-12-31T23:59:59Z", "1969-01-01", "1e999", "NaN", "-5"),
    *(
        "https://u:p@h.example/a?token=1&b=%00#f",
        "token=abc; a=b",
        "Bearer abcdefghijkl",
        "4111 1111 1111 1111",
    ),
    *(
        "a" * 300,
        "a b " * 3000,
        "\n" * 500,
        "Error: x\n    at f (a.js:1:2)\n",
        '{"password":"x"}',
        "::1",
    ),
    *(
        [],
        {},
        [None],
        [[]],
        [{}],
        {"": None},
        {"values": None},
        {"values": [None, {}]},
        {"frames": [None]},
    ),
    *(
        {"": {"rem": [["!limit", "x"]], "len": 5}},
        ["a", "b"],
        [["a", "b"]],
        [{"key": "a", "value": "b"}],
    ),
)
NAMES = (
    *(
        "exception",
        "values",
        "stacktrace",
        "frames",
        "type",
        "value",
        "module",
        "mechanism",
        "handled",
        "function",
    ),
    *(
        "filename",
        "abs_path",
        "lineno",
        "colno",
        "in_app",
        "vars",
        "context_line",
        "pre_context",
        "threads",
        "id",
    ),
    *(
        "logentry",
        "message",
        "formatted",
        "params",
        "breadcrumbs",
        "data",
        "category",
        "level",
        "timestamp",
    ),
    *(
        "request",
        "url",
        "headers",
        "cookies",
        "query_string",
        "env",
        "user",
        "email",
        "ip_address",
        "contexts",
    ),
    *(
        "trace",
        "trace_id",
        "os",
        "browser",
        "tags",
        "extra",
        "modules",
        "sdk",
        "name",
        "version",
        "fingerprint",
    ),
    *(
        "release",
        "environment",
        "dist",
        "server_name",
        "logger",
        "transaction",
        "platform",
        "_meta",
        "errors",
    ),
    *(
        "debug_meta",
        "images",
        "csp",
        "unknown",
        "@timestamp",
        "@version",
        "err",
        "stack",
        "time",
        "msg",
        "pid",
    ),
    *(
        "raw_stacktrace",
        "parent_id",
        "exception_id",
        "is_exception_group",
        "synthetic",
        "crashed",
        "password",
    ),
    *(
        "template",
        "checksum",
        "culprit",
        "sentry.interfaces.Http",
        "api_request_id",
        "",
        "__proto__",
        "a.b",
    ),
)
_TOKENS = (b"\n", b"\r\n", b"{}", b"[", b'{"type":"event"}\n', b'"length":', b"null", b"\\u0000", b"\\ud800", b"\xff",
           b"9" * 30, b"-1", b"--b\r\n", b'{"a":' * 600)  # fmt: skip
_MOST = 3000  # values of a document that are looked at


def mutate_bytes(data: bytes, rng: random.Random, others: Sequence[bytes] = ()) -> bytes:
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data) + 1)
        to = min(len(data), at + rng.choice((0, 1, 1, 4, 64, 4096)))
        chosen = rng.randrange(5)
        if chosen == 0:
            data = data[:at] + bytes([rng.randrange(256)]) + data[to:]
        elif chosen == 1:
            data = data[:at] + data[to:]
        elif chosen == 2:
            data = data[:to] + data[at:to] * rng.choice((1, 2, 50)) + data[to:]
        elif chosen == 3 or not others:
            data = data[:at] + rng.choice(_TOKENS) + data[to:]
        else:
            other = rng.choice(others)
            data = data[:at] + other[rng.randrange(len(other) + 1) :]
    return data


def mutate_json(data: bytes, rng: random.Random, others: Sequence[bytes] = ()) -> bytes | None:
    """None if the bytes are no JSON."""
    try:
        root = [lenient.loads(data)]
    except lenient.JSONError:
        return None
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        places = _places(root)
        container, key = rng.choice(places)
        _CHANGES[rng.randrange(len(_CHANGES))](container, key, places, rng)
    return lenient.dumps(root[0])


Places = list[tuple[Any, Any]]


def _places(root: list[Any]) -> Places:
    """(container, key) of every value."""
    found: Places = []
    pending: list[Any] = [root]
    while pending and len(found) < _MOST:
        container = pending.pop()
        members = container.items() if isinstance(container, dict) else enumerate(container)
        for key, value in members:
            found.append((container, key))
            if isinstance(value, dict | list):
                pending.append(value)
    return found


def _odd(container: Any, key: Any, places: Places, rng: random.Random) -> None:
    container[key] = _copy(rng.choice(ODD))


def _swap(container: Any, key: Any, places: Places, rng: random.Random) -> None:
    other, name = rng.choice(places)
    container[key] = _copy(other[name])


def _remove(container: Any, key: Any, places: Places, rng: random.Random) -> None:
    if container is not places[0][0]:
        places[:] = [place for place in places if place[0] is not container]
        del container[key]


def _rename(container: Any, key: Any, places: Places, rng: random.Random) -> None:
    if isinstance(container, dict):
        container[rng.choice(NAMES)] = container.pop(key)


def _add(container: Any, key: Any, places: Places, rng: random.Random) -> None:
    value = container[key]
    if isinstance(value, dict):
        value[rng.choice(NAMES)] = _copy(rng.choice(ODD))
    elif isinstance(value, list):
        value.insert(rng.randrange(len(value) + 1), _copy(rng.choice(ODD)))
    else:
        container[key] = [value] if rng.random() < 0.5 else {rng.choice(NAMES): value}


def _repeat(container: Any, key: Any, places: Places, rng: random.Random) -> None:
    value = container[key]
    times = rng.choice((2, 10, 300))
    if isinstance(value, str):
        container[key] = (value * times)[:20_000]
    elif isinstance(value, list):
        container[key] = [_copy(each) for each in (value * times)[:400]]
    elif isinstance(value, dict) and len(value) < 50:
        container[key] = value | {
            f"{rng.choice(NAMES)}{n}": _copy(rng.choice(ODD)) for n in range(times)
        }


def _nest(container: Any, key: Any, places: Places, rng: random.Random) -> None:
    for _ in range(rng.choice((1, 5, 30, 200))):
        container[key] = {"a": container[key]} if rng.random() < 0.5 else [container[key]]


_CHANGES: tuple[Callable[[Any, Any, Places, random.Random], None], ...] = (
    *(_odd, _odd, _odd, _swap, _swap, _remove, _rename, _add, _add, _repeat, _nest),
)


def _copy(value: Any) -> Any:
    """Deep, for documents that share nothing."""
    if isinstance(value, dict | list):
        try:
            return lenient.loads(lenient.dumps(value))
        except lenient.JSONError:
            return None  # it would be too deep in its new place
    return value
