"""`python -m bench --only curve`: whether the digest costs more per event the more there is in the database.

Some events are digested, the database is filled (bench.filling), and again. Each time nine of ten events belong to
issues that are known, the tenth makes one. Storing is all that happens in the database, its commit included.
"""

import argparse
import gc
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from django.db import connection

from bench import digesting, payloads
from bench.meter import Meter, Spent
from bench.payloads import Body, bodies
from bench.steps import yardstick
from ingest.digester import Digester
from issues.digest import EventSink
from issues.models import Event, Issue
from projects.setup import create_project

ISSUES = 10_000
EVENTS = 600
SIZE = "45k"


def fresh(level: int, count: int) -> list[Body]:
    rng = random.Random(level)
    made = bodies(SIZE, count, seed=100 + level)
    for place in range(0, count, 10):
        made[place] = payloads.body(rng, SIZE, 1000 * (level + 1) + place)
    return made


def number(text: str) -> int:
    """ "10k" -> 10,000"""
    factor = {"k": 1_000, "m": 1_000_000}.get(text[-1:].lower(), 1)
    return int(text[:-1] if factor > 1 else text) * factor


def memory() -> tuple[float, float]:
    """MB of RSS of this process, and of it what is not a mapped file."""
    text = Path("/proc/self/status").read_text()
    rows = dict(line.split(":", 1) for line in text.splitlines())
    rss, anonymous = (int(rows[name].split()[0]) / 1024 for name in ("VmRSS", "RssAnon"))
    return rss, anonymous


def fill(project_id: int, there: int, wanted: int) -> None:
    connection.close()  # the only one, while SQLite changes its kind of journal
    numbers = (project_id, there, wanted, min(ISSUES, wanted))
    subprocess.run(
        [sys.executable, "-m", "bench.inside", "filling", *map(str, numbers)], check=True
    )


def row(level: str, made: Sequence[Body], spent: dict[str, Spent], seconds: float) -> None:
    each = {name: (s.cpu / len(made) * 1e6, s.wall / len(made) * 1e6) for name, s in spent.items()}
    cpu = sum(pair[0] for pair in each.values())
    wall = sum(pair[1] for pair in each.values())
    store = each["storing"]
    rss, anonymous = memory()
    print(
        f"{level:>5}  {Event.objects.count():9} events, {Issue.objects.count():6} issues  1 process"
        f"  CPU {cpu:5.0f} µs ({cpu * len(made) / 1e6 / yardstick(made):5.2f} × parsing), of it storing {store[0]:4.0f}"
        f"   on the clock {wall:5.0f} µs, of it storing {store[1]:4.0f}"
        f"   RSS {rss:4.0f} MB, {anonymous:4.0f} of it our own   filled in {seconds:.0f} s",
        flush=True,
    )


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fill", default="10k,100k,1M", help="events in the database")
    parser.add_argument("--scale", type=float, default=1.0)
    options = parser.parse_args(arguments)
    levels = ["0", *options.fill.split(",")]
    pools = [fresh(level, int(EVENTS * options.scale)) for level in range(len(levels))]
    # What the generator remembers is not the product's.
    payloads._frames.cache_clear()
    gc.collect()
    project = create_project("Curve")
    there = 0
    digester = digesting.ready(project.pk, bodies(SIZE, 2 * digesting.WARM, seed=2))
    for level, made in zip(levels, pools, strict=True):
        started = time.perf_counter()
        if wanted := number(level):
            fill(project.pk, there, wanted)
            there = wanted
        filled = time.perf_counter() - started
        digesting.spool(project.pk, made)
        with Meter() as meter:
            # By their names alone: `_store` is storing, and calls for what comes before.
            meter.watch("preparing", EventSink, "prepare")
            meter.watch("preparing", Digester, "_prepare")
            meter.watch("storing", Digester, "_store")
            meter.watch("rest", Digester, "round")
            digesting.drain(digester)
        row(level, made, meter.spent, filled)
    digester.close()
    connection.close()
