"""What another grouping would do to the issues there are: which would split, which would become one. Pure.

    tallies = {Tally(issue=7, hash="3f…", new_hash="a1…"): 120, …}
    plan(tallies, known={"a1…": 9}, is_splitting=True)

An issue is never lost to regrouping: it lives on in the largest part of its events that no other issue claims.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple


class Tally(NamedTuple):
    """Events of an issue whose grouphash was `hash` and would be `new_hash`."""

    issue: int
    hash: str
    new_hash: str


class Part(NamedTuple):
    """Events that would stay together. target: their issue, None for a new one."""

    target: int | None
    new_hash: str
    events: int


@dataclass(frozen=True, slots=True)
class Split:
    """An issue whose events would go to several issues, the largest part first."""

    issue: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Merge:
    """Issues whose events would be one issue. sources: issue -> events, the largest first."""

    target: int | None
    new_hash: str
    sources: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """targets: new hash -> the issue that it leads to, None for one to be made.

    moved: events that would be in another issue than now. rehashed: events that would get another hash.
    """

    targets: Mapping[str, int | None]
    splits: tuple[Split, ...]
    merges: tuple[Merge, ...]
    events: int
    moved: int
    rehashed: int
    new_issues: int


def plan(
    tallies: Mapping[Tally, int],
    known: Mapping[str, int],
    *,
    is_splitting: bool,
    living: Collection[int] = (),
) -> Plan:
    """known: the issues of those new hashes that exist. is_splitting: whether events of one issue may become several;
    without it, a new hash joins the issue that most of its events are in. living: issues that keep events of which the
    tallies know nothing.
    """
    targets = _targets(tallies, known, is_splitting, living)
    moved = sum(n for t, n in tallies.items() if targets[t.new_hash] != t.issue)
    return Plan(
        targets=targets,
        splits=_splits(tallies, targets),
        merges=_merges(tallies, targets),
        events=sum(tallies.values()),
        moved=moved,
        rehashed=sum(n for t, n in tallies.items() if t.hash != t.new_hash),
        new_issues=sum(target is None for target in targets.values()),
    )


def _targets(
    tallies: Mapping[Tally, int],
    known: Mapping[str, int],
    is_splitting: bool,
    kept: Collection[int],
) -> dict[str, int | None]:
    sizes: Counter[str] = Counter()
    shares: dict[str, Counter[int]] = defaultdict(Counter)
    for tally, events in tallies.items():
        sizes[tally.new_hash] += events
        shares[tally.new_hash][tally.issue] += events
    targets: dict[str, int | None] = {h: known[h] for h in sizes if h in known}
    # Issues that some of their own events stay in.
    living = {t.issue for t in tallies if targets.get(t.new_hash) == t.issue} | set(kept)
    for new_hash in sorted(sizes.keys() - targets.keys(), key=lambda h: (-sizes[h], h)):
        found = shares[new_hash]
        heir = min(found, key=lambda issue: (-found[issue], issue))
        targets[new_hash] = None if is_splitting and heir in living else heir
        living.add(heir)
    return targets


def _splits(tallies: Mapping[Tally, int], targets: Mapping[str, int | None]) -> tuple[Split, ...]:
    parts: dict[int, Counter[tuple[int | None, str]]] = defaultdict(Counter)
    for tally, events in tallies.items():
        target = targets[tally.new_hash]
        # Hashes that lead to the same issue are one part of it; what is new has nothing but its hash.
        parts[tally.issue][target, tally.new_hash if target is None else ""] += events
    found = [
        Split(issue, tuple(Part(target, h, n) for (target, h), n in _largest(counts)))
        for issue, counts in parts.items()
        if len(counts) > 1
    ]
    return tuple(
        sorted(found, key=lambda split: (-sum(p.events for p in split.parts), split.issue))
    )


def _merges(tallies: Mapping[Tally, int], targets: Mapping[str, int | None]) -> tuple[Merge, ...]:
    sources: dict[tuple[int | None, str], Counter[int]] = defaultdict(Counter)
    for tally, events in tallies.items():
        target = targets[tally.new_hash]
        sources[target, tally.new_hash if target is None else ""][tally.issue] += events
    found = [
        Merge(target, new_hash, tuple(_largest(counts)))
        for (target, new_hash), counts in sources.items()
        if len(counts) > 1 or (target is not None and target not in counts)
    ]
    return tuple(
        sorted(found, key=lambda merge: (-sum(n for _, n in merge.sources), merge.sources))
    )


def _largest(counts: Counter[Any]) -> list[tuple[Any, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
