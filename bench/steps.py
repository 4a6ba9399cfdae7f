"""`python -m bench --only steps`: the digest's budget, by step, beside the cost of parsing the same event with orjson.

Microseconds of processor time of the digest's thread per event. No two events are equal; the project has its
dictionary. Watching costs about 1 µs a call, some 15 µs an event.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from django.db.backends.base.base import BaseDatabaseWrapper

import issues.digest
import issues.prepare
from bench import digesting
from bench.meter import Meter, Spent
from bench.payloads import SIZES, Body, bodies
from bugsink_lite import background
from ingest import checks, compression, envelope, lenient, outcomes
from ingest.digester import Digester
from ingest.own_spool import OwnReader
from ingest.sdks import Register
from issues import compress, feedback, match, store, stored, thinning
from issues.digest import EventSink
from issues.scrub import Scrubber
from projects.setup import create_project

COUNTS = {"3k": 2000, "45k": 1000, "260k": 300}

_AS_SENT = "keep as sent"

# In the order of work: what is printed, where callers find it, its name there.
STEPS: tuple[tuple[str, object, str], ...] = (
    ("read the spool", OwnReader, "read_batch"),
    ("inflate", compression, "inflate"),
    ("frame", envelope, "frame"),
    ("sketch", background, "sketch"),
    ("parse whole", lenient, "load_object"),
    ("check escapes", lenient, "is_clean"),
    ("check limits", checks, "check"),
    ("gate", Scrubber, "is_clean"),
    ("look for secrets", Scrubber, "scrub"),
    ("look for secrets", Scrubber, "learn"),
    ("normalise", issues.prepare, "normalize"),
    ("group", issues.prepare, "group"),
    ("search text", issues.prepare, "search_text"),
    (_AS_SENT, stored, "as_sent"),
    ("write JSON", stored, "normalized"),
    ("pack", compress, "pack"),
    ("project's options", issues.digest, "options_of"),
    ("rest of prepare", EventSink, "prepare"),
    ("db: duplicates", store, "skip_duplicates"),
    ("db: names", match, "name_ids"),
    ("db: issues", match, "match_issues"),
    ("storms", thinning, "judge"),
    ("db: events", store, "insert_events"),
    ("db: tags", store, "count_tags"),
    ("db: hours", store, "count_hours"),
    ("db: users", store, "count_users"),
    ("db: update issues", store, "update_issues"),
    ("db: feedback", feedback, "link"),
    ("db: project, quota", store, "mark_projects"),
    ("db: project, quota", store, "count_months"),
    ("db: outcomes", outcomes, "count"),
    ("db: SDKs", Register, "record"),
    ("db: commit", BaseDatabaseWrapper, "commit"),
    ("rest of storing", EventSink, "store"),
    ("rest, checkpoint", Digester, "round"),
)


@dataclass(frozen=True, slots=True)
class Budget:
    """steps: seconds in all. events: how many. as_sent: of them, those that were kept as they came.

    yardstick: seconds of orjson.loads of the same events.
    """

    steps: dict[str, Spent]
    events: int
    as_sent: int
    yardstick: float

    def each(self, seconds: float) -> float:
        """Microseconds per event."""
        return seconds / self.events * 1e6

    @property
    def cpu(self) -> float:
        return sum(step.cpu for step in self.steps.values())

    @property
    def wall(self) -> float:
        return sum(step.wall for step in self.steps.values())


def measure(project_id: int, first: Sequence[Body], made: Sequence[Body]) -> Budget:
    """first: to get warm. Both in batches as the settings say."""
    with Meter() as meter:
        for label, holder, name in STEPS:
            meter.watch(label, holder, name)
        digester = digesting.ready(project_id, first)
        digesting.spool(project_id, made)
        meter.reset()
        digesting.drain(digester)
        digester.close()
    return Budget(meter.spent, len(made), meter.spent[_AS_SENT].calls, yardstick(made))


def yardstick(made: Sequence[Body]) -> float:
    """Seconds of processor time to parse these events."""
    seconds = 0.0
    for body in made:
        framed = envelope.frame(compression.inflate(body.data, "gzip", 1 << 24))
        raw = framed.payload(framed.items[0])
        start = time.thread_time()
        orjson.loads(raw)
        seconds += time.thread_time() - start
    return seconds


def show(size: str, budget: Budget) -> None:
    share = budget.as_sent / budget.events
    print(f"{size:>5}  {budget.events} events, 1 process, {share:.0%} kept as sent")
    for label, step in budget.steps.items():
        if step.cpu * 1e6 >= budget.events / 2:  # half a microsecond
            print(
                f"       {label:20}{budget.each(step.cpu):8.0f} µs {step.cpu / budget.cpu:6.1%}"
                f"   {step.calls / budget.events:7.3f} calls"
            )
    print(
        f"       {'all':20}{budget.each(budget.cpu):8.0f} µs    {budget.each(budget.wall):.0f} µs on the clock   "
        f"{budget.cpu / budget.yardstick:.2f} times orjson.loads of the event ({budget.each(budget.yardstick):.0f} µs)"
    )


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default=",".join(SIZES))
    parser.add_argument("--scale", type=float, default=1.0)
    options = parser.parse_args(arguments)
    for size in options.sizes.split(","):
        project = create_project(f"Steps {size}")
        made = bodies(size, int(COUNTS[size] * options.scale))
        first = bodies(size, 2 * digesting.WARM, seed=2)
        show(size, measure(project.pk, first, made))
