"""A project's own patterns: text with `#` for a digit, `?` for any character, and one `*`. Pure.

    EMP-######      sk_live_*      customer no. ########

A language this small cannot be made slow: every place of a text is tried with a bounded number of steps.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from issues.scrub.values import Span
from projects.patterns import MAX_PATTERNS, PatternError, check_pattern

_STAR = r"[^\s\"'<>]{0,64}"
_WILD = re.compile(r"[#?*]")


class Pattern(NamedTuple):
    """literal: a text that every match contains, "" if there is none."""

    literal: str
    expression: re.Pattern[str]

    def spans(self, text: str) -> Iterator[Span]:
        for match in self.expression.finditer(text):
            yield Span(match.start(), match.end(), "@own")


def compile_pattern(text: str) -> Pattern:
    """Raises PatternError."""
    check_pattern(text)
    parts = {"#": r"\d", "?": ".", "*": _STAR}
    expression = "".join(parts.get(each) or re.escape(each) for each in text)
    literal = max(_WILD.split(text), key=len)
    return Pattern(literal, re.compile(expression))


def compile_patterns(texts: Iterable[str]) -> tuple[Pattern, ...]:
    """The first MAX_PATTERNS that are valid: what a form has let through is; the rest must not stop the digest."""
    found: list[Pattern] = []
    for text in texts:
        try:
            found.append(compile_pattern(text))
        except PatternError:
            continue
    return tuple(found[:MAX_PATTERNS])
