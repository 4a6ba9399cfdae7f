"""What the source says in its own words: string literals around the line that raised. Pure."""

import re
from functools import lru_cache
from typing import Any

from .stack import Stack

_AROUND = 3  # lines before and after
_MAX_LINE = 300

_LITERAL = re.compile(
    r"""(?<!\w)[A-Za-z]{0,2}(?:"((?:[^"\\]|\\.){1,300}+)"|'((?:[^'\\]|\\.){1,300}+)'|`((?:[^`\\]|\\.){1,300}+)`)"""
    r'''|"((?:[^"\\]|\\.){1,300}+)"'''
)
_HOLES = re.compile(
    r"[$#]?\{[^{}]*\}|%\(\w{1,60}\)[-#0 +.\d]{0,8}[a-zA-Z]|%[-#0 +.\d]{0,8}[a-zA-Z]|\$\w+"
)
_WORD = re.compile(r"[^\W\d_]+(?:['’_-][^\W\d_]+)*")
_PLACEHOLDER = re.compile(r"<[a-z*]+>")
_RUN = re.compile(r"<\*>(?:[\s,;]*<\*>)+")


def literal_lines(stack: Stack) -> list[str]:
    """The crash frame's context line and its neighbours; [] if it is not application code."""
    line = stack.context(stack.crash)
    if not line or not stack.raised_by_app:
        return []
    frame = stack.frames[stack.crash]
    return [
        *_lines(frame.get("pre_context"), slice(-_AROUND, None)),
        line,
        *_lines(frame.get("post_context"), slice(_AROUND)),
    ]


def _lines(value: Any, near: slice) -> list[str]:
    if not isinstance(value, list):
        return []
    return [line for line in value[near] if isinstance(line, str)]


def align(text: str, lines: list[str]) -> str:
    """Replace by <*> what a parameterised text does not share with the literals of these lines.

    If less than a third of its words occur there, the literals are about something else: the text
    stays as it is.
    """
    told = [
        line
        for line in lines
        if len(line) <= _MAX_LINE and ('"' in line or "'" in line or "`" in line)
    ]
    return _aligned(text, tuple(told)) if told else text


# The same line raises the same text again and again.
@lru_cache(maxsize=2048)
def _aligned(text: str, told: tuple[str, ...]) -> str:
    known = frozenset().union(*map(_literal_words, told))
    if not known:
        return text
    tokens = text.split()
    words = shared = 0
    result: list[str] = []
    for token in tokens:
        if _PLACEHOLDER.search(token):
            result.append("<*>")
            continue
        own = _WORD.findall(token)
        if not own:
            result.append(token)
            continue
        words += 1
        if all(word.lower() in known for word in own):
            shared += 1
            result.append(token)
        else:
            result.append("<*>")
    if not shared or shared * 3 < words:
        return text
    return _RUN.sub("<*>", " ".join(result))


@lru_cache(maxsize=4096)
def _literal_words(line: str) -> frozenset[str]:
    """The words inside the string literals of one line, in lower case."""
    known: set[str] = set()
    for match in _LITERAL.finditer(line):
        literal = next(group for group in match.groups() if group is not None)
        if "{" in literal or "%" in literal or "$" in literal:
            literal = _HOLES.sub(" ", literal)
        known.update(word.lower() for word in _WORD.findall(literal))
    return frozenset(known)
