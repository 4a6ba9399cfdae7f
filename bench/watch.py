"""The memory of a server and its processes, sampled while something happens."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.servers import Product, family

SECONDS = 0.05


@dataclass(slots=True)
class Peak:
    """MB. pss: of all processes together; rss: of the largest one. kernel: the same, by its own mark."""

    pss: float = 0.0
    rss: float = 0.0
    kernel: float = 0.0
    samples: int = 0

    def look(self, pid: int) -> None:
        pss = 0.0
        for each in family(pid):
            try:
                rollup = Path(f"/proc/{each}/smaps_rollup").read_text()
                status = Path(f"/proc/{each}/status").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            pss += _megabytes(rollup, "Pss:")
            self.rss = max(self.rss, _megabytes(rollup, "Rss:"))
            self.kernel = max(self.kernel, _megabytes(status, "VmHWM:"))
        self.pss = max(self.pss, pss)
        self.samples += 1


def _megabytes(text: str, name: str) -> float:
    line = next(line for line in text.splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024


@contextmanager
def peak(served: Product) -> Iterator[Peak]:
    """Complete when the context is left."""
    found = Peak()
    over = threading.Event()

    def sample() -> None:
        while not over.wait(SECONDS):
            found.look(served.process.pid)

    thread = threading.Thread(target=sample, name="memory")
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()
