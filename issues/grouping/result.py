"""What a strategy hands back: the component to hash and what people are shown of it. Pure."""

from dataclasses import dataclass

from .hashing import Component
from .place import NOWHERE, Place
from .stack import Frame, Part


@dataclass(frozen=True, slots=True)
class Result:
    """kind: exception, message, stack, report, template or empty.

    lines, ignored: rows of the explanation, see `explain`.
    type, value: of the lead exception, as sent; value is the message's text for messages.
    lead: index of the lead in the event's exceptions; frames: indexes into the lead's frames.
    site: component of the second grouphash, or None.
    """

    kind: str
    component: Component
    title: str
    lines: tuple[tuple[str, str, str], ...] = ()
    ignored: tuple[tuple[str, str], ...] = ()
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
