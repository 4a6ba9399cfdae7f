import pytest

from projects.patterns import MAX_PATTERNS
from tests.issues.scrub.conftest import extra


@pytest.mark.parametrize(
    ("pattern", "text", "left"),
    [
        ("EMP-######", "by EMP-004711 today, EMP-47", "by [Filtered] today, EMP-47"),
        ("sk_live_*", "key sk_live_aB3-x, ok", "key [Filtered] ok"),
        ("no. ##?##", "no. 12/34", "[Filtered]"),
        ("###.###", "a 123.456", "a [Filtered]"),
        ("(a+)+$", "(a+)+$ aaa", "[Filtered] aaa"),
    ],
)
def test_own_patterns(pattern: str, text: str, left: str) -> None:
    assert extra({"t": text}, patterns=(pattern,))["t"] == left


def test_a_bad_pattern_does_not_stop_the_others() -> None:
    many = ("*", *(f"own-{n:02}" for n in range(MAX_PATTERNS + 5)))
    assert extra("own-00 own-19 own-20", patterns=many) == "[Filtered] [Filtered] own-20"
