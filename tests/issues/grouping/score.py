"""How well a grouping does on labelled events: pairwise precision, recall and F1.

Events of one scenario with equal labels belong in one issue, all others do not.
"""

import gzip
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).parents[2] / "samples" / "grouping" / "dev.jsonl.gz"


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    events: tuple[tuple[str, dict[str, Any]], ...]  # label, event as an SDK sent it


@dataclass(slots=True)
class Score:
    """right: pairs that are together and belong together. wrong: what is to be looked at."""

    right: int = 0
    merged: int = 0
    split: int = 0
    across: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.merged)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + self.split)

    @property
    def f1(self) -> float:
        return 2 * self.right / max(1, 2 * self.right + self.merged + self.split)


def corpus() -> list[Scenario]:
    with gzip.open(CORPUS, "rt", encoding="utf-8") as lines:
        return [
            Scenario(found["name"], tuple((e["label"], e["event"]) for e in found["events"]))
            for found in map(json.loads, lines)
        ]


def score(
    scenarios: Sequence[Scenario], hashes: Callable[[dict[str, Any]], list[str]], seed: int
) -> Score:
    """Events come in a shuffled order and find their issues as in the digest: the first known hash decides."""
    order = [(s, e) for s, scenario in enumerate(scenarios) for e in range(len(scenario.events))]
    random.Random(seed).shuffle(order)
    owners: dict[str, int] = {}
    issues: dict[tuple[int, int], int] = {}
    for number, (s, e) in enumerate(order):
        found = hashes(scenarios[s].events[e][1])
        issue = next((owners[known] for known in found if known in owners), number)
        for known in found:
            owners.setdefault(known, issue)
        issues[s, e] = issue
    result = Score()
    for s, scenario in enumerate(scenarios):
        before = result.merged + result.split
        for a, b in combinations(range(len(scenario.events)), 2):
            together = issues[s, a] == issues[s, b]
            belong = scenario.events[a][0] == scenario.events[b][0]
            result.right += together and belong
            result.merged += together and not belong
            result.split += belong and not together
        if result.merged + result.split > before:
            result.wrong.append(scenario.name)
    members: dict[int, set[int]] = {}
    for (s, _), issue in issues.items():
        members.setdefault(issue, set()).add(s)
    result.across = sum(len(each) > 1 for each in members.values())
    return result
