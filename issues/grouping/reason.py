"""The reason: what exactly went wrong, without the data of this occurrence. Pure."""

import re
from dataclasses import dataclass
from typing import Literal

from issues.parameterize import parameterise

from .catalogue import MAX_LOOKED_AT, look_up
from .configs import Config
from .known import Circumstances, Known
from .literals import align, literal_lines
from .place import Place
from .raised import Raised
from .vocabulary import GENERIC_TYPES, UMBRELLA_TYPES

Origin = Literal["catalogue", "text", "none", "cause"]


@dataclass(frozen=True, slots=True)
class Reason:
    """kind: replaces the exception's type, if any. placeless: only the reason counts."""

    text: str
    origin: Origin
    kind: str = ""
    placeless: bool = False
    note: str = ""
    is_code: bool = False


NONE = Reason("", "none")

# Whose own libraries raise types that say nothing, and quote at the end what they were given.
_RUNTIMES = ("java", "cs")
_TAIL = re.compile(r": \S{1,200}$")


def known_of(raised: Raised) -> Known | None:
    """What the catalogue knows about it."""
    stack = raised.stack
    return look_up(
        raised.family,
        Circumstances(
            type=raised.short_type,
            value=raised.value[:MAX_LOOKED_AT],
            line=stack.context(stack.crash),
            minified=raised.family == "js" and stack.crash >= 0 and stack.is_minified(stack.crash),
            thrown=stack.raised_by_app and stack.raising_line is True,
        ),
    )


def reason_of(raised: Raised, place: Place, config: Config) -> Reason:
    value = raised.value
    known = known_of(raised)
    if known is not None:
        return Reason(
            known.reason, "catalogue", known.kind, known.placeless, known.note, known.is_code
        )
    if not value or not _words_count(raised, place, config):
        return NONE
    if raised.short_type == "KeyError":
        value = value.strip("'\"")
    text = parameterise(value)
    if not text:
        return NONE
    if raised.family in _RUNTIMES and not raised.stack.raised_by_app:
        text = _TAIL.sub(": <*>", text)
    lines = literal_lines(raised.stack)
    return Reason(align(text, lines) if lines else text, "text")


def _words_count(raised: Raised, place: Place, config: Config) -> bool:
    """Whether the message is the application's own words, or all there is to go by."""
    kind = raised.short_type
    if not place.strong or kind in UMBRELLA_TYPES or raised.thrown:
        return True
    generic = kind in GENERIC_TYPES or kind in config.generic_types
    return generic and not (raised.stack.raised_by_app and raised.stack.raising_line is not None)
