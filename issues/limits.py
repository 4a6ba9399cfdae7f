"""How much of an event is kept, as an installation may set it. Pure.

["breadcrumbs=50", "extra_length=65536"]  ->  Limits(breadcrumbs=50, extra_length=65536)
"""

from collections.abc import Iterable
from dataclasses import fields, replace

from issues.payload.types import DEFAULT_LIMITS, Limits

# What columns and indexes hold; a page that shows ten times the usual is none that anybody reads.
_FIXED = {"tag_length": 200, "key_length": 200, "exception_type": 256}
_MOST_TIMES = 10
_LEAST = {"tag_length": 32, "key_length": 32}
NAMES = tuple(field.name for field in fields(Limits))


def limits_from(words: Iterable[str]) -> Limits:
    """Raises ValueError, with a message for whoever set them."""
    given: dict[str, int] = {}
    for word in words:
        name, equals, number = (part.strip() for part in word.partition("="))
        if not equals or name not in NAMES:
            raise ValueError(f"{word!r} is no limit; there are {', '.join(NAMES)}")
        usual = getattr(DEFAULT_LIMITS, name)
        least, most = _LEAST.get(name, 1), _FIXED.get(name, _MOST_TIMES * usual)
        value = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else -1
        if not least <= value <= most:
            raise ValueError(f"{name} must be a whole number from {least} to {most}")
        given[name] = value
    return replace(DEFAULT_LIMITS, **given)
