"""Lines of source code -> tokens with the five colours of the style sheet. Pure, but for what Pygments loads."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Token as Kinds
from pygments.util import ClassNotFound

# A lexer is a set of regular expressions over a stranger's text: short lines only, and not many.
MAX_LINE = 400
MAX_CHARACTERS = 12_000

_BY_EXTENSION = {
    "py": "python", "pyi": "python", "pyx": "cython", "html": "html+django", "sql": "sql",
    "js": "javascript", "mjs": "javascript", "cjs": "javascript", "jsx": "jsx",
    "ts": "typescript", "mts": "typescript", "tsx": "tsx", "vue": "javascript",
    "svelte": "javascript", "php": "php", "rb": "ruby", "erb": "ruby", "go": "go",
    "rs": "rust", "java": "java", "kt": "kotlin", "kts": "kotlin", "scala": "scala",
    "cs": "csharp", "fs": "fsharp", "swift": "swift", "m": "objective-c", "mm": "objective-c",
    "c": "c", "h": "c", "cc": "cpp", "cpp": "cpp", "hpp": "cpp", "dart": "dart",
    "ex": "elixir", "exs": "elixir", "erl": "erlang", "lua": "lua", "pl": "perl", "pm": "perl",
    "clj": "clojure", "groovy": "groovy", "sh": "bash", "ps1": "powershell",
}  # fmt: skip
_BY_PLATFORM = {
    "python": "python", "javascript": "javascript", "node": "javascript", "php": "php",
    "ruby": "ruby", "go": "go", "rust": "rust", "java": "java", "kotlin": "kotlin",
    "csharp": "csharp", "cocoa": "swift", "objc": "objective-c", "c": "c", "native": "cpp",
    "dart": "dart", "elixir": "elixir", "perl": "perl", "groovy": "groovy",
}  # fmt: skip
_OPTIONS = {"php": {"startinline": True}}

_COLOURS = (
    (Kinds.Keyword, "k"),
    (Kinds.Operator.Word, "k"),
    (Kinds.Literal.String, "s"),
    (Kinds.Literal.Number, "m"),
    (Kinds.Comment, "c"),
    (Kinds.Name.Function, "f"),
    (Kinds.Name.Class, "f"),
    (Kinds.Name.Decorator, "f"),
)


class Token(NamedTuple):
    """kind: "" plain, k keyword, s string, m number, f function, c comment."""

    kind: str
    text: str


Line = tuple[Token, ...]


def language(path: str, platform: str) -> str:
    """The lexer's name; "" for none."""
    extension = path.rpartition("?")[0].rpartition(".")[2] if "?" in path else ""
    extension = extension or path.rpartition(".")[2]
    return _BY_EXTENSION.get(extension.lower()) or _BY_PLATFORM.get(platform, "")


def highlight(lines: Sequence[str], name: str) -> tuple[Line, ...]:
    """As many lines as were given."""
    code = "\n".join(lines)
    too_long = len(code) > MAX_CHARACTERS or any(len(line) > MAX_LINE for line in lines)
    if not name or too_long:
        return tuple(_plain(line) for line in lines)
    found = _tokens(code, name)
    return found if len(found) == len(lines) else tuple(_plain(line) for line in lines)


def _plain(line: str) -> Line:
    return (Token("", line),) if line else ()


@lru_cache(maxsize=64)
def _lexer(name: str) -> Lexer | None:
    try:
        return get_lexer_by_name(
            name, stripnl=False, ensurenl=False, tabsize=0, **_OPTIONS.get(name, {})
        )
    except ClassNotFound:
        return None


# One event after another of an issue shows the same code; about 4 MB when full.
@lru_cache(maxsize=1024)
def _tokens(code: str, name: str) -> tuple[Line, ...]:
    lexer = _lexer(name)
    if lexer is None:
        return ()
    lines: list[list[Token]] = [[]]
    name_before = False
    # get_tokens_unprocessed leaves the text alone: what comes out is exactly what went in.
    for _, kind, text in lexer.get_tokens_unprocessed(code):
        if name_before and text[:1] == "(":
            lines[-1][-1] = Token("f", lines[-1][-1].text)
        colour, name_before = _colour(kind)
        first, newline, rest = text.partition("\n")
        if first:
            # A name stands alone, since it may turn out to be called.
            lines[-1].append(Token(colour, first))
        while newline:
            first, newline, rest = rest.partition("\n")
            lines.append([Token(colour, first)] if first else [])
            name_before = False
    return tuple(_joined(line) for line in lines)


def _joined(line: list[Token]) -> Line:
    """Neighbours of one colour become one token."""
    joined: list[Token] = []
    for token in line:
        if joined and joined[-1].kind == token.kind:
            joined[-1] = Token(token.kind, joined[-1].text + token.text)
        else:
            joined.append(token)
    return tuple(joined)


@lru_cache(maxsize=512)
def _colour(kind: Any) -> tuple[str, bool]:
    """The colour of a kind of token, and whether it is a name that has none of its own."""
    colour = next((colour for family, colour in _COLOURS if kind in family), "")
    return colour, not colour and kind in Kinds.Name
