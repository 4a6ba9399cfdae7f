"""The source code of a frame as numbered lines. Pure."""

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from issues import highlight
from issues.text import clean, sequence

MAX_CONTEXT = 40  # lines around the failing one
COLOURED_LINES = 150  # of one page

_WORD = re.compile(r"[\w$]+")


class Part(NamedTuple):
    kind: str  # as in highlight.Token
    text: str
    is_column: bool = False


@dataclass(frozen=True, slots=True)
class CodeLine:
    number: int | None
    parts: tuple[Part, ...]
    is_failing: bool


class Colours:
    """Gives the first lines of a page their colours: a lexer takes a quarter of a millisecond a line."""

    def __init__(self, platform: str) -> None:
        self.platform = platform
        self.lines_left = COLOURED_LINES

    def language(self, path: str, lines: int, *, is_open: bool) -> str:
        """What is folded away stays plain."""
        if not is_open:
            return ""
        self.lines_left -= lines
        return highlight.language(path, self.platform) if self.lines_left > 0 else ""


def code_lines(
    frame: Mapping[str, Any],
    colours: Colours,
    path: str,
    number: int | None,
    column: int | None,
    *,
    is_open: bool,
) -> tuple[CodeLine, ...]:
    """The lines around the failing one; none if the SDK sent none."""
    failing = frame.get("context_line")
    if not isinstance(failing, str):
        return ()
    before = [_source(text) for text in sequence(frame.get("pre_context"))[-MAX_CONTEXT:]]
    after = [_source(text) for text in sequence(frame.get("post_context"))[:MAX_CONTEXT]]
    lines = [*before, _source(failing), *after]
    coloured = highlight.highlight(lines, colours.language(path, len(lines), is_open=is_open))
    rows = []
    for index, tokens in enumerate(coloured):
        offset = index - len(before)
        parts = tuple(Part(token.kind, token.text) for token in tokens)
        rows.append(
            CodeLine(
                number=number + offset if number is not None and number + offset > 0 else None,
                parts=_marked(parts, column) if offset == 0 else parts,
                is_failing=offset == 0,
            )
        )
    return tuple(rows)


def _source(text: Any) -> str:
    return clean(text, 1000).replace("\n", " ") if isinstance(text, str) else ""


def _marked(parts: tuple[Part, ...], column: int | None) -> tuple[Part, ...]:
    """Sets the word at the column apart. column: counted from 1, as browsers do."""
    if column is None:
        return parts
    text = "".join(part.text for part in parts)
    word = _WORD.match(text, column - 1) if 0 < column <= len(text) else None
    if word is None:
        return parts
    marked: list[Part] = []
    at = 0
    for part in parts:
        cuts = sorted(
            {0, len(part.text)} | {cut - at for cut in word.span() if 0 < cut - at < len(part.text)}
        )
        for start, end in itertools.pairwise(cuts):
            inside = word.start() <= at + start < word.end()
            marked.append(Part(part.kind, part.text[start:end], inside))
        at += len(part.text)
    return tuple(marked)
