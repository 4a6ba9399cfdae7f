"""What a worked example is: events, and whether they belong in one issue."""

from dataclasses import dataclass
from typing import Any

SAME = True
DIFFERENT = False


@dataclass(frozen=True)
class Example:
    """number: the row in the table of worked examples, 0 for one of our own."""

    number: int
    name: str
    same: bool
    events: tuple[dict[str, Any], ...]

    def __init__(self, number: int, name: str, same: bool, *events: dict[str, Any]) -> None:
        for key, value in (("number", number), ("name", name), ("same", same), ("events", events)):
            object.__setattr__(self, key, value)
