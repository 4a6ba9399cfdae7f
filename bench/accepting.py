"""Accepted requests a second, nothing digested, beside what gunicorn itself can do: in a closed and in an open loop."""

from contextlib import AbstractContextManager

from bench import load, paced, servers
from bench.payloads import Body

OPEN_CONNECTIONS = 16
OPEN_SECONDS = 6


def ceiling(name: str, workers: int) -> AbstractContextManager[int]:
    return servers.ceiling(name, threads=12, workers=workers)


def _without_digest(workers: int) -> AbstractContextManager[servers.Product]:
    return servers.product("", {"DIGEST": "false", "WORKERS": str(workers)})


def send_to(port: int, pool: list[Body], connections: int) -> load.Result:
    return load.send(pool, port=port, path="/", key="0" * 32, connections=connections)


def accept(served: servers.Product, pool: list[Body], connections: int) -> load.Result:
    result = load.send(
        pool, port=served.port, path=served.path, key=served.key, connections=connections
    )
    if set(result.statuses) != {200}:
        raise SystemExit(f"not everything was accepted: {result.statuses}")
    return result


def closed(size: str, pool: list[Body], connections: int, workers: int) -> float:
    """As fast as answers come. Returns the product's requests a second."""
    with ceiling("application", workers) as port:
        bare = send_to(port, pool, connections)
    with ceiling("inflating", workers) as port:
        inflating = send_to(port, pool, connections)
    with _without_digest(workers) as served:
        pss, rss = served.memory()
        cpu = served.cpu()
        result = accept(served, pool, connections)
        cpu = served.cpu() - cpu
    for name, each in (("bare WSGI", bare), ("bare + inflate", inflating), ("product", result)):
        print(
            f"{size:>5}  {servers.processes(workers):11}  {connections:3} connections  {name:15} "
            f"{each.per_second:7.0f}/s  {each.per_second / bare.per_second:5.0%} of bare "
            f"{each.per_second / inflating.per_second:5.0%} of bare + inflate   {latency(each)}"
        )
    print(
        f"       {cpu / len(pool) * 1000:.2f} ms CPU each; idle before: {pss:.0f} MB PSS, {rss:.0f} MB RSS "
        "(arbiter and workers)",
        flush=True,
    )
    return result.per_second


def opened(size: str, pool: list[Body], rate: float, workers: int) -> None:
    """At a rate of its own, whatever the answers do; the first requests of a connection are a part of it."""
    part = pool[: int(rate * OPEN_SECONDS)]
    with ceiling("inflating", workers) as port:
        bare = paced.send(
            part, port=port, path="/", key="0" * 32, connections=OPEN_CONNECTIONS, rate=rate
        )
    with _without_digest(workers) as served:
        result = paced.send(
            part,
            port=served.port,
            path=served.path,
            key=served.key,
            connections=OPEN_CONNECTIONS,
            rate=rate,
        )
    for name, each in (("bare + inflate", bare), ("product", result)):
        if set(each.statuses) != {200}:
            raise SystemExit(f"not everything was accepted: {each.statuses}")
        print(
            f"{size:>5}  {servers.processes(workers):11}  {OPEN_CONNECTIONS:3} connections  {name:15} "
            f"{rate:7.0f}/s due, {len(part)} requests   {latency(each)}  max {max(each.latencies) * 1000:6.1f} ms",
            flush=True,
        )


def latency(result: load.Result) -> str:
    return (
        f"p50 {result.percentile(50):6.1f}  p95 {result.percentile(95):6.1f}  "
        f"p99 {result.percentile(99):6.1f} ms"
    )
