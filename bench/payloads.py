"""Realistic events of three sizes, as SDKs send them: gzipped envelopes with exceptions, context, variables, crumbs."""

import random
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson
from zlib_ng import zlib_ng

from ingest import envelope

_GZIP = 31  # window bits that mean gzip

SIZES = ("3k", "45k", "260k")

_WORDS = (
    "order basket customer delivery slot payment invoice total price stock supplier address coupon visit retry "
    "queue worker request response timeout cache lock commit rollback cursor query index column page parser marker"
).split()
_MODULES = (
    "shop.orders.service shop.orders.views shop.basket.models shop.delivery.slots shop.payments.client "
    "shop.accounts.serializers shop.search.index shop.mail.tasks"
).split()
_LIBRARIES = (
    "django.core.handlers.base django.core.handlers.exception django.db.models.query rest_framework.views"
).split()
_ERRORS = (
    ("IntegrityError", "duplicate key value violates unique constraint"),
    ("TimeoutError", "payments.internal:8443 did not answer within 5 s"),
    ("KeyError", "'delivery_slot'"),
    ("ValidationError", "{'postcode': ['This field may not be blank.']}"),
    ("AssertionError", "basket total 48.20 != sum of lines 48.19"),
)


@dataclass(frozen=True, slots=True)
class Shape:
    frames: int
    context: int  # lines before and after
    variables: int
    variable_length: int
    breadcrumbs: int
    crumb_length: int
    packages: int


_SHAPES = {
    "3k": Shape(4, 2, 2, 20, 3, 40, 0),
    "45k": Shape(30, 5, 8, 40, 50, 75, 60),
    "260k": Shape(50, 5, 34, 90, 100, 280, 120),
}


def _now() -> str:
    """As the Python SDK writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _sentence(rng: random.Random, length: int) -> str:
    words = rng.choices(_WORDS, k=length // 6 + 1)
    # Every fifth word is a thing with a number.
    words[::5] = [f"{word}-{rng.randrange(100_000)}" for word in words[::5]]
    return " ".join(words)[:length]


def _line(rng: random.Random) -> str:
    indent = "    " * rng.randrange(1, 4)
    return f"{indent}{rng.choice(_WORDS)} = {rng.choice(_WORDS)}.{rng.choice(_WORDS)}({rng.choice(_WORDS)})"


@lru_cache(maxsize=1000)
def _frames(size: str, issue: int) -> tuple[dict[str, Any], ...]:
    """What all events of an issue have in common: names, source, and what libraries work with."""
    shape = _SHAPES[size]
    source = random.Random(issue)
    frames = [_frame(source, shape, number) for number in (*range(shape.frames - 1), 0)]
    kind, text = _ERRORS[issue % len(_ERRORS)]
    frames[-1] |= {
        "function": f"place_order_{issue}",
        "context_line": f'    raise {kind}("{text}")',
    }
    return tuple(frames)


def _frame(source: random.Random, shape: Shape, number: int) -> dict[str, Any]:
    in_app = number % 3 == 0
    module = source.choice(_MODULES if in_app else _LIBRARIES)
    return {
        "filename": module.replace(".", "/") + ".py",
        "abs_path": f"/srv/app/{module.replace('.', '/')}.py",
        "module": module,
        "function": f"{source.choice(_WORDS)}_{source.choice(_WORDS)}",
        "lineno": source.randrange(10, 900),
        "pre_context": [_line(source) for _ in range(shape.context)],
        "context_line": _line(source),
        "post_context": [_line(source) for _ in range(shape.context)],
        "in_app": in_app,
        "vars": _variables(source, shape),
    }


def _variables(rng: random.Random, shape: Shape) -> dict[str, str]:
    return {
        f"{_WORDS[i % len(_WORDS)]}_{i}": repr(_sentence(rng, shape.variable_length))
        for i in range(shape.variables - 1)
    }


def _with_values(frame: dict[str, Any], shape: Shape, rng: random.Random) -> dict[str, Any]:
    """A library's variables are much the same in every event, but for where an object lies in memory."""
    values = _variables(rng, shape) if frame["in_app"] else frame["vars"]
    owner = f"<{frame['module']}.Handler object at 0x7f{rng.getrandbits(40):010x}>"
    return {**frame, "vars": {"self": owner, **values}}


