"""What may stand in a project's lists of names and patterns, one entry per line. Pure."""

import re
from collections.abc import Callable, Iterator

# Own patterns of what is hidden: `#` a digit, `?` any character, one `*`.
MAX_PATTERNS = 20
MAX_LENGTH = 100
MIN_FIXED = 3
# Names whose values are hidden, or not.
MAX_NAMES = 100
MAX_NAME = 100
# Events that are not kept: `*` and `?` as in file names.
MAX_FILTERS = 100
MAX_FILTER = 250

_SHOWN = 40  # characters of a line in a message about it


class PatternError(ValueError):
    """The message is for the person who wrote the entry."""


def lines(text: str) -> tuple[str, ...]:
    """The lines that hold something."""
    return tuple(line for _, line in _numbered(text))


def mistakes(text: str, check: Callable[[str], None], at_most: int) -> list[str]:
    """What is wrong with a list, each with the number of its line, blank ones counted. check raises PatternError."""
    found = list(_numbered(text))
    if len(found) > at_most:
        return [f"{at_most} lines at most; these are {len(found)}."]
    wrong: list[str] = []
    for number, line in found:
        try:
            check(line)
        except PatternError as error:
            shown = line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"
            wrong.append(f"Line {number}, “{shown}”: {error}")
    return wrong


def check_pattern(text: str) -> None:
    """Of what is hidden. Raises PatternError."""
    if len(text) > MAX_LENGTH:
        raise PatternError(f"A pattern has at most {MAX_LENGTH} characters.")
    if text.count("*") > 1:
        raise PatternError("A pattern has at most one *.")
    if len(re.sub(r"[?*\s]", "", text)) < MIN_FIXED:
        raise PatternError(
            f"A pattern needs at least {MIN_FIXED} characters that are no blanks, * or ?."
        )


def check_safe_name(text: str) -> None:
    """Raises PatternError."""
    if len(text) > MAX_NAME:
        raise PatternError(f"A name has at most {MAX_NAME} characters.")
    if "*" in text or "?" in text:
        raise PatternError("Names are no patterns; write it without * and ?.")


def check_extra_name(text: str) -> None:
    """It is looked for inside of names: a single letter would hide nearly everything. Raises PatternError."""
    check_safe_name(text)
    if sum(each.isalnum() for each in text) < 2:
        raise PatternError("A name needs at least 2 letters or digits.")


def check_filter(text: str) -> None:
    """Raises PatternError."""
    if len(text) > MAX_FILTER:
        raise PatternError(f"A pattern has at most {MAX_FILTER} characters.")
    if not text.strip("*? "):
        raise PatternError("With * and ? alone, events of all kinds would be dropped.")


def _numbered(text: str) -> Iterator[tuple[int, str]]:
    for number, each in enumerate(text.splitlines(), start=1):
        if line := each.strip():
            yield number, line
