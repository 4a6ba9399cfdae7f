"""What was done to an event, for its reader: notes of repairs, and cuts in Sentry's `_meta`.

    notes   [{"name": "level", "reason": "invalid_data", "value": "banana"}]
    _meta   {"message": {"": {"len": 9000, "rem": [["!limit", "x", 8191, 8192]]}}}

Pure, filled while one event is read.
"""

from typing import Any

from issues.payload.text import attribute, cut, to_text
from issues.payload.types import Limits, Path

INVALID = "invalid_data"


class Ledger:
    """`limits` travels with it, because whoever cuts also notes.

    is_sketch: the event comes from `sketch`, which has checked types and lengths of frames.
    """

    __slots__ = ("_cuts", "is_sketch", "limits", "notes")

    def __init__(self, limits: Limits, *, is_sketch: bool = False) -> None:
        self.limits = limits
        self.is_sketch = is_sketch
        self.notes: list[dict[str, Any]] = []
        self._cuts: list[tuple[Path, dict[str, Any]]] = []

    def note(self, name: str, value: Any, reason: str = INVALID) -> None:
        """Something was repaired or dropped; value: as sent."""
        if len(self.notes) < self.limits.notes:
            text = cut(to_text(value), self.limits.note_value)
            self.notes.append({"name": name, "reason": reason, "value": text})

    def cut_text(self, text: str, limit: int, path: Path) -> str:
        if len(text) <= limit:
            return text
        if len(self._cuts) < self.limits.cuts:
            rule = ["!limit", "x", limit - 1, limit]
            self._cuts.append((path, {"len": len(text), "rem": [rule]}))
        return cut(text, limit)

    def cut_entries(self, path: Path, length: int) -> None:
        """Members of the object or list at `path` are gone; length: how many there were."""
        if len(self._cuts) < self.limits.cuts:
            self._cuts.append((path, {"len": length, "rem": [["!limit", "x"]]}))

    def attribute(self, name: str, value: Any, limit: int, path: Path | None = None) -> str:
        """A string for an attribute; "" for what has none to give: lists and objects are noted."""
        if value is None:
            return ""
        if value.__class__ is dict or value.__class__ is list:
            self.note(name, value)
            return ""
        return self.cut_text(attribute(value), limit, path or (name,))

    def take_errors(self, errors: Any) -> None:
        """Keep what the SDK itself reports as lost: [{type, name, value}]."""
        for error in errors if errors.__class__ is list else ():
            if error.__class__ is dict:
                name = cut(attribute(error.get("name")), self.limits.note_value)
                reason = cut(attribute(error.get("type")) or INVALID, self.limits.note_value)
                self.note(name, error.get("value"), reason)

    def meta(self, sent: dict[str, Any]) -> dict[str, Any]:
        """The sender's `_meta` (ours to change) with our cuts written into it."""
        for path, entry in self._cuts:
            write_meta(sent, path, entry)
        return sent


def write_meta(meta: dict[str, Any], path: Path, entry: dict[str, Any]) -> None:
    """Add what was done to the value at `path`: {"rem": [...], "len": original length}."""
    node = meta
    for step in path:
        key = str(step)
        child = node.get(key)
        if child.__class__ is not dict:
            child = node[key] = {}
        node = child
    own = node.get("")
    if own.__class__ is dict:
        removed = own.get("rem")
        rules = removed if removed.__class__ is list else []
        entry = {**own, **entry, "rem": [*rules, *entry["rem"]]}
        if "len" in own:
            entry["len"] = own["len"]
    node[""] = entry
