"""`make bench ARGS="--only grouping"`: the cost of grouping, beside the cost of parsing the same event with orjson.

Quote the ratios of one run: machines differ, and so do their days. CPU time of this thread, the fastest of several
rounds. "new" is an event that shares no frame and no word with those before it, so that nothing is remembered; "again"
is the usual case, one more event of a known problem with data of its own.
"""

import argparse
import itertools
import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from issues.grouping import DEFAULT, Config, group
from issues.grouping.rules import parse_fingerprint_rules, parse_stack_rules
from issues.parameterize import parameterise
from issues.payload import normalize

NOW = datetime(2026, 5, 1, tzinfo=UTC)
ROUNDS = 9

_FINGERPRINTS = """
error.type:DatabaseUnavailable                 -> database-down
error.type:ConnectionError message:"*redis*"   -> redis-down, {{ transaction }}
logger:payments level:error                    -> {{ default }}, payments
!environment:production function:"test_*"      -> tests
path:**/legacy/** type:ValueError              -> {{ default }}, legacy
"""
_STACKS = """
family:python module:acme.generated.**  -app
stack.function:"retry_*"                -group
path:**/legacy/**  !function:main       -app
function:on_fatal                       ^-group -group
app:yes package:libmetrics.so           -app
"""


def event(frames: int, salt: str, number: int) -> dict[str, Any]:
    """A Python exception. salt: in all names; number: the data of this occurrence."""
    rows = [
        {
            "filename": f"shop/{salt}orders/part{index}.py",
            "abs_path": f"/srv/shop/{salt}orders/part{index}.py",
            "module": f"shop.{salt}orders.part{index}",
            "function": f"step_{index}",
            "lineno": 10 + index,
            "in_app": index % 3 == 1,
            "pre_context": ["    rows = load(order)", "    if not rows:"] * 2,
            "context_line": '        raise OrderError(f"order {order.id} has no rows in {region}")',
            "post_context": ["    return rows", ""] * 2,
            "vars": {"order": f"<Order {number}>", "region": "'eu-3'", "attempts": "3"},
        }
        for index in range(frames)
    ]
    exception = {
        "type": "OrderError",
        "value": f"order {number} has no rows in eu-{number % 7}",
        "mechanism": {"type": "django", "handled": False},
        "stacktrace": {"frames": rows},
    }
    return {
        "event_id": f"{number:032x}",
        "platform": "python",
        "level": "error",
        "release": "shop@1.4.2",
        "environment": "production",
        "exception": {"values": [exception]},
        "tags": {"tenant": "acme"},
    }


def message(number: int) -> str:
    """200 characters of a log line with data of several kinds."""
    text = (
        f"Could not deliver order {number} of customer {number * 7919:012x} to "
        f"https://shop.example.com/api/orders/{number}?retry=3 after 3 attempts in {number % 5000}ms: "
        "the connection was refused by the server and will be tried again in the night"
    )
    return text[:200]


PROSE = ("The basket could not be read because the session has ended in the meantime, " * 3)[:200]


def canonical(data: dict[str, Any]) -> Mapping[str, Any]:
    return normalize(orjson.loads(orjson.dumps(data)), received_at=NOW).data


def fastest(action: Callable[[], object], times: int) -> float:
    """Microseconds of one call."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.thread_time()
        for _ in range(times):
            action()
        best = min(best, time.thread_time() - start)
    return best / times * 1e6


def over(values: Iterator[Any], act: Callable[[Any], object]) -> Callable[[], object]:
    return lambda: act(next(values))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=100, help="calls in each of the rounds")
    times = parser.parse_args(arguments).times
    count = times * ROUNDS
    ruled = Config(
        stack_rules=parse_stack_rules(_STACKS)[0],
        fingerprint_rules=parse_fingerprint_rules(_FINGERPRINTS)[0],
    )
    print(
        f"{platform.machine()}, Python {platform.python_version()}; microseconds, and parsing = 1"
    )
    for frames in (10, 50, 400):
        body = orjson.dumps(event(frames, "", 1))
        yard = fastest(lambda body=body: orjson.loads(body), times)  # type: ignore[misc]
        again = [canonical(event(frames, "", number)) for number in range(min(count, 300))]
        row(f"{frames} frames, parsing", yard, yard)
        for name, config in (("", DEFAULT), (", 10 rules", ruled)):
            spent = fastest(over(itertools.cycle(again), lambda data, c=config: group(data, c)), times)  # type: ignore[misc]  # fmt: skip
            row(f"{frames} frames, again{name}", spent, yard)
        salted = (canonical(event(frames, f"{number}x", number)) for number in range(40 * ROUNDS))
        new = list(salted)
        row(f"{frames} frames, new", fastest(over(iter(new), group), 40), yard)
    line = orjson.dumps({"logentry": {"message": message(1)}, "logger": "shop", "level": "error"})
    yard = fastest(lambda: orjson.loads(line), times * 10)
    row("200 characters, parsing", yard, yard)
    lines = [message(number) for number in range(count)]
    row("200 characters, data", fastest(over(iter(lines), parameterise), times), yard)
    row("200 characters, prose", fastest(lambda: parameterise(PROSE), times * 10), yard)


def row(name: str, spent: float, yard: float) -> None:
    print(f"  {name:<28}{spent:9.1f}{spent / yard:9.2f}")


if __name__ == "__main__":
    main()
