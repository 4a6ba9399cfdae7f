"""Makes text that somebody sent fit to be looked at. Pure.

Escaping HTML is the templates' work; this removes what deceives the eye or a terminal: ANSI colours, control
characters, and the Unicode marks that reorder a line (CVE-2021-42574), which are spelled out instead.
"""

import re
from typing import Any

_ANSI = re.compile(
    "\x1b(?:"
    r"\[[0-?]*[ -/]*[@-~]"  # colours, cursor movement
    "|\\][^\x07\x1b]{0,2000}(?:\x07|\x1b\\\\)"  # titles, links
    r"|[@-Z\\^_]"
    ")"
)
_BIDI = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
_TABLE: dict[int, str] = {code: chr(0x2400 + code) for code in range(32) if code not in (9, 10)}
_TABLE |= {0x7F: "\u2421"}
_TABLE |= dict.fromkeys(range(0x80, 0xA0), "")
_TABLE |= {code: f"\\u{code:04x}" for code in _BIDI}
_TABLE |= dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
_ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def clean(value: Any, limit: int = 10_000) -> str:
    """Text of at most `limit` characters; an ellipsis says that more was sent. None is ""."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else spell(value)
    is_cut = len(text) > limit
    if is_cut:
        text = text[:limit]
    if _ODD.search(text):
        text = _ANSI.sub("", text.replace("\r\n", "\n")).translate(_TABLE)
    return text + "…" if is_cut else text


def line(value: Any, limit: int = 300) -> str:
    """The same, on one line."""
    return " ".join(clean(value, limit).split())


def spell(value: Any) -> str:
    """A scalar as JSON writes it; of anything bigger only what it is, since it may nest without end."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return format(value)
    if isinstance(value, dict):
        return f"{{{len(value)} keys}}" if value else "{}"
    if isinstance(value, list):
        return f"[{len(value)} items]" if value else "[]"
    return "null" if value is None else str(value)


def mapping(value: Any) -> dict[str, Any]:
    """The value if it is a JSON object, else an empty one: a payload may hold anything anywhere."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def whole(value: Any) -> int | None:
    """A whole number from 0 to 2^31."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and 0 <= value < 1 << 31 else None


def is_link(url: str) -> bool:
    """Only these may become a live link."""
    return url.lower().startswith(("https://", "http://")) and not _ODD.search(url)