def event(rng: random.Random, size: str, issue: int) -> dict[str, Any]:
    """One event of the given issue number."""
    shape = _SHAPES[size]
    kind, text = _ERRORS[issue % len(_ERRORS)]
    frames = [_with_values(frame, shape, rng) for frame in _frames(size, issue)]
    user = rng.randrange(2_000)
    request_id = uuid.UUID(int=rng.getrandbits(128)).hex
    return {
        "event_id": uuid.UUID(int=rng.getrandbits(128), version=4).hex,
        "timestamp": _now(),
        "platform": "python",
        "level": "error",
        "release": f"shop@4.{issue % 7}.{rng.randrange(3)}",
        "environment": "production" if rng.random() < 0.9 else "staging",
        "server_name": f"api-{rng.randrange(4)}",
        "transaction": f"/v1/{_WORDS[issue % len(_WORDS)]}/",
        "tags": {"api_request_id": request_id, "variant": rng.choice("ab")},
        "user": {"id": str(user), "email": f"user{user}@mail.example"},
        "exception": {
            "values": [
                {
                    "type": kind,
                    "value": text,
                    "module": "shop.errors",
                    "mechanism": {"type": "django", "handled": False},
                    "stacktrace": {"frames": frames},
                }
            ]
        },
        "breadcrumbs": {
            "values": [
                {
                    "timestamp": _now(),
                    "type": "default",
                    "category": rng.choice(("query", "http", "log")),
                    "level": "info",
                    "message": _sentence(rng, shape.crumb_length),
                    "data": {"duration": rng.randrange(1, 900)},
                }
                for _ in range(shape.breadcrumbs)
            ]
        },
        "request": {
            "url": f"https://api.example/v1/orders/{rng.randrange(10_000)}?source=web",
            "method": "POST",
            "headers": {
                "Content-Type": "application/json",
                "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
                "X-Request-Id": request_id,
            },
            "data": {"coupon": None, "lines": [rng.randrange(9) for _ in range(5)]},
        },
        "contexts": {
            "runtime": {"name": "CPython", "version": "3.13.1"},
            "trace": {
                "trace_id": uuid.UUID(int=rng.getrandbits(128)).hex,
                "span_id": f"{rng.getrandbits(64):016x}",
                "op": "http.server",
            },
        },
        "modules": {f"package-{i}": f"{i % 9}.{i % 7}.{i % 5}" for i in range(shape.packages)},
        "sdk": {"name": "sentry.python.django", "version": "2.75.0"},
    }


@dataclass(frozen=True, slots=True)
class Body:
    event_id: str
    data: bytes  # as sent: gzip
    raw: int  # bytes before compression


def body(rng: random.Random, size: str, issue: int) -> Body:
    """An envelope with one event of the given issue number."""
    payload = event(rng, size, issue)
    raw = envelope.build(
        {"event_id": payload["event_id"], "sent_at": _now()},
        iter([({"type": "event"}, orjson.dumps(payload))]),
    )
    return Body(payload["event_id"], zlib_ng.compress(raw, 6, _GZIP), len(raw))


def again(sent: Body, rng: random.Random) -> Body:
    """The same event under another id: cheap to make, and a new one to whom gets it."""
    event_id = uuid.UUID(int=rng.getrandbits(128), version=4).hex
    raw = zlib_ng.decompress(sent.data, _GZIP).replace(sent.event_id.encode(), event_id.encode())
    return Body(event_id, zlib_ng.compress(raw, 1, _GZIP), sent.raw)


def bodies(size: str, count: int, *, issues: int = 50, seed: int = 1) -> list[Body]:
    """Envelopes, each with an event of its own. Made before the clock starts: making costs more than sending."""
    rng = random.Random(seed)
    # A few issues get most of the events.
    return [body(rng, size, min(int(rng.paretovariate(0.6)) - 1, issues - 1)) for _ in range(count)]
