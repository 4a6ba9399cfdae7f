"""Run by test_bombs.py in a process of its own, whose memory nothing else has grown.

    python -m tests.ingest.bomb THREADS

stdin: pickled (encoding, body) pairs. Each thread sends every body to a door that has nothing but a key and a spool in
memory. Prints the statuses, and how many megabytes the process grew at its peak.
"""

import pickle
import resource
import sys
import threading
from collections import Counter
from functools import partial

from ingest.accept import Accepted, Incoming, Limits, accept
from tests.ingest.memory import KEY, PROJECT, MemoryKeys, MemorySpool

LIMITS = Limits(request=20 << 20, envelope=100 << 20, event=1 << 20)


def main() -> None:
    bodies: list[tuple[str, bytes]] = pickle.load(sys.stdin.buffer)
    statuses: Counter[int] = Counter()

    def send() -> None:
        for encoding, body in bodies:
            incoming = Incoming(
                kind="envelope",
                project_id=PROJECT,
                query=f"sentry_key={KEY}",
                headers={"HTTP_CONTENT_ENCODING": encoding},
                read=partial(bytes, body),
                received_at=0.0,
            )
            result = accept(incoming, keys=MemoryKeys(), spool=MemorySpool(), limits=LIMITS)
            statuses[200 if isinstance(result, Accepted) else result.status] += 1

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    threads = [threading.Thread(target=send) for _ in range(int(sys.argv[1]))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(dict(statuses), round(grown))


if __name__ == "__main__":
    main()
