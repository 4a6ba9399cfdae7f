"""The worked examples of the contract: which events are one issue and which are not."""

import copy
from collections.abc import Iterator

import pytest

from issues.grouping import Grouping, group
from tests.issues.grouping import examples_java, examples_others, examples_python
from tests.issues.grouping.examples import Example

EXAMPLES = [
    *examples_python.EXAMPLES,
    *examples_java.EXAMPLES,
    *examples_others.EXAMPLES,
]


def issues_of(groupings: list[Grouping]) -> list[int]:
    """Number the issues as the look-up does: the first known hash decides, the others join."""
    owners: dict[str, int] = {}
    issues: list[int] = []
    for grouping in groupings:
        issue = next((owners[h] for h in grouping.hashes if h in owners), len(issues))
        for known in grouping.hashes:
            owners.setdefault(known, issue)
        issues.append(issue)
    return issues


def orders(example: Example) -> Iterator[list[Grouping]]:
    groupings = [group(event) for event in example.events]
    yield groupings
    yield groupings[::-1]


@pytest.mark.parametrize(
    "example", EXAMPLES, ids=lambda example: f"{example.number} {example.name}"
)
def test_events_of_an_example_are_one_issue_or_not(example: Example) -> None:
    for groupings in orders(example):
        count = len(set(issues_of(groupings)))
        assert count == (1 if example.same else len(groupings)), [g.why for g in groupings]


def test_every_row_is_an_example() -> None:
    assert {example.number for example in EXAMPLES} >= set(range(1, 74))


@pytest.mark.parametrize(
    "example", EXAMPLES, ids=lambda example: f"{example.number} {example.name}"
)
def test_every_event_is_explained_and_left_alone(example: Example) -> None:
    for event in example.events:
        before = copy.deepcopy(event)
        grouping = group(event)
        assert not grouping.failed
        assert grouping.title
        assert grouping.why["lines"]
        assert event == before
