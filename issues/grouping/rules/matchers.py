"""What a rule matches on: `key:pattern`, negated with `!`. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from typing import Literal, TypeAlias, get_args

from ..names import where_and_name
from ..platforms import Family, family_of
from ..stack import Attributes
from ..symbols import package_base
from .globs import MAX_PATTERN, Glob
from .syntax import Reader, RuleError

Level: TypeAlias = Literal["frame", "exception", "event"]

MAX_MATCHERS = 10

_ALIASES = {
    "stack.module": "module",
    "stack.function": "function",
    "stack.abs_path": "path",
    "stack.package": "package",
    "error.type": "type",
    "error.value": "value",
}
FRAME_KEYS = ("family", "module", "function", "path", "package", "app")
EXCEPTION_KEYS = ("type", "value")
STACK_EVENT_KEYS = ("level", "logger", "release")
EVENT_KEYS = (*STACK_EVENT_KEYS, "message", "transaction", "environment", "sdk")
_SHOWN_KEYS = {"type": "error.type", "value": "error.value"}

_KEY = re.compile(r"!?[A-Za-z][\w.-]*:")
_FAMILIES: tuple[Family, ...] = get_args(Family)


@dataclass(frozen=True)
class Matcher:
    """key: without its alias; "tags.NAME" for tags. negated: the pattern must not match."""

    key: str
    pattern: str
    negated: bool
    _glob: Glob = field(repr=False, compare=False)

    @cached_property
    def level(self) -> Level:
        if self.key in FRAME_KEYS:
            return "frame"
        return "exception" if self.key in EXCEPTION_KEYS else "event"

    def matches(self, texts: Iterable[str]) -> bool:
        """Whether one of these texts matches, negation left aside. What is absent matches nothing."""
        return any(text and self._glob.matches(text) for text in texts)

    def holds(self, texts: Iterable[str]) -> bool:
        return self.matches(texts) is not self.negated

    def holds_for_frame(self, attributes: Attributes) -> bool:
        """Not for `app`, which is no attribute of the frame alone."""
        family, function, module, filename, abs_path, package = attributes
        if self.key == "family":
            found = family == self.pattern or self.matches((family,))
            return found is not self.negated
        if self.key == "module":
            return self.holds((module,))
        if self.key == "package":
            return self.holds((package, package_base(package)))
        if self.key == "path":
            return self.holds(_paths(filename, abs_path))
        name = where_and_name(family, function, module, filename or abs_path, package, False)[1]
        return self.holds((function, name))


def _paths(*paths: str) -> Iterable[str]:
    """A relative path is also one below the root, so that **/legacy/** finds legacy/cart.py."""
    for path in paths:
        yield path
        if path and path[0] not in "/\\":
            yield f"/{path}"


def sees_matcher(reader: Reader) -> bool:
    return _KEY.match(reader.text, reader.column - 1) is not None


def parse_matcher(reader: Reader, event_keys: tuple[str, ...], follows: str) -> Matcher:
    """The matcher that is next. follows: what else may stand here. Raises RuleError."""
    start = reader.column
    if not sees_matcher(reader):
        words = f"Write a matcher such as type:KeyError here, or {follows}."
        raise RuleError(start, words)
    negated = reader.take("!")
    at = reader.column
    written = reader.until(":")
    reader.take(":")
    key = _ALIASES.get(written, written)
    if not _is_key(key, event_keys):
        raise RuleError(at, _unknown(written, event_keys))
    at = reader.column
    pattern = reader.value()
    if not pattern:
        raise RuleError(at, f"{written}: needs a value right after the colon.")
    if len(pattern) > MAX_PATTERN:
        raise RuleError(at, f"A pattern has at most {MAX_PATTERN} characters.")
    if key == "app" and pattern not in ("yes", "no"):
        raise RuleError(at, "app: is either yes or no.")
    if key == "family":
        pattern = _family(pattern, at)
    glob = Glob(pattern, is_path=key in ("path", "package"), ignore_case=key == "message")
    return Matcher(key, pattern, negated, glob)


def check_count(matchers: list[Matcher], column: int) -> None:
    if len(matchers) > MAX_MATCHERS:
        raise RuleError(column, f"A rule has at most {MAX_MATCHERS} matchers; write two rules.")


def _is_key(key: str, event_keys: tuple[str, ...]) -> bool:
    if key.startswith("tags."):
        return len(key) > len("tags.")
    return key in (*FRAME_KEYS, *EXCEPTION_KEYS, *event_keys)


def _unknown(written: str, event_keys: tuple[str, ...]) -> str:
    known = (*FRAME_KEYS, *EXCEPTION_KEYS, *event_keys)
    if _ALIASES.get(written, written) in EVENT_KEYS:
        return f"{written}: works in fingerprint rules only; take the line there."
    close = get_close_matches(written, (*known, *_ALIASES), 1)
    if close:
        return f"There is no key {written}; is {close[0]} meant?"
    shown = ", ".join(_SHOWN_KEYS.get(key, key) for key in known)
    return f"There is no key {written}. The keys are {shown} and tags.NAME."


def _family(pattern: str, column: int) -> str:
    """A family, a platform that belongs to one (javascript, csharp), or a pattern that some family matches."""
    if pattern in _FAMILIES:
        return pattern
    family = family_of(pattern)
    if family != "other":
        return family
    if any(Glob(pattern).matches(known) for known in _FAMILIES):
        return pattern
    shown = ", ".join(_FAMILIES)
    raise RuleError(column, f"There is no family {pattern}. The families are {shown}.")
