"""What an entry of the catalogue gets to see and what it says. Pure."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Known:
    """reason: "" if the kind of failure is all there is to say.

    kind: replaces the exception's type, "" if it stays.
    placeless: it arises anywhere and is one problem of the project.
    note: for the explanation.
    is_code: a code that decides what to do, whoever passes it on.
    """

    reason: str
    kind: str = ""
    placeless: bool = False
    note: str = ""
    is_code: bool = False


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What an entry may look at.

    line: context line of the crash frame. minified: that frame is of a minified bundle.
    thrown: the line visibly raises on purpose, and it is the application's.
    """

    type: str
    value: str
    line: str
    minified: bool
    thrown: bool


Entry = Callable[[Circumstances], Known | None]
