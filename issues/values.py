"""Variables, contexts and bodies as text with a few colours: one line, and a folded longer form. Pure.

Values nest as deep as their sender liked; depth, breadth and length are bounded here.
"""

import json
import re
from typing import Any, NamedTuple

from issues.text import clean, spell

MAX_DEPTH = 10
MAX_ITEMS = 100  # of one list or object
MAX_CHARACTERS = 20_000  # of one value
LINE_CHARACTERS = 110

_NUMBER = re.compile(r"[-+]?\d[\d_]*(?:\.\d+)?(?:e[-+]?\d+)?", re.IGNORECASE)
_WORDS = frozenset({"None", "True", "False", "null", "true", "false", "undefined", "nil"})
_QUOTED = re.compile(r"""(?:[bru]{0,2})?(['"]).*\1""", re.DOTALL)


class Piece(NamedTuple):
    """kind: "" plain, k keyword, s string, m number, f name."""

    kind: str
    text: str


class Pretty(NamedTuple):
    """full is empty where the line says it all."""

    line: tuple[Piece, ...]
    full: tuple[Piece, ...]


class _Writer:
    """Collects pieces up to a number of characters. indent None: all on one line."""

    def __init__(self, limit: int, *, reprs: bool, indented: bool) -> None:
        self.pieces: list[Piece] = []
        self.left = limit
        self.reprs = reprs
        self.indented = indented

    def put(self, kind: str, text: str) -> None:
        if self.left <= 0:
            return
        if len(text) > self.left:
            text = text[: self.left] + "…"
        self.left -= len(text)
        self.pieces.append(Piece(kind, text))

    def write(self, value: Any, depth: int = 0) -> None:
        if isinstance(value, dict):
            self._group("{", "}", list(value.items())[: MAX_ITEMS + 1], len(value), depth, True)
        elif isinstance(value, list):
            pairs = [("", item) for item in value[: MAX_ITEMS + 1]]
            self._group("[", "]", pairs, len(value), depth, False)
        else:
            self.put(*leaf(value, reprs=self.reprs))

    def _group(
        self, opening: str, closing: str, pairs: list[Any], size: int, depth: int, keyed: bool
    ) -> None:
        if not pairs:
            self.put("", opening + closing)
            return
        if depth >= MAX_DEPTH:
            self.put("", f"{opening}…{closing}")
            return
        self.put("", opening)
        for index, (key, item) in enumerate(pairs[:MAX_ITEMS]):
            if self.left <= 0:
                return
            if self.indented:
                self.put("", "\n" + "  " * (depth + 1))
            elif index:
                self.put("", " ")
            if keyed:
                name = clean(key, 200)
                self.put("f", name if self.reprs else json.dumps(name, ensure_ascii=False))
                self.put("", ": ")
            self.write(item, depth + 1)
            if index + 1 < size:
                self.put("", ",")
        if size > MAX_ITEMS:
            self.put("", f" … {size - MAX_ITEMS} more")
        self.put("", ("\n" + "  " * depth if self.indented else "") + closing)


def leaf(value: Any, *, reprs: bool) -> Piece:
    """A scalar. With reprs a string is what the sender's language prints for a value: it has its own quotes."""
    if isinstance(value, str):
        text = clean(value, MAX_CHARACTERS)
        return _told(text) if reprs else Piece("s", json.dumps(text, ensure_ascii=False))
    if value is None or isinstance(value, bool):
        return Piece("k", spell(value))
    return Piece("m", clean(value, 400))


def _told(text: str) -> Piece:
    if text in _WORDS:
        return Piece("k", text)
    if len(text) < 60 and _NUMBER.fullmatch(text):
        return Piece("m", text)
    if text[:4].lstrip("bruBRU")[:1] in ("'", '"') and _QUOTED.fullmatch(text):
        return Piece("s", text)
    return Piece("", text)


def pretty(value: Any, *, reprs: bool = False, bare: bool = False) -> Pretty:
    """bare: a string by itself is shown as it is, without quotes and colour."""
    if bare and isinstance(value, str):
        text = clean(value, MAX_CHARACTERS)
        return _folded(Piece("", text), text)
    if not isinstance(value, (dict, list)):
        piece = leaf(value, reprs=reprs)
        return _folded(piece, piece.text)
    writer = _Writer(LINE_CHARACTERS, reprs=reprs, indented=False)
    writer.write(value)
    if writer.left > 0:
        return Pretty(tuple(writer.pieces), ())
    full = _Writer(MAX_CHARACTERS, reprs=reprs, indented=True)
    full.write(value)
    return Pretty(tuple(writer.pieces), tuple(full.pieces))


def _folded(piece: Piece, text: str) -> Pretty:
    first, newline, _ = text.partition("\n")
    if not newline and len(text) <= 4 * LINE_CHARACTERS:
        return Pretty((piece,), ())
    short = first[: 2 * LINE_CHARACTERS]
    return Pretty((Piece(piece.kind, short + " …"),), (piece,))


def block(value: Any) -> tuple[Piece, ...]:
    """A request body: indented JSON, or the text as it is."""
    if isinstance(value, str):
        return (Piece("", clean(value, MAX_CHARACTERS)),)
    writer = _Writer(MAX_CHARACTERS, reprs=False, indented=True)
    writer.write(value)
    return tuple(writer.pieces)
