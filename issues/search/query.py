"""The text in the search field -> what is looked for. Pure.

    timeout "connection reset" is:regressed (level:error OR level:fatal) !browser:"Firefox 13*" timesSeen:>100

Terms are words, texts in quotes, and `key:value`; all must hold. `!` turns a term round, `OR` asks for one of two,
brackets bind, `key:[a, b]` asks for any of them. Source: the REST contract, section 8.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from issues.search import keys
from issues.search.keys import IS_TABS, Tab
from issues.search.values import Value, value_of

__all__ = ["Filter", "Group", "Mistake", "Query", "Tab", "Term", "parse", "term", "without_tab"]

MAX_TERMS = 20
MAX_CHARACTERS = 1000
MAX_DEPTH = 8

_KEY = re.compile(r"(?:(tags)\[([\w.:\-]{1,200})\]|([A-Za-z_][\w.\-]{0,199})):(?=\S)(?!//)")
_OPERATOR = re.compile(r">=|<=|>|<")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)("?)')
_PLAIN = re.compile(r'[^\s"]+')
_LISTED = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^,\]"]+))\s*(,|\])')


@dataclass(frozen=True, slots=True)
class Term:
    """key: as in keys.KEYS, or a tag's; "" for text. values: any of them. start, end: where it stands in the text."""

    key: str
    values: tuple[Value, ...]
    negated: bool = False
    operator: str = ""
    is_tag: bool = False
    start: int = 0
    end: int = 0

    @property
    def text(self) -> str:
        return self.values[0].text


@dataclass(frozen=True, slots=True)
class Group:
    """any: one of the parts is enough, else all must hold."""

    parts: tuple["Term | Group", ...] = ()
    any: bool = False


Node = Term | Group


@dataclass(frozen=True, slots=True)
class Mistake:
    """start, end: where in the text."""

    start: int
    end: int
    message: str


@dataclass(frozen=True, slots=True)
class Filter:
    key: str
    value: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """text: as typed, blanks made one. tab: what a plain `is:` says, which is then no term of root."""

    text: str
    root: Group = Group()
    tab: Tab | None = None
    mistakes: tuple[Mistake, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.root.parts)

    @property
    def terms(self) -> tuple[Term, ...]:
        return tuple(_terms(self.root))

    @property
    def words(self) -> tuple[str, ...]:
        """The texts that must occur, in small letters."""
        return tuple(t.text.lower() for t in self.terms if not t.key and not t.negated)

    @property
    def filters(self) -> tuple[Filter, ...]:
        return tuple(Filter(t.key, t.text, t.negated) for t in self.terms if t.key)

    @property
    def tag_keys(self) -> tuple[str, ...]:
        """What was read as a tag because nothing else has that name."""
        return tuple(t.key for t in self.terms if t.key and keys.is_unknown(t.key))

    @property
    def caret(self) -> str:
        """To be set below the text: a mark under each mistake."""
        marks = [" "] * (len(self.text) + 1)
        for mistake in self.mistakes:
            for at in range(mistake.start, max(mistake.end, mistake.start + 1)):
                marks[min(at, len(self.text))] = "^"
        return "".join(marks).rstrip()

    @property
    def errors(self) -> tuple[str, ...]:
        """The mistakes in sentences, each with its place."""
        return tuple(f"At character {m.start + 1}: {m.message}" for m in self.mistakes)


class _Wrong(Exception):
    def __init__(self, start: int, end: int, message: str) -> None:
        super().__init__(message)
        self.mistake = Mistake(start, end, message)


