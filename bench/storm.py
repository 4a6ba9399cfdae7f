"""How much memory a flood of large events takes, accepting and digesting at once, with the storm rule and without."""

import random
import time
from collections.abc import Sequence

from bench import load, servers, watch
from bench.database import Store
from bench.payloads import Body, again, bodies

SECONDS = 15.0
CONNECTIONS = 32
MAX_RATE = 400  # of 260 KB events a second that there are bodies for
KINDS = 200  # events that are made; the others are these under other ids
LONGEST = 120  # seconds until the last event is digested


def pool(size: str, seconds: float) -> list[Body]:
    rng = random.Random(3)
    made = bodies(size, KINDS, seed=3)
    return [again(rng.choice(made), rng) for _ in range(int(seconds * MAX_RATE))]


def measure(store: Store, made: Sequence[Body], size: str, *, seconds: float, workers: int) -> None:
    print(f"\nmemory in a storm, SQLite, {CONNECTIONS} connections for {seconds:.0f} s")
    for rule in ("on", "off"):
        extra = {"WORKERS": str(workers)} | ({"STORM_EVENTS": "0"} if rule == "off" else {})
        with servers.product(store.fresh(), extra) as served:
            before = served.memory()
            with watch.peak(served) as peak:
                result = load.send(
                    made,
                    port=served.port,
                    path=served.path,
                    key=served.key,
                    connections=CONNECTIONS,
                    seconds=seconds,
                )
                while_sending = watch.Peak(peak.pss, peak.rss)
                accepted = result.statuses.get(200, 0)
                until = time.monotonic() + LONGEST
                while (there := store.count("issues_event", served.data)) < accepted:
                    if time.monotonic() > until:
                        raise SystemExit(f"only {there} of {accepted} arrived")
                    time.sleep(0.2)
            after = served.memory()
        others = {status: count for status, count in result.statuses.items() if status != 200}
        print(
            f"{size:>5}  {servers.processes(workers)}, storm rule {rule:3}  {accepted} events accepted in "
            f"{result.seconds:.1f} s{f', refused {others}' if others else ''}   RSS of the largest process: peak "
            f"{while_sending.rss:.0f} MB while sending, {peak.rss:.0f} MB until all was digested "
            f"({peak.kernel:.0f} by the kernel's mark)   PSS of all: {before[0]:.0f} MB before, peak {peak.pss:.0f}, "
            f"{after[0]:.0f} after   {peak.samples} samples"
        )
