"""`make bench`: accepted/s, events visible/s, latency, the digest's budget, memory and disk, beside the ceiling of the
same run.

Generator, server and database share the machine. Quote ratios from one run: machines differ, and so do their days.
"""

import argparse
import gc
import os
import platform

from bench import accepting, database, inside, storm, visible
from bench.payloads import SIZES, Body, bodies

PARTS = ("accept", "open", "visible", "steps", "grouping", "curve", "pages", "storm")
COUNTS = {"3k": 6000, "45k": 5000, "260k": 600}
MIDDLE = "45k"  # also with two processes, and in the open loop
MIDDLE_CONNECTIONS = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=",".join(PARTS), help="some of " + ", ".join(PARTS))
    parser.add_argument("--sizes", default=",".join(SIZES))
    parser.add_argument("--connections", default="1,8,32")
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--workers", type=int, default=0, help="0: one, and the 45k also with two")
    parser.add_argument("--scale", type=float, default=1.0, help="more or fewer events")
    parser.add_argument("--fill", default="10k,100k,1M", help="the curve's events in the database")
    options = parser.parse_args()
    parts = options.only.split(",")
    if wrong := set(parts) - set(PARTS):
        parser.error(f"there is no {', '.join(wrong)}")
    sizes = options.sizes.split(",")
    connections = [int(number) for number in options.connections.split(",")]
    databases = options.databases.split(",")
    workers = options.workers or 1
    pools = _pools(parts, sizes, options.scale)
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"load of the machine before {os.getloadavg()[0]:.1f}"
    )
    for size, pool in pools.items():
        raw = sum(body.raw for body in pool) / len(pool) / 1000
        sent = sum(len(body.data) for body in pool) / len(pool) / 1000
        print(f"  {size}: {len(pool)} events of {raw:.1f} KB raw, {sent:.1f} KB as sent")
    _accept(parts, pools, connections, options.workers)
    if "visible" in parts:
        for name in databases:
            with database.provide(name) as store:
                print_header(f"visible end to end, {name}")
                for size, pool in pools.items():
                    for count in _processes(size, options.workers):
                        visible.measure(store, size, pool, count)
    if "steps" in parts:
        print_header("the digest's budget, CPU of its thread per event, SQLite")
        inside.run("steps", ["--sizes", ",".join(sizes), "--scale", str(options.scale)])
    if "grouping" in parts:
        print_header("grouping of normalised events, CPU per event, and parsing it = 1")
        inside.run("grouping", [])
    if "curve" in parts:
        for name in databases:
            with database.provide(name) as store:
                print_header(f"the digest in a growing database, {MIDDLE}, {name}")
                arguments = ["--fill", options.fill, "--scale", str(options.scale)]
                inside.run("curve", arguments, store.fresh())
    if "pages" in parts:
        for name in databases:
            with database.provide(name) as store:
                print_header(f"pages in a large database, {name}")
                arguments = ["--fill", options.fill, "--scale", str(options.scale)]
                inside.run("pages", arguments, store.fresh())
    if "storm" in parts:
        seconds = storm.SECONDS * options.scale
        made = storm.pool("260k", seconds)
        storm.measure(database.SQLite(), made, "260k", seconds=seconds, workers=workers)


def _pools(parts: list[str], sizes: list[str], scale: float) -> dict[str, list[Body]]:
    wanted = sizes if {"accept", "visible"} & set(parts) else []
    if "open" in parts and MIDDLE not in wanted:
        wanted = [*wanted, MIDDLE]
    pools = {size: bodies(size, int(COUNTS[size] * scale)) for size in wanted}
    gc.freeze()  # the generator need not look for garbage in what it holds
    return pools


def _processes(size: str, asked: int) -> list[int]:
    if asked:
        return [asked]
    return [1, 2] if size == MIDDLE else [1]


def _accept(
    parts: list[str], pools: dict[str, list[Body]], connections: list[int], asked: int
) -> None:
    rates: dict[int, float] = {}  # of the middle size, by processes
    if "accept" in parts:
        print_header("accepted, nothing digested")
        for size, pool in pools.items():
            for workers in _processes(size, asked):
                # Of the runs with another number of processes one tells enough.
                some = connections if workers == (asked or 1) else []
                for count in some or [MIDDLE_CONNECTIONS]:
                    rate = accepting.closed(size, pool, count, workers)
                    if size == MIDDLE and (count == MIDDLE_CONNECTIONS or workers not in rates):
                        rates[workers] = rate
    if "open" in parts:
        pool = pools[MIDDLE]
        for workers in _processes(MIDDLE, asked):
            if workers not in rates:
                print_header("the closed loop that the rate is taken from")
                rates[workers] = accepting.closed(MIDDLE, pool, MIDDLE_CONNECTIONS, workers)
        print_header("accepted in an open loop, half the rate of the closed one, nothing digested")
        for workers in _processes(MIDDLE, asked):
            accepting.opened(MIDDLE, pool, rates[workers] / 2, workers)


def print_header(title: str) -> None:
    print(f"\n{title}", flush=True)


if __name__ == "__main__":
    main()
