"""From the first send to the last event readable, accepting and digesting at once."""

import time

from bench import database, servers
from bench.accepting import accept
from bench.payloads import Body, bodies

WARM = 2_050  # events before the clock starts
DICTIONARIES = 2  # that a project has after so many
LONGEST = 600  # seconds


def measure(store: database.Store, size: str, pool: list[Body], workers: int) -> None:
    """Storms are off, since all payloads are to be stored; the project has its dictionaries, as after some minutes."""
    url = store.fresh()
    extra = {"WORKERS": str(workers), "STORM_EVENTS": "0"}
    with servers.product(url, extra) as served:
        accept(served, bodies(size, WARM, seed=2), 8)
        while store.count("issues_payloaddictionary", served.data) < DICTIONARIES:
            time.sleep(0.2)
        before = store.size(served.data)
        cpu = served.cpu()
        started = time.perf_counter()
        accepted = accept(served, pool, 8)
        while (there := store.count("issues_event", served.data)) < len(pool) + WARM:
            if time.perf_counter() - started > LONGEST:
                raise SystemExit(f"only {there - WARM} of {len(pool)} arrived")
            time.sleep(0.05)
        seconds = time.perf_counter() - started
        cpu = served.cpu() - cpu
        memory = served.memory()
        grown = store.size(served.data) - before
    print(
        f"{size:>5}  {servers.processes(workers):11}  {len(pool) / seconds:7.0f} visible/s   "
        f"accepted meanwhile {accepted.per_second:6.0f}/s "
        f"(p50 {accepted.percentile(50):.1f}, p99 {accepted.percentile(99):.1f} ms)   "
        f"{cpu / len(pool) * 1000:.2f} ms CPU each   "
        f"{memory[0]:4.0f} MB PSS {memory[1]:4.0f} MB RSS   {grown / len(pool) / 1000:5.2f} KB on disk per event",
        flush=True,
    )
