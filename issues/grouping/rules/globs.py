"""Patterns with wildcards, matched in linear time whatever pattern and text are. Pure.

`*` is any text, `?` any one character. In paths `*` and `?` stay within a segment, `**` goes across;
`\\` equals `/`, and small and capital letters are equal.
"""

import re
from functools import lru_cache

MAX_PATTERN = 250
_MAX_REMEMBERED = 512  # characters of a text whose result is worth remembering

_STARS = re.compile(r"\*+")


class Glob:
    """One pattern. It must match the whole text. Equal patterns need not be equal objects."""

    __slots__ = ("_fold", "_is_path", "_machine", "_pieces")

    def __init__(self, pattern: str, *, is_path: bool = False, ignore_case: bool = False) -> None:
        self._is_path = is_path
        self._fold = ignore_case or is_path
        if self._fold:
            pattern = pattern.lower()
        if is_path:
            pattern = pattern.replace("\\", "/")
        stars = _STARS.findall(pattern)
        plain = "?" not in pattern and not (is_path and "*" in stars)
        # Fixed texts with anything between them: found one after the other.
        self._pieces = tuple(_STARS.split(pattern)) if plain else None
        self._machine = None if plain else _Machine(pattern, is_path)

    def matches(self, text: str) -> bool:
        return _remembered(self, text) if len(text) <= _MAX_REMEMBERED else self._matches(text)

    def _matches(self, text: str) -> bool:
        if self._fold:
            text = text.lower()
        if self._is_path:
            text = text.replace("\\", "/")
        if self._machine is not None:
            return self._machine.accepts(text)
        pieces = self._pieces
        assert pieces is not None
        if len(pieces) == 1:
            return text == pieces[0]
        first, last = pieces[0], pieces[-1]
        at, end = len(first), len(text) - len(last)
        if end < at or not text.startswith(first) or not text.endswith(last):
            return False
        for piece in pieces[1:-1]:
            found = text.find(piece, at, end)
            if found < 0:
                return False
            at = found + len(piece)
        return True


@lru_cache(maxsize=16384)
def _remembered(glob: Glob, text: str) -> bool:
    return glob._matches(text)


class _Machine:
    """All ways through a pattern at once: bit n of a number says that n characters of it are matched.

    One step per character of the text, on numbers of at most MAX_PATTERN bits: there is no backtracking.
    """

    __slots__ = ("_across", "_final", "_others", "_others_slash", "_steps", "_within")

    def __init__(self, pattern: str, is_path: bool) -> None:
        steps: dict[str, int] = {}
        any_one = length = self._within = self._across = 0
        at = 0
        while at < len(pattern):
            bit = 1 << length
            stars = _STARS.match(pattern, at)
            if stars:
                if is_path and stars.end() - at == 1:
                    self._within |= bit
                else:
                    self._across |= bit
                at = stars.end()
                continue
            if pattern[at] == "?":
                any_one |= bit
            else:
                steps[pattern[at]] = steps.get(pattern[at], 0) | bit
            length += 1
            at += 1
        self._final = 1 << length
        self._others = any_one
        self._others_slash = 0 if is_path else any_one
        self._steps = {
            character: bits | (self._others_slash if character == "/" else any_one)
            for character, bits in steps.items()
        }
        self._within |= self._across
        if not is_path:
            self._across = self._within

    def accepts(self, text: str) -> bool:
        state = 1
        steps, others, within = self._steps.get, self._others, self._within
        for character in text:
            if character == "/":
                state = (state & steps("/", self._others_slash)) << 1 | state & self._across
            else:
                state = (state & steps(character, others)) << 1 | state & within
            if not state:
                return False
        return bool(state & self._final)
