"""What two settings of grouping differ in, line by line, for people. Pure.

differences({"stack_rules": "a -app"}, {"stack_rules": "a -app\\nb -app"})
-> (Difference("Stack-trace rules", (Line(" ", "a -app"), Line("+", "b -app"))),)
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from issues.grouping.configs import ALL_FRAMES

CONTEXT = 2  # lines that stay, beside those that do not


class Line(NamedTuple):
    """sign: - taken away, + added, blank for what stays, … where lines that stay are left out."""

    sign: str
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    name: str
    lines: tuple[Line, ...]


def _depth(value: int) -> str:
    if value == ALL_FRAMES:
        return "All application frames"
    return "The frame nearest the crash" if value == 1 else f"{value} named frames"


def _limit(value: int) -> str:
    return str(value) if value else "No limit"


_WORDS: Mapping[str, tuple[str, Callable[[Any], str]]] = {
    "fingerprint_rules": ("Fingerprint rules", str),
    "stack_rules": ("Stack-trace rules", str),
    "place_depth": ("Place", _depth),
    "generic_types": ("Types that say nothing", str),
    "max_texts": ("Issues of one place in 7 days", _limit),
}


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Both as issues.options.described."""
    return tuple(
        Difference(name, tuple(_lines(words(before[key]), words(after[key]))))
        for key, (name, words) in _WORDS.items()
        if key in before and key in after and before[key] != after[key]
    )


def _lines(before: str, after: str) -> Iterator[Line]:
    old, new = before.splitlines(), after.splitlines()
    end = 0
    for group in SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(CONTEXT):
        if group[0][1] > end:
            yield Line("…", "")
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                yield from (Line(" ", text) for text in old[i1:i2])
            else:
                yield from (Line("-", text) for text in old[i1:i2])
                yield from (Line("+", text) for text in new[j1:j2])
            end = i2
    if end < len(old):
        yield Line("…", "")
