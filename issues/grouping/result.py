"""What a strategy hands back: the component to hash and what people are shown of it. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .hashing import Component
from .place import NOWHERE, Place
from .stack import Frame, Part, Stack

Line = tuple[str, str, str]  # what, its value, what it is
Ignored = tuple[str, str]  # what, why
Explained = tuple[tuple[Line, ...], tuple[Ignored, ...]]


class Rule(NamedTuple):
    """A rule of the project that decided: its line in the text, and what stands there."""

    line: int
    text: str


def first_word(text: str) -> str:
    """What tells apart families of texts of which nothing else is known."""
    return text.split(maxsplit=1)[0] if text else ""


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
    stacks: that of the place first; made when somebody asks.
    family: where a text contributes, what is left without it; else None. Texts of one family that do not end
        are gathered in one issue.
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
    family: Component = None
    frame: Frame | None = None  # the place's first frame, for fingerprint variables
    stacks: Callable[[], Sequence[Stack]] = tuple

    @property
    def counted(self) -> Iterator[Frame]:
        """The frames that make the place."""
        for stack in self.stacks()[:1]:
            for index in self.place.frames:
                yield stack.frames[index - stack.offset]

    @property
    def apps(self) -> Iterator[tuple[Frame, bool]]:
        """The frames of which a stack-trace rule says whether they are application code."""
        for stack in self.stacks():
            if stack.marks is not None:
                for index, is_app in stack.marks.app.items():
                    yield stack.frames[index], is_app

    @property
    def part(self) -> Part:
        return self.place.parts[0] if self.place.parts else Part("", "", "")
