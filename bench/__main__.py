"""`make bench`: accepted/s, events visible/s, latency, memory and disk, beside the ceiling of the same run.

Generator, server and database share the machine. Quote ratios from one run: machines differ, and so do their days.
"""

import argparse
import os
import platform
import time
from contextlib import AbstractContextManager

from bench import database, load, servers
from bench.payloads import SIZES, Body, bodies

WARM = 220  # events before the clock starts
COUNTS = {"3k": 6000, "45k": 5000, "260k": 600}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default=",".join(SIZES))
    parser.add_argument("--connections", default="1,8,32")
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--scale", type=float, default=1.0, help="more or fewer events")
    options = parser.parse_args()
    sizes = options.sizes.split(",")
    connections = [int(number) for number in options.connections.split(",")]
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, ",
        end="",
    )
    print(f"{options.workers} process(es)")
    pools = {size: bodies(size, int(COUNTS[size] * options.scale)) for size in sizes}
    for size, pool in pools.items():
        raw = sum(body.raw for body in pool) / len(pool) / 1000
        sent = sum(len(body.data) for body in pool) / len(pool) / 1000
        print(f"  {size}: {len(pool)} events of {raw:.1f} KB raw, {sent:.1f} KB as sent")
    print_header("accepted, nothing digested")
    for size, pool in pools.items():
        for count in connections:
            with ceiling("application", options.workers) as port:
                bare = send_to(port, pool, count)
            with ceiling("inflating", options.workers) as port:
                inflating = send_to(port, pool, count)
            row("bare WSGI", size, count, bare, bare)
            row("bare + inflate", size, count, inflating, bare)
            extra = {"DIGEST": "false", "WORKERS": str(options.workers)}
            with servers.product("", extra) as served:
                idle = served.memory()
                cpu = served.cpu()
                result = accept(served, pool, count)
                row("product", size, count, result, bare)
                print(f"       {(served.cpu() - cpu) / len(pool) * 1000:.2f} ms CPU each")
    print(f"\nidle: {idle[0]:.0f} MB PSS, {idle[1]:.0f} MB RSS (arbiter and workers)")
    for name in options.databases.split(","):
        with database.provide(name) as store:
            print_header(f"visible end to end, {name}")
            for size, pool in pools.items():
                visible(store, size, pool, options.workers)


def ceiling(name: str, workers: int) -> AbstractContextManager[int]:
    return servers.ceiling(name, threads=12, workers=workers)


def send_to(port: int, pool: list[Body], connections: int) -> load.Result:
    return load.send(pool, port=port, path="/", key="0" * 32, connections=connections)


def accept(served: servers.Product, pool: list[Body], connections: int) -> load.Result:
    result = load.send(
        pool, port=served.port, path=served.path, key=served.key, connections=connections
    )
    if set(result.statuses) != {200}:
        raise SystemExit(f"not everything was accepted: {result.statuses}")
    return result


def visible(store: database.Store, size: str, pool: list[Body], workers: int) -> None:
    """From the first send to the last event readable, accepting and digesting at once.

    Storms are off, since all payloads are to be stored; the project has its dictionary, as after its first minutes.
    """
    url = store.fresh()
    extra = {"WORKERS": str(workers), "STORM_EVENTS": "0"}
    with servers.product(url, extra) as served:
        accept(served, bodies(size, WARM, seed=2), 8)
        while not store.count("issues_payloaddictionary", served.data):
            time.sleep(0.2)
        before = store.size(served.data)
        cpu = served.cpu()
        started = time.perf_counter()
        accepted = accept(served, pool, 8)
        while (there := store.count("issues_event", served.data)) < len(pool) + WARM:
            if time.perf_counter() - started > 600:
                raise SystemExit(f"only {there - WARM} of {len(pool)} arrived")
            time.sleep(0.05)
        seconds = time.perf_counter() - started
        cpu = served.cpu() - cpu
        memory = served.memory()
        grown = store.size(served.data) - before
    print(
        f"{size:>5}  {len(pool) / seconds:7.0f} visible/s   accepted meanwhile {accepted.per_second:6.0f}/s "
        f"(p50 {accepted.percentile(50):.1f}, p99 {accepted.percentile(99):.1f} ms)   "
        f"{cpu / len(pool) * 1000:.2f} ms CPU each   "
        f"{memory[0]:4.0f} MB PSS {memory[1]:4.0f} MB RSS   {grown / len(pool) / 1000:5.2f} KB on disk per event"
    )


def print_header(title: str) -> None:
    print(f"\n{title}")


def row(name: str, size: str, connections: int, result: load.Result, bare: load.Result) -> None:
    print(
        f"{size:>5}  {connections:3} connections  {name:15} {result.per_second:7.0f}/s  "
        f"{result.per_second / bare.per_second:5.0%} of bare   "
        f"p50 {result.percentile(50):6.1f}  p95 {result.percentile(95):6.1f}  p99 {result.percentile(99):6.1f} ms"
    )


if __name__ == "__main__":
    main()
