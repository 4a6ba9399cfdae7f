"""Labelled events: how many of the difficult pairs are right, and what must not matter for any of them."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from issues.grouping import DEFAULT, Config, group, hashes
from issues.grouping.rules import parse_fingerprint_rules, parse_stack_rules
from tests.issues.grouping.score import Scenario, corpus, score

CORPUS = corpus()
EVENTS = [event for scenario in CORPUS for _, event in scenario.events]


@pytest.mark.parametrize("seed", range(5))
def test_the_corpus_is_grouped_well(seed: int) -> None:
    result = score(CORPUS, lambda event: hashes(copy.deepcopy(event)), seed)
    assert result.f1 >= 0.97, result
    assert result.precision >= 0.97, result
    assert result.across == 0, result


def test_the_score_is_worth_something() -> None:
    """One issue for all, and one issue for each, are both bad."""
    assert score(CORPUS, lambda event: ["same"], 1).precision < 0.5
    numbers = iter(range(10_000))
    assert score(CORPUS, lambda event: [str(next(numbers))], 1).f1 == 0
    one = Scenario("one", (("A", {}), ("A", {}), ("B", {})))
    assert score([one], lambda event: ["same"], 1).merged == 2


def frames(event: Any) -> Iterator[dict[str, Any]]:
    if isinstance(event, dict):
        found = event.get("frames")
        if isinstance(found, list):
            yield from (frame for frame in found if isinstance(frame, dict))
        for value in event.values():
            yield from frames(value)
    elif isinstance(event, list):
        for value in event:
            yield from frames(value)


def shuffled_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: shuffled_keys(value[key]) for key in sorted(value, reverse=True)}
    return [shuffled_keys(each) for each in value] if isinstance(value, list) else value


def test_what_varies_between_deploys_and_people_does_not_matter() -> None:
    """The primary hash of every event: other lines, addresses, release, level, user, directory, order of keys."""
    for event in EVENTS:
        other = shuffled_keys(copy.deepcopy(event))
        for frame in frames(other):
            for name in ("lineno", "colno"):
                if isinstance(frame.get(name), int):
                    frame[name] += 37
            for name in ("instruction_addr", "image_addr", "symbol_addr"):
                if name in frame:
                    frame[name] = "0x7ffdeadbeef0"
            path = frame.get("abs_path")
            if isinstance(path, str) and path.startswith(("/srv/", "/app/")):
                frame["abs_path"] = "/opt/releases/20260314" + path
        other |= {
            "release": "other@9.9.9",
            "environment": "other",
            "level": "fatal",
            "user": {"id": "other"},
            "transaction": "other",
            "server_name": "other",
        }
        assert hashes(other)[0] == hashes(copy.deepcopy(event))[0], json.dumps(event)[:400]


def test_rules_that_match_nothing_change_nothing() -> None:
    config = Config(
        fingerprint_rules=parse_fingerprint_rules("type:NoSuchType function:no_such -> x")[0],
        stack_rules=parse_stack_rules("function:no_such -app\ntype:NoSuchType max-frames=3")[0],
        previous=DEFAULT,
    )
    for event in EVENTS:
        with_rules = group(event, config)
        assert with_rules.hashes == group(event).hashes
        assert with_rules.earlier == with_rules.hashes


def test_every_event_is_explained_in_few_words() -> None:
    for event in EVENTS:
        grouping = group(event)
        assert not grouping.failed
        assert 1 <= len(grouping.why["lines"]) <= 5
        assert all(len(line) == 3 and line[2] for line in grouping.why["lines"]), grouping.why
