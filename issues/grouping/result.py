"""What a strategy hands back: the component to hash and what people are shown of it. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

from .hashing import Component
from .place import NOWHERE, Place
from .stack import Frame, Part

Line = tuple[str, str, str]  # what, its value, what it is
Ignored = tuple[str, str]  # what, why
Explained = tuple[tuple[Line, ...], tuple[Ignored, ...]]


def rows(lines: tuple[Line, ...], ignored: tuple[Ignored, ...] = ()) -> Callable[[], Explained]:
    """An explanation that costs nothing to make."""
    return lambda: (lines, ignored)


@dataclass(frozen=True, slots=True)
class Result:
    """kind: exception, message, stack, report, template or empty.

    explain: the rows of the explanation, made only when a hash is new.
    type, value: of the lead exception, as sent; value is the message's text for messages.
    lead: index of the lead in the event's exceptions; frames: indexes into the lead's frames.
    site: component of the second grouphash, or None.
    """

    kind: str
    component: Component
    title: str
    explain: Callable[[], Explained]
    type: str = ""
    value: str = ""
    place: Place = NOWHERE
    lead: int | None = None
    text: str | None = None
    site: Component = None
    frame: Frame | None = None  # the place's first frame, for fingerprint variables

    @property
    def part(self) -> Part:
        return self.place.parts[0] if self.place.parts else Part("", "", "")
