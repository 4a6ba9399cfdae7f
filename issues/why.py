"""Why events are together: the stored explanation of a grouphash in words. Pure.

Source: grouping contract, section 17.
"""

from dataclasses import dataclass
from typing import Any

from issues.text import clean, line, mapping, sequence

_LABELS = {
    "type": "Type",
    "reason": "Reason",
    "place": "Place",
    "message": "Message",
    "template": "Template",
    "fingerprint": "Fingerprint",
    "logger": "Logger",
}


@dataclass(frozen=True, slots=True)
class Line:
    label: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class Why:
    lines: tuple[Line, ...]
    ignored: tuple[tuple[str, str], ...]  # what, why
    text: str  # the template where one was used
    hash: str
    config: str


def why(stored: Any, hash: str, config: str) -> Why | None:
    """None if nothing was stored: then nothing is said."""
    found = mapping(stored)
    lines = []
    for item in sequence(found.get("lines"))[:20]:
        parts = [line(part, 300) for part in sequence(item)[:3]]
        if len(parts) >= 2 and parts[1]:
            label = _LABELS.get(parts[0], parts[0].capitalize())
            lines.append(Line(label, parts[1], parts[2] if len(parts) > 2 else ""))
    ignored = []
    for item in sequence(found.get("ignored"))[:20]:
        parts = [line(part, 200) for part in sequence(item)[:2]]
        if parts and parts[0]:
            ignored.append((parts[0], parts[1] if len(parts) > 1 else ""))
    text = clean(found.get("text"), 500)
    if any(text == said.value for said in lines):
        text = ""
    if not lines and not text:
        return None
    return Why(tuple(lines), tuple(ignored), text, hash, line(found.get("config") or config, 16))
