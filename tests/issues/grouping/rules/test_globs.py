"""Patterns with wildcards: what they match, and that nothing makes them slow."""

import re
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issues.grouping.rules.globs import MAX_PATTERN, Glob


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("KeyError", "KeyError", True),
        ("KeyError", "keyerror", False),
        ("KeyError", "MyKeyError", False),
        ("*Error", "KeyError", True),
        ("Key*", "KeyError", True),
        ("*y*", "KeyError", True),
        ("a*a", "a", False),
        ("a*a", "aa", True),
        ("*ab*ab*", "xabyab", True),
        ("*ab*ab*", "xaby", False),
        ("K?yError", "KeyError", True),
        ("K?yError", "KyError", False),
        ("?*", "", False),
        ("a?*c?", "axxxcy", True),
        ("*", "line\nline", True),
        ("a.c", "abc", False),
        ("[a]", "a", False),
    ],
)
def test_texts(pattern: str, text: str, found: bool) -> None:
    assert Glob(pattern).matches(text) is found


@pytest.mark.parametrize(
    ("pattern", "path", "found"),
    [
        ("**/legacy/**", "/srv/legacy/cart.py", True),
        ("**/legacy/**", r"C:\srv\Legacy\cart.py", True),
        ("**/legacy/**", "/srv/not-legacy/cart.py", False),
        ("/srv/*/cart.py", "/srv/shop/cart.py", True),
        ("/srv/*/cart.py", "/srv/shop/old/cart.py", False),
        ("/srv/**/cart.py", "/srv/shop/old/cart.py", True),
        ("**/test_*.py", "/srv/a/test_cart.py", True),
        ("**/test_*.py", "/srv/test_a/cart.py", False),
        ("/srv/?.py", "/srv//.py", False),
        ("SHOP/CART.py", "shop/cart.py", True),
    ],
)
def test_paths(pattern: str, path: str, found: bool) -> None:
    assert Glob(pattern, is_path=True).matches(path) is found


def test_capitals_may_be_ignored() -> None:
    assert Glob("*REDIS*", ignore_case=True).matches("no Redis here")


@given(st.text("ab/*?", max_size=8), st.text("ab/", max_size=8), st.booleans())
def test_a_pattern_means_what_its_expression_means(pattern: str, text: str, is_path: bool) -> None:
    within = "[^/]" if is_path else "(?s:.)"
    parts = re.findall(r"\*+|.", pattern)
    expression = "".join(
        within + "*"
        if part == "*"
        else "(?s:.)*"
        if part[0] == "*"
        else within
        if part == "?"
        else re.escape(part)
        for part in parts
    )
    expected = re.fullmatch(expression, text) is not None
    assert Glob(pattern, is_path=is_path).matches(text) is expected


def fastest(action: Callable[[], object]) -> float:
    times = []
    for _ in range(5):
        start = time.thread_time()
        action()
        times.append(time.thread_time() - start)
    return min(times)


@pytest.mark.parametrize("is_path", [False, True])
@pytest.mark.parametrize(
    "pattern", ["*a" * 120 + "b", "*?a" * 80 + "b", "a*" * 120 + "b", "**a*b" * 50, "*" * MAX_PATTERN]
)  # fmt: skip
@pytest.mark.parametrize("unit", ["a", "ab", "a/", "/"])
def test_hostile_patterns_and_texts_cost_what_their_length_says(
    pattern: str, unit: str, is_path: bool
) -> None:
    glob = Glob(pattern, is_path=is_path)
    short, long = unit * (10_000 // len(unit)), unit * (100_000 // len(unit))
    assert fastest(lambda: glob.matches(long)) < fastest(lambda: glob.matches(short)) * 30 + 0.002
