"""The explanation in words, and the rules that it suggests."""

from typing import Any

import pytest

from issues.grouping import Config, group
from issues.grouping.rules import parse_fingerprint_rules, parse_stack_rules
from issues.why import Why, why
from tests.issues.grouping.build import Event, event, log, py, raised
from tests.issues.grouping.score import corpus


def explained(data: Event, config: Config | None = None) -> Why:
    grouping = group(data, config or Config())
    found = why(grouping.why, grouping.hashes[0], grouping.config)
    assert found is not None
    return found


def plan(value: str = "no plan", **attributes: Any) -> Event:
    rows = py("plan", "crm", "raise PlanError(text)")
    return event(raised("PlanError", value, rows), **attributes)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (plan(), "Grouped because the type, reason and place are the same."),
        (log("hello", logger="crm"), "Grouped because the message and logger are the same."),
        (log("hello"), "Grouped because the message is the same."),
        (plan(fingerprint=["x"]), "Grouped by the fingerprint alone that the client sends."),
        (
            plan(fingerprint=["{{ default }}", "eu"]),
            "Grouped because the fingerprint, type, reason and place are the same.",
        ),
        (
            event(),
            "Grouped with all events that have neither exception, message nor stack trace.",
        ),
    ],
)
def test_one_sentence_says_it(data: Event, sentence: str) -> None:
    assert explained(data).sentence == sentence


def test_a_rule_is_named_with_its_line() -> None:
    rules = parse_fingerprint_rules("\ntype:PlanError -> plans")[0]
    found = explained(plan(), Config(fingerprint_rules=rules))
    assert found.sentence == "Grouped by the fingerprint alone that a rule of the project gives."
    assert found.lines[0].value == "type:PlanError -> plans"
    assert found.lines[0].note == "line 2 of the project's fingerprint rules"
    assert [each.words for each in found.advice] == [
        "Change or delete the rule to group these events otherwise."
    ]


def test_what_the_sdk_and_rules_could_change_is_said() -> None:
    assert [(each.rule, each.parameter) for each in explained(plan()).advice] == [
        ("type:PlanError function:plan -> {{ default }}, {{ transaction }}", "rule"),
        ("type:PlanError -> planerror", "rule"),
        ("function:plan -group", "stack_rule"),
        ("", ""),
    ]


def test_suggested_rules_will_do_and_match_their_event() -> None:
    tried = 0
    for scenario in corpus():
        for _, data in scenario.events:
            for advice in explained(data).advice:
                if advice.parameter == "stack_rule":
                    assert parse_stack_rules(advice.rule)[1] == ()
                elif advice.rule:
                    rules, mistakes = parse_fingerprint_rules(advice.rule)
                    assert mistakes == ()
                    config = Config(fingerprint_rules=rules)
                    assert group(data, config).rule is not None, (advice.rule, scenario.name)
                    tried += 1
    assert tried > 300


def test_nothing_stored_says_nothing() -> None:
    assert why({}, "a", "g1") is None
    assert why({"lines": [["type"], 7, None]}, "a", "g1") is None
