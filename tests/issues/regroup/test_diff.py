from typing import Any

import pytest

from issues.regroup.diff import Line, differences


@pytest.mark.parametrize(
    ("key", "before", "after", "lines"),
    [
        ("stack_rules", "a -app", "a -app\nb -app", [(" ", "a -app"), ("+", "b -app")]),
        ("fingerprint_rules", "a -> b", "a -> c", [("-", "a -> b"), ("+", "a -> c")]),
        ("generic_types", "Shop", "", [("-", "Shop")]),
        ("place_depth", 4, 0, [("-", "4 named frames"), ("+", "All application frames")]),
        ("place_depth", 1, 2, [("-", "The frame nearest the crash"), ("+", "2 named frames")]),
        ("max_texts", 25, 0, [("-", "25"), ("+", "No limit")]),
    ],
)
def test_only_what_differs_is_shown(
    key: str, before: Any, after: Any, lines: list[tuple[str, str]]
) -> None:
    same = {"config": "g1", "stack_rules": "x -app"}
    (found,) = differences({**same, key: before}, {**same, key: after})
    assert found.lines == tuple(Line(*line) for line in lines)


def test_long_lists_are_shown_around_the_change() -> None:
    old = [f"function:f{number} -app" for number in range(9)]
    new = [*old[:4], "function:new -app", *old[5:]]
    (found,) = differences({"stack_rules": "\n".join(old)}, {"stack_rules": "\n".join(new)})
    assert [line.sign for line in found.lines] == ["…", " ", " ", "-", "+", " ", " ", "…"]


def test_equal_settings_and_those_of_old_runs_differ_in_nothing() -> None:
    assert differences({"stack_rules": "a"}, {"stack_rules": "a"}) == ()
    assert differences({}, {"stack_rules": "a"}) == ()
