"""What matchers get to see of an event and of its exceptions. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from issues.titles import text_of

from ..message import message_texts
from ..vocabulary import short_type
from .matchers import Matcher

_MAX_VALUE = 8192
_MAX_EXCEPTIONS = 50

Exceptions = Sequence[Mapping[str, Any]]


def exceptions_of(event: Mapping[str, Any]) -> Exceptions:
    """The exceptions that are looked at: the last ones, those nearest to what was reported."""
    container = event.get("exception")
    values = container.get("values") if isinstance(container, Mapping) else container
    if not isinstance(values, Sequence) or isinstance(values, str):
        return ()
    return [value for value in values if isinstance(value, Mapping)][-_MAX_EXCEPTIONS:]


class EventFacts:
    """The attributes of one event that belong to no frame, each read when a matcher asks for it."""

    __slots__ = ("_event", "_texts", "exceptions")

    def __init__(self, event: Mapping[str, Any]) -> None:
        self._event = event
        self._texts: dict[str, tuple[str, ...]] = {}
        self.exceptions = exceptions_of(event)

    def texts(self, key: str) -> tuple[str, ...]:
        known = self._texts.get(key)
        if known is None:
            known = self._texts[key] = self._read(key)
        return known

    def _read(self, key: str) -> tuple[str, ...]:
        event = self._event
        if key.startswith("tags."):
            tags = event.get("tags")
            return (text_of(tags, key[5:]),) if isinstance(tags, Mapping) else ()
        if key == "sdk":
            sdk = event.get("sdk")
            return (text_of(sdk, "name"),) if isinstance(sdk, Mapping) else ()
        if key == "message":
            values = [text_of(value, "value")[:_MAX_VALUE] for value in self.exceptions]
            return (*(text[:_MAX_VALUE] for text in message_texts(event)), *values)
        return (text_of(event, key)[:_MAX_VALUE],)

    def hold(self, matchers: Sequence[Matcher]) -> bool:
        """Whether all of these matchers on the event hold."""
        return all(matcher.holds(self.texts(matcher.key)) for matcher in matchers)


def exception_holds(exception: Mapping[str, Any], matchers: Sequence[Matcher]) -> bool:
    """Whether all of these matchers hold for one exception."""
    return all(matcher.holds(_exception_texts(exception, matcher.key)) for matcher in matchers)


def _exception_texts(exception: Mapping[str, Any], key: str) -> tuple[str, ...]:
    if key == "value":
        return (text_of(exception, "value")[:_MAX_VALUE],)
    kind = text_of(exception, "type")[:_MAX_VALUE]
    return (kind, short_type(kind)) if kind else ()