def parse(text: str) -> Query:
    # PostgreSQL takes no NUL in a text.
    text = " ".join(text[:MAX_CHARACTERS].replace("\0", " ").split())
    reader = _Reader(text)
    root = reader.group(0)
    query = Query(text, root, None, tuple(reader.mistakes))
    return _with_tab(query)


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.terms = 0
        self.mistakes: list[Mistake] = []

    def group(self, depth: int, opened: int = 0) -> Group:
        """Up to the end, or to the bracket that closes."""
        either: list[Group] = []
        parts: list[Node] = []
        while self._next():
            if depth and self._is(")"):
                self.at += 1
                return self._joined(either, parts)
            if word := self._operator():
                if not parts:
                    self._wrong(self.at - len(word), self.at, f"{word} stands between two terms.")
                elif word == "OR":
                    either.append(Group(tuple(parts)))
                    parts = []
                continue
            if self._opens() and depth < MAX_DEPTH:
                start = self.at
                negated = self.text[self.at] == "!"
                self.at += 2 if negated else 1
                if negated:
                    self._wrong(start, start + 1, "! turns one term round, not a bracket.")
                parts.append(self.group(depth + 1, start))
                continue
            if found := self._term(depth):
                parts.append(found)
        if depth:
            self._wrong(opened, opened + 1, "This bracket is not closed.")
        if either and not parts:
            self._wrong(len(self.text), len(self.text), "OR stands between two terms.")
        return self._joined(either, parts)

    @staticmethod
    def _joined(either: list[Group], parts: list[Node]) -> Group:
        if not either:
            return Group(tuple(parts))
        return Group((*either, *([Group(tuple(parts))] if parts else [])), any=True)

    def _next(self) -> bool:
        while self.at < len(self.text) and self.text[self.at] == " ":
            self.at += 1
        return self.at < len(self.text)

    def _is(self, what: str) -> bool:
        return self.text.startswith(what, self.at)

    def _opens(self) -> bool:
        """A bracket before a term; one inside a word, as of `total()`, is text."""
        rest = self.text[self.at : self.at + 3].removeprefix("!")
        return rest.startswith("(") and not rest.startswith("()")

    def _operator(self) -> str:
        match = re.compile(r"(AND|OR)(?= |\)|$)").match(self.text, self.at)
        if match is None:
            return ""
        self.at = match.end()
        return match[1]

    def _wrong(self, start: int, end: int, message: str) -> None:
        self.mistakes.append(Mistake(start, end, message))

    def _term(self, depth: int) -> Term | None:
        start = self.at
        self.terms += 1
        if self.terms > MAX_TERMS:
            self._wrong(start, len(self.text), f"A search has up to {MAX_TERMS} terms.")
            self.at = len(self.text)
            return None
        try:
            found = self._read(start, depth)
            return keys.checked(found) if found and found.key else found
        except _Wrong as wrong:
            self.mistakes.append(wrong.mistake)
        except ValueError as error:
            self._wrong(start, self.at, str(error))
        return None

    def _read(self, start: int, depth: int) -> Term | None:
        negated = self._is("!") and not self._is("! ") and self.at + 1 < len(self.text)
        self.at += negated
        match = _KEY.match(self.text, self.at)
        if match is None:
            value = self._value(depth)
            if not value.text:
                return None
            return Term("", (value,), negated, start=start, end=self.at)
        self.at = match.end()
        forced = match[1] is not None
        key = match[2] if forced else keys.canonical(match[3])
        operator = ""
        if not forced and keys.compares(key) and (sign := _OPERATOR.match(self.text, self.at)):
            operator = sign[0]
            self.at = sign.end()
        is_list = self._is("[") and not operator and not forced
        values = self._listed(start) if is_list else (self._value(depth),)
        return Term(key, values, negated, operator, forced, start, self.at)

    def _value(self, depth: int) -> Value:
        if self._is('"') and (match := _QUOTED.match(self.text, self.at)):
            self.at = match.end()
            return value_of(match[1])
        match = _PLAIN.match(self.text, self.at)
        if match is None:
            return value_of("")
        word = match[0]
        # In a bracket, what closes it is no part of the word; `total()` keeps its own.
        while depth and word.endswith(")") and word.count(")") > word.count("("):
            word = word[:-1]
        self.at += len(word)
        return value_of(word)

    def _listed(self, start: int) -> tuple[Value, ...]:
        self.at += 1
        values = []
        while match := _LISTED.match(self.text, self.at):
            self.at = match.end()
            inner = match[1] if match[1] is not None else match[2].strip()
            if inner:
                value = value_of(inner)
                if value.is_pattern:
                    raise _Wrong(start, self.at, "A list takes no wildcards.")
                values.append(value)
            if match[3] == "]":
                break
        else:
            self.at = len(self.text)
            raise _Wrong(start, self.at, "A list is written [one, two].")
        if not values or len(values) > MAX_TERMS:
            raise _Wrong(start, self.at, f"A list has 1 to {MAX_TERMS} values.")
        return tuple(values)


def _terms(node: Node) -> Iterator[Term]:
    if isinstance(node, Term):
        yield node
        return
    for part in node.parts:
        yield from _terms(part)


def _chooses_tab(node: Node) -> bool:
    return (
        isinstance(node, Term)
        and node.key == "is"
        and not node.negated
        and node.text.lower() in IS_TABS
    )


def _with_tab(query: Query) -> Query:
    if query.root.any:
        return query
    chosen = [part for part in query.root.parts if _chooses_tab(part)]
    if not chosen:
        return query
    last = chosen[-1]
    assert isinstance(last, Term)
    rest = tuple(part for part in query.root.parts if part not in chosen)
    return replace(query, root=Group(rest), tab=IS_TABS[last.text.lower()])


def term(key: str, value: str) -> str:
    """How a tag is asked for; quoted where it must be."""
    if keys.means_more(key):
        key = f"tags[{key}]"
    if re.search(r"""[\s"\\*()\[\]]""", value) or value.startswith(("/", "<", ">")) or not value:
        for special in '\\"*':
            value = value.replace(special, "\\" + special)
        value = f'"{value}"'
    return f"{key}:{value}"


def without_tab(query: Query) -> str:
    """The text without the `is:` that chose a tab: so that another tab can be chosen beside it."""
    if query.tab is None:
        return query.text
    pattern = r"(?<!\S)is:\"?(?:" + "|".join(IS_TABS) + r")\"?(?!\S)"
    return " ".join(re.sub(pattern, "", query.text, flags=re.IGNORECASE).split())
