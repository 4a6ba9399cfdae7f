"""Prometheus' text format, version 0.0.4. Pure.

Source: Prometheus documentation, "Exposition formats". By hand: the client library keeps the counts of several
processes in files that outlive them, and ours are in shared memory already (ingest.meter).
"""

from collections.abc import Iterable, Mapping, Sequence

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PREFIX = "bugsink_lite_"

Labels = Mapping[str, str]


def counter(name: str, about: str, values: Iterable[tuple[Labels, float]]) -> str:
    return _family(name, "counter", about, [_sample(name, each, value) for each, value in values])


def gauge(name: str, about: str, values: Iterable[tuple[Labels, float]]) -> str:
    return _family(name, "gauge", about, [_sample(name, each, value) for each, value in values])


def histogram(
    name: str, about: str, bounds: Sequence[float], counts: Sequence[int], total: float
) -> str:
    """counts: of what is at most as large as each bound, and of everything. total: the sum of all."""
    names = (*(f"{bound:g}" for bound in bounds), "+Inf")
    samples = [
        _sample(f"{name}_bucket", {"le": bound}, count)
        for bound, count in zip(names, counts, strict=True)
    ]
    samples += [_sample(f"{name}_sum", {}, total), _sample(f"{name}_count", {}, counts[-1])]
    return _family(name, "histogram", about, samples)


def _family(name: str, kind: str, about: str, samples: Sequence[str]) -> str:
    head = f"# HELP {PREFIX}{name} {about}\n# TYPE {PREFIX}{name} {kind}\n"
    return head + "".join(samples)


def _sample(name: str, labels: Labels, value: float) -> str:
    inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
    number = str(int(value)) if value == int(value) else repr(float(value))
    return f"{PREFIX}{name}{'{' + inside + '}' if inside else ''} {number}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
