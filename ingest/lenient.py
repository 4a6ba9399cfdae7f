"""JSON as real clients write it -> Python values that every database and browser takes. Pure.

The fast parser takes what is well-formed; the slow one takes the rest. Source: ingest contract, section 15.
"""

import json
import re
from typing import Any

import orjson

MAX_DEPTH = 500
# Every digit becomes a 0, all else a blank: then a long run of digits is a plain substring.
_DIGITS = bytes(48 if 48 <= code <= 57 else 32 for code in range(256))
_LONG_INTEGER = b"0" * 19
_ESCAPES = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_DECEIVING = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_NOT_BRACKETS = bytes(code for code in range(256) if code not in b"[]{}")


class JSONError(ValueError):
    """Not JSON, or nested too deeply. The message is safe to show to the sender."""


def is_clean(raw: bytes) -> bool:
    """Whether no string can hold a NUL or half a surrogate pair: the usual case, told by one scan."""
    # Single bytes are found many times as fast as two.
    return b"\\" not in raw or _ESCAPES.search(raw) is None


def storable(text: str) -> str:
    """Without NUL, which no PostgreSQL text may hold, and lone surrogates, which no UTF-8 may."""
    return _UNSTORABLE.sub("\ufffd", text)


def line(value: object, limit: int) -> str:
    """A string as one line that every database and terminal takes, cut to `limit` characters; "" for anything else.

    Control characters and the marks that turn the reading direction become U+FFFD.
    """
    if not isinstance(value, str):
        return ""
    return _DECEIVING.sub("\ufffd", " ".join(value[: 4 * limit].split()))[:limit]


def loads(raw: bytes, *, deep: bool = False) -> Any:
    """Raises JSONError. NaN, Infinity and overflow become None; integers keep all digits up to 40, longer ones
    become text; bytes that are not UTF-8 and lone surrogates become U+FFFD; of equal keys the last counts.
    deep: as deep as the parser goes, which is more than MAX_DEPTH.
    """
    if not deep and _is_deep(raw):
        _check_depth(raw)
    if _LONG_INTEGER not in raw.translate(_DIGITS):
        try:
            return orjson.loads(raw)
        except orjson.JSONDecodeError:
            pass
    text = raw.decode("utf-8", "replace").removeprefix("\ufeff")
    try:
        value = json.loads(
            text, parse_constant=lambda _: None, parse_int=_integer, parse_float=_float
        )
    except (ValueError, RecursionError) as error:
        raise JSONError(f"not JSON: {error}") from error
    return value


def dumps(value: Any) -> bytes:
    """What `loads` gave, as JSON again. Lone surrogates and long integers, which the fast writer refuses, included."""
    try:
        return orjson.dumps(value)
    except (TypeError, ValueError):
        return json.dumps(value).encode()


def load_object(raw: bytes, *, deep: bool = False) -> dict[str, Any]:
    """Raises JSONError, also for JSON that is no object."""
    value = loads(raw, deep=deep)
    if not isinstance(value, dict):
        raise JSONError("JSON, but not an object")
    return value


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= 40 else digits[:200]


def _float(digits: str) -> float | None:
    value = float(digits)
    return value if value - value == 0 else None


def _is_deep(raw: bytes) -> bool:
    """Whether nesting may exceed MAX_DEPTH: a gate in C, wrong only towards yes.

    What is left of the text are its brackets. Taking out the innermost pairs again and again empties them in as
    many rounds as the nesting is deep, unless strings hold brackets of their own.
    """
    if raw.count(b"{") + raw.count(b"[") <= MAX_DEPTH:
        return False
    brackets = raw.translate(None, _NOT_BRACKETS)
    for _ in range(40):
        if len(brackets) <= MAX_DEPTH:
            return False
        shorter = brackets.replace(b"{}", b"").replace(b"[]", b"")
        if len(shorter) == len(brackets):
            return True
        brackets = shorter
    return True


# Possessive, and a string that nobody closed ends with the text: else each of its escaped quotes is tried as the
# beginning of another one, up to the end, and ten kilobytes take a second.
_TOKENS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


def _check_depth(raw: bytes) -> None:
    depth = 0
    for match in _TOKENS.finditer(raw):
        token = raw[match.start()]
        if token in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise JSONError(f"nested more than {MAX_DEPTH} levels deep")
        elif token != 34:
            depth -= 1
