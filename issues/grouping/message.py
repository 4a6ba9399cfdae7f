"""Messages: logger and text. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from issues.parameterize import parameterise
from issues.titles import message_title, text_of

from .hashing import Component
from .place import NOWHERE, Place
from .result import Result, first_word, rows
from .stack import Frame

_SDK_LOGGERS = ("sentry", "raven", "io.sentry")
_LETTERS = re.compile(r"<[a-z*]+>|%\(\w{1,60}\)[a-zA-Z]|%[-#0 +.\d]{0,8}[a-zA-Z]|\{[^{}]{0,60}\}")


def message_texts(event: Mapping[str, Any]) -> tuple[str, str]:
    """(template or else text, text as read by people); "" where there is none."""
    entry = event.get("logentry") or event.get("message")
    if isinstance(entry, str):
        return entry, entry
    if not isinstance(entry, Mapping):
        return "", ""
    template, formatted = text_of(entry, "message"), text_of(entry, "formatted")
    return template or formatted, formatted or template


def logger_of(event: Mapping[str, Any]) -> str:
    """The logger as a place; "" for the root logger and those of SDKs."""
    logger = text_of(event, "logger")
    if logger == "root":
        return ""
    name = logger.lower()
    for sdk in _SDK_LOGGERS:
        if name == sdk or name.startswith((sdk + ".", sdk + "_", sdk + "-")):
            return ""
    return logger


def group_message(
    event: Mapping[str, Any],
    place: Place = NOWHERE,
    frame: Frame | None = None,
    *,
    with_place: bool = False,
) -> Result | None:
    """None if there is no text. with_place: the place contributes although the text has words."""
    template, formatted = message_texts(event)
    if not template.strip():
        return None
    logger = logger_of(event)
    text = parameterise(template)
    component: tuple[Component, ...] = ("message", logger, text)
    lines = [("message", text, "text without its data")]
    if logger:
        lines.append(("logger", logger, "place of a log line"))
    wordless = not any(c.isalpha() for c in _LETTERS.sub("", text))
    if place.parts and (with_place or wordless):
        component += (place.component(),)
        lines.append(("place", place.label or place.parts[0].where, "where the message was sent"))
    known = logger or (place.component() if place.parts else first_word(text))
    return Result(
        kind="message",
        component=component,
        title=message_title(formatted),
        explain=rows(tuple(lines), (("level", "one problem, whatever its level"),)),
        value=formatted,
        place=place,
        text=text,
        frame=frame,
        family=("message", logger, known),
    )
