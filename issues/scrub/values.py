"""Secrets that are known by their looks, in any text: card numbers, keys, passwords in URLs. Pure.

All expressions are linear in the length of the text, whatever it holds.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

FILTERED = "[Filtered]"


class Span(NamedTuple):
    """A part of a text that has to go; rule: as in `_meta`."""

    start: int
    end: int
    rule: str


_MASKS = frozenset(
    ("[filtered]", "[redacted]", "<redacted>", "<filtered>", "none", "null", "true", "false")
)


def is_masked(text: str) -> bool:
    """Whether this was filtered by the client, or is no value."""
    bare = text.strip(" '\"")
    return not bare.strip("*") or (len(bare) <= 10 and bare.lower() in _MASKS)


Finder = Callable[[str], Iterator[Span]]

# --- payment cards ----------------------------------------------------------------------------

# Digits in groups. Within a word or behind a decimal point they are something else.
_DIGITS = re.compile(r"(?<![\w.])[0-9]++(?:[ -][0-9]++)*+")
_GROUP = re.compile(r"[0-9]++")
# First digits that issuers have: 2 to 6, and those of RuPay (81, 82) and Troy. A 1 is a time in milliseconds.
_ISSUERS = re.compile(r"2[2-7]|[3-6]|8[12]|9792")
_LUHN = (
    [int(digit) for digit in "0123456789"],
    [sum(divmod(2 * digit, 10)) for digit in range(10)],
)


def passes_luhn(digits: str) -> bool:
    total = sum(_LUHN[place % 2][ord(digit) - 48] for place, digit in enumerate(reversed(digits)))
    return total % 10 == 0


def _is_card(digits: str) -> bool:
    return 13 <= len(digits) <= 19 and _ISSUERS.match(digits) is not None and passes_luhn(digits)


def cards(text: str) -> Iterator[Span]:
    """13 to 19 digits, in one piece or in groups of at least four but for the last."""
    for match in _DIGITS.finditer(text):
        if match.end() - match.start() < 13:
            continue
        groups = list(_GROUP.finditer(text, match.start(), match.end()))
        if text[match.end() : match.end() + 1].isidentifier():
            groups.pop()
        first = 0
        while first < len(groups):
            last = _card_from(groups, first)
            if last < 0:
                first += 1
                continue
            yield Span(groups[first].start(), groups[last].end(), "@creditcard")
            first = last + 1


def _card_from(groups: list[re.Match[str]], first: int) -> int:
    """The last group of the longest card number that begins with this one, or -1."""
    digits, found = "", -1
    for index in range(first, min(first + 5, len(groups))):
        digits += groups[index][0] if len(groups[index][0]) < 20 else "0" * 20
        if len(digits) > 19:
            break
        if _is_card(digits):
            found = index
        if len(groups[index][0]) < 4:
            break
    return found


# --- bank accounts, social security -----------------------------------------------------------

_IBAN = re.compile(r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_SSN = re.compile(r"(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])", re.ASCII)


def ibans(text: str) -> Iterator[Span]:
    for match in _IBAN.finditer(text):
        # The number may be followed by words in capitals: try without the last groups.
        end = match.end()
        while end - match.start() >= 15:
            account = text[match.start() : end].replace(" ", "")
            moved = account[4:] + account[:4]
            if len(account) <= 34 and int("".join(str(int(c, 36)) for c in moved)) % 97 == 1:
                yield Span(match.start(), end, "@iban")
                break
            end = text.rfind(" ", match.start(), end)


def social_security(text: str) -> Iterator[Span]:
    for match in _SSN.finditer(text):
        yield Span(match.start(), match.end(), "@usssn")


# --- keys and credentials ---------------------------------------------------------------------

_PEM_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_PEM_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_BEARER = re.compile(r"\bbearer[ ]{1,8}([A-Za-z0-9._~+/=-]{6,})", re.IGNORECASE)
_BASIC = re.compile(r"\bbasic[ ]{1,8}([A-Za-z0-9+/_-]{4,}={0,2})", re.IGNORECASE)
_PROSE = re.compile(
    r"(?:access|auth|authentication|authorization|credentials?|header|headers|is|missing|realm|required|scheme|"
    r"tokens?)[.,:;=]?",
    re.IGNORECASE,
)
_TO_URLSAFE = str.maketrans("+/", "-_")
_URL_USER = re.compile(r"://([^\s/@:\"'<>\\]*+:[^\s/\"'<>\\…]*)[@…]")


def private_keys(text: str) -> Iterator[Span]:
    """Up to the end of a text that was cut off."""
    position = 0
    while begin := _PEM_BEGIN.search(text, position):
        end = _PEM_END.search(text, begin.end())
        position = end.end() if end else len(text)
        yield Span(begin.start(), position, "@pemkey")


def tokens(text: str) -> Iterator[Span]:
    for match in _each(_BEARER, "bearer ", text):
        if not _PROSE.fullmatch(match[1]):
            yield Span(match.start(1), match.end(1), "@bearer")
    for match in _each(_BASIC, "basic ", text):
        if _is_basic(match[1]):
            yield Span(match.start(1), match.end(1), "@bearer")


def _each(expression: re.Pattern[str], start: str, text: str) -> Iterator[re.Match[str]]:
    """As finditer, but finds the start, in small letters, ten times as fast."""
    if not text.isascii():
        # Small letters may be longer than capitals.
        yield from expression.finditer(text)
        return
    low = text.lower()
    position = low.find(start)
    while position >= 0:
        match = expression.match(text, position)
        if match:
            yield match
        position = low.find(start, position + len(start))


def _is_basic(text: str) -> bool:
    """Whether this is base64 of `user:password`; a word after "basic" is not."""
    text = text.rstrip("=")
    head = text[: len(text) // 4 * 4][:1024] if len(text) % 4 == 1 else text[:1024]
    try:
        plain = base64.urlsafe_b64decode(
            head.translate(_TO_URLSAFE) + "=" * (-len(head) % 4)
        ).decode()
    except (binascii.Error, ValueError):
        return False
    return ":" in plain and plain.isprintable()


def url_users(text: str) -> Iterator[Span]:
    for match in _URL_USER.finditer(text):
        password = match[1].partition(":")[2]
        # Where the text was cut off before the @, it may have been `host:port`.
        is_port = password.isdigit() and text[match.end() - 1] != "@"
        if not is_port and not is_masked(password):
            yield Span(match.start(1), match.end(1), "@urlauth")


# --- which of them a text can hold ------------------------------------------------------------

# Digits become 0, capitals A, blanks and dashes blanks: then shapes are plain substrings.
_SHAPES = bytes(
    48 if 48 <= code <= 57 else 65 if 65 <= code <= 90 else 32 if code in b" -" else 46
    for code in range(256)
)


_CUT = "…".encode()


def finders_for(raw: bytes, low: bytes) -> list[Finder]:
    """The finders worth running. raw: UTF-8; low: the same in small letters. Costs some plain searches."""
    found: list[Finder] = []
    shapes = raw.translate(_SHAPES)
    if b"0000000000000" in shapes or b"0000 0000" in shapes:
        found.append(cards)
    if b"AA00" in shapes:
        found.append(ibans)
    if b"000 00 0000" in shapes:
        found.append(social_security)
    if b"PRIVATE KEY" in raw:
        found.append(private_keys)
    if b"bearer " in low or b"basic " in low:
        found.append(tokens)
    if (b"@" in raw or _CUT in raw) and b"://" in raw:
        found.append(url_users)
    return found


def replaced(text: str, spans: list[Span]) -> tuple[str, list[list[str | int]]]:
    """The text with `[Filtered]` for each span, and what `_meta` says of it. Overlapping spans become one."""
    pieces: list[str] = []
    marks: list[list[str | int]] = []
    position = length = 0
    for span in sorted(spans):
        if span.start < position:
            # The rest of a longer secret that begins within one already taken.
            position = max(position, span.end)
            continue
        pieces += (text[position : span.start], FILTERED)
        length += span.start - position
        marks.append([span.rule, "s", length, length + len(FILTERED)])
        length += len(FILTERED)
        position = span.end
    pieces.append(text[position:])
    return "".join(pieces), marks
