"""The shape that fingerprint rules and stack-trace rules share: lines, words, quotes, comments. Pure.

    error.type:ConnectionError message:"*redis*" -> redis-down, {{ transaction }}     # a comment

Columns count from 1, as editors do.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

MAX_TEXT = 20_000  # characters of one list of rules
MAX_LINE = 1_000
MAX_RULES = 100

_BLANKS = " \t\u00a0"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a rule, where, and what to do about it."""

    line: int
    column: int
    words: str

    def __str__(self) -> str:
        return f"Line {self.line}, column {self.column}: {self.words}"


class RuleError(ValueError):
    """The rest of a line cannot be understood from this column on."""

    def __init__(self, column: int, words: str) -> None:
        super().__init__(words)
        self.column = column
        self.words = words


class Reader:
    """One line, read from left to right."""

    __slots__ = ("_at", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._at = 0

    @property
    def column(self) -> int:
        return self._at + 1

    def skip(self, separators: str = "") -> None:
        """Over blanks, and over these characters."""
        wanted = _BLANKS + separators
        while self._at < len(self.text) and self.text[self._at] in wanted:
            self._at += 1

    def at_end(self) -> bool:
        """Nothing follows but a comment."""
        return self._at >= len(self.text) or self.text[self._at] == "#"

    def sees(self, text: str) -> bool:
        return self.text.startswith(text, self._at)

    def take(self, text: str) -> bool:
        """Read past this text if it is next."""
        if not self.sees(text):
            return False
        self._at += len(text)
        return True

    def until(self, stops: str) -> str:
        """Up to a blank or one of these characters; `{{ … }}` is read as one."""
        start = self._at
        while self._at < len(self.text) and self.text[self._at] not in _BLANKS + stops:
            if self.sees("{{"):
                end = self.text.find("}}", self._at)
                if end < 0:
                    raise RuleError(self.column, "Close the variable with }}.")
                self._at = end + 2
            else:
                self._at += 1
        return self.text[start : self._at]

    def value(self, stops: str = "") -> str:
        """A word, or a text in double quotes in which \\" stands for a quote."""
        if not self.sees('"'):
            return self.until(stops)
        opened = self.column
        self._at += 1
        text: list[str] = []
        while self._at < len(self.text):
            character = self.text[self._at]
            self._at += 1
            if character == '"':
                if not self.at_end() and self.text[self._at] not in _BLANKS + ",":
                    raise RuleError(self.column, "Put a blank after the closing quote.")
                return "".join(text)
            if character == "\\" and self.text[self._at : self._at + 1] in ('"', "\\"):
                character = self.text[self._at]
                self._at += 1
            text.append(character)
        raise RuleError(opened, 'Close the text that begins here with ".')


def quoted(text: str) -> str:
    """As a value in a rule: in quotes where it would be read as something else without them."""
    plain = text and not any(c in _BLANKS + '",#{}\\' for c in text) and not text.startswith("->")
    if plain:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def read_rules(
    text: str, parse: Callable[[Reader, int], T]
) -> tuple[tuple[T, ...], tuple[Mistake, ...]]:
    """(the rules, what is wrong with the others). parse(line, its number) raises RuleError.

    A line that will not do is left out, so that rules which were stored once never fail later.
    """
    if len(text) > MAX_TEXT:
        words = f"These are {len(text):,} characters; {MAX_TEXT:,} are the most."
        return (), (Mistake(1, 1, words),)
    rules: list[T] = []
    mistakes: list[Mistake] = []
    for number, line in _lines(text):
        if len(rules) == MAX_RULES:
            words = f"There are {MAX_RULES} rules already: that is the most."
            mistakes.append(Mistake(number, 1, words))
            break
        try:
            if len(line) > MAX_LINE:
                raise RuleError(MAX_LINE + 1, f"A line has at most {MAX_LINE:,} characters.")
            rules.append(parse(Reader(line), number))
        except RuleError as error:
            mistakes.append(Mistake(number, error.column, error.words))
    return tuple(rules), tuple(mistakes)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            yield number, line
