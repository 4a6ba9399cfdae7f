"""Our own labelled scenarios: every one of them is grouped as its labels say."""

import copy

import pytest

from issues.grouping import group, hashes
from issues.payload import normalize
from tests.factories import NOW

from .own_cases import scenarios
from .score import Scenario, corpus, score

CASES = list(scenarios())


@pytest.mark.parametrize("scenario", CASES, ids=lambda scenario: scenario.name)
def test_a_scenario_is_grouped_as_it_is_labelled(scenario: Scenario) -> None:
    for seed in range(3):
        result = score([scenario], lambda event: hashes(copy.deepcopy(event)), seed)
        assert (result.merged, result.split) == (0, 0)


def test_no_issue_holds_events_of_two_scenarios() -> None:
    result = score([*CASES, *corpus()], lambda event: hashes(copy.deepcopy(event)), 1)
    assert result.across == 0
    assert result.f1 >= 0.97


def test_every_event_is_explained() -> None:
    for scenario in CASES:
        for _, event in scenario.events:
            grouping = group(normalize(copy.deepcopy(event), received_at=NOW).data)
            assert not grouping.failed
            assert grouping.why["lines"], scenario.name
