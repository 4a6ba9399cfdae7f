from collections.abc import Callable

import pytest

from projects.patterns import (
    PatternError,
    check_extra_name,
    check_filter,
    check_pattern,
    check_safe_name,
    lines,
    mistakes,
)


@pytest.mark.parametrize(
    ("check", "text", "words"),
    [
        (check_pattern, "x" * 101, "at most 100 characters"),
        (check_pattern, "a*b*c", "at most one *"),
        (check_pattern, "ab", "at least 3 characters"),
        (check_pattern, "??? *", "at least 3 characters"),
        (check_pattern, "", "at least 3 characters"),
        (check_safe_name, "x" * 101, "at most 100 characters"),
        (check_safe_name, "user_*", "Names are no patterns"),
        (check_extra_name, "pi?", "Names are no patterns"),
        (check_extra_name, "a", "at least 2 letters or digits"),
        (check_extra_name, "_-", "at least 2 letters or digits"),
        (check_filter, "x" * 251, "at most 250 characters"),
        (check_filter, "*", "events of all kinds"),
        (check_filter, "? *", "events of all kinds"),
    ],
)
def test_what_will_not_do(check: Callable[[str], None], text: str, words: str) -> None:
    with pytest.raises(PatternError) as caught:
        check(text)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (check_pattern, "EMP-######"),
        (check_pattern, "sk_live_*"),
        (check_safe_name, "a"),
        (check_extra_name, "ид"),
        (check_filter, "KeyError: *id*"),
    ],
)
def test_what_will_do(check: Callable[[str], None], text: str) -> None:
    assert mistakes(text, check, 1) == []


def test_mistakes_name_the_line_as_it_was_typed() -> None:
    text = f"EMP-######\r\n\r\n *\r\nsk_*\r\n{'a' * 101}"
    assert mistakes(text, check_pattern, 20) == [
        "Line 3, “*”: A pattern needs at least 3 characters that are no blanks, * or ?.",
        f"Line 5, “{'a' * 40}…”: A pattern has at most 100 characters.",
    ]


def test_too_many_lines_are_one_mistake() -> None:
    assert mistakes("*\n" * 3, check_filter, 2) == ["2 lines at most; these are 3."]
    assert mistakes("\n\na\n\nb\n", check_filter, 2) == []


def test_lines_are_those_that_hold_something() -> None:
    assert lines(" a \r\n\r\n\tb\n") == ("a", "b")
