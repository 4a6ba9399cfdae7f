"""Names and values inside a text: query strings, form bodies, JSON, what programs print of their objects. Pure.

a=1&password=x      {"password": "x"}      {'token': 'x'}      User(password='x')      "secret"=>"x"
"""

import re
from collections.abc import Iterator

from issues.scrub.names import COUNT, HARMLESS, Names
from issues.scrub.values import Span, is_masked

RULE = "@password"

_NAME = r"[\w.\-\[\]%$]"
# Only from a name's first character on: each is read once.
_ASSIGNED = re.compile(rf"(?<!{_NAME})({_NAME}{{1,200}}+)=(?!=)>?")
_QUOTED = re.compile(r"(?<!\\)(\\{0,7}[\"'])([^\"'\\\n=:]{1,100})\1\s{0,4}(?:=>|:|=(?!=))\s{0,4}")
_FORM_PART = re.compile(
    r"form-data; ?name=\"([^\"\r\n]{1,200})\"[^\r\n]*(?:\r?\n[^\r\n]+)?\r?\n\r?\n"
)
_PREFIX = re.compile(r"[bBuUrR]{0,2}(\\{0,7}[\"'])")
_BARE = re.compile(r"[^&;\s\"'<>\\]+")
_BARE_JSON = re.compile(r"[^,;\s}\])\"'\\]+")
_LINES = re.compile(r".*?(?=\r?\n--|\Z)", re.DOTALL)
_NUMBER = re.compile(r"[\d.,]+")
_BRACKETS = re.compile(r"[\[\]{}]|\"(?:[^\"\\]|\\.)*+\"?", re.DOTALL)

_TAIL = 80  # characters before a separator that are looked at first


def may_have_pairs(low: bytes, words: tuple[bytes, ...]) -> bool:
    """Whether a name of a secret can stand before a `=` or behind a quote. low: in small letters.

    Costs a few plain searches: the names are looked for in what stands before the separators only. Parts of a form
    (`form-data; name="..."`) are not looked for.
    """
    tails: list[bytes] = []
    for separator in _separators(low):
        if separator in low:
            tails += [piece[-_TAIL:] for piece in low.split(separator)[:-1]]
    if not tails:
        return False
    before = b"\n".join(tails).translate(_FOLD)
    return any(word in before for word in words)


def _separators(low: bytes) -> list[bytes]:
    # Single characters are found ten times as fast as two.
    quotes = [quote for quote in (b"'", b'"') if quote in low]
    spaced = b" :" in low if quotes else False
    return [
        b"=",
        *(quote + b":" for quote in quotes),
        *(quote + b" :" for quote in quotes if spaced),
    ]


_FOLD = bytes(95 if code in b"- " else code for code in range(256))


def pairs(text: str, names: Names) -> Iterator[Span]:
    yield from _spans(text, names, _ASSIGNED, _BARE)
    yield from _spans(text, names, _QUOTED, _BARE_JSON)
    if "form-data" in text:
        yield from _spans(text, names, _FORM_PART, _LINES)


def _spans(
    text: str, names: Names, named: re.Pattern[str], bare: re.Pattern[str]
) -> Iterator[Span]:
    """named: finds the names, in group 1 or, behind a quote, 2. bare: a value without quotes."""
    match = named.search(text)
    while match:
        position = match.end()
        verdict = names.verdict(match[named.groups])
        if verdict != HARMLESS:
            start, position = _value(text, position, bare)
            value = text[start:position]
            if not is_masked(value) and not (verdict == COUNT and _NUMBER.fullmatch(value)):
                yield Span(start, position, RULE)
        # From the end of the value on, so that no part of a text is read for two names.
        match = named.search(text, position)


def _value(text: str, start: int, bare: re.Pattern[str]) -> tuple[int, int]:
    """Where the value that begins at `start` begins and ends, without its quotes."""
    quoted = None if bare is _LINES else _PREFIX.match(text, start)
    if quoted:
        return quoted.end(), _closing_quote(text, quoted.end(), quoted[1])
    if bare is _BARE_JSON and text[start : start + 1] in ("{", "["):
        return start, _closing_bracket(text, start)
    found = bare.match(text, start)
    return start, found.end() if found else start


def _closing_quote(text: str, start: int, quote: str) -> int:
    r"""Where the quote stands again that is as much escaped: `"`, or `\"` within a text of JSON. Else the end."""
    position = text.find(quote, start)
    while position >= 0:
        before = position
        while before > start and text[before - 1] == "\\":
            before -= 1
        # An escaped backslash before the quote comes in twos.
        if (position - before) % 2 == 0 or len(quote) > 1:
            return position
        position = text.find(quote, position + 1)
    return len(text)


def _closing_bracket(text: str, start: int) -> int:
    """Behind the bracket that closes the one at `start`; the end if there is none."""
    depth = 0
    for match in _BRACKETS.finditer(text, start):
        if match[0] in "[{":
            depth += 1
        elif match[0] in "]}":
            depth -= 1
        if depth == 0:
            return match.end()
    return len(text)
