"""When grouping itself fails: a coarse hash that needs next to nothing of the event. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from .configs import Config
from .grouping import Grouping
from .hashing import digest

_MAX_TEXT = 100
_DIGITS = re.compile(r"\d+")


def fallback_grouping(event: object, config: Config, error: BaseException) -> Grouping:
    """Hash over platform, type or logger, and the start of the text. Never raises."""
    kind, text = _lead(event)
    platform = _text(event, "platform")
    name = kind or _text(event, "logger")
    words = _DIGITS.sub("<n>", text[:_MAX_TEXT])
    return Grouping(
        hashes=(digest(("fallback", platform, name, words), config.name),),
        kind="fallback",
        config=config.label,
        title=f"{kind}: {text[:200]}" if kind and text else kind or text[:200] or "<no message>",
        culprit=_text(event, "transaction"),
        type=kind,
        value=text,
        failed=True,
        error=f"{type(error).__name__}: {error}"[:200],
    )


def _text(value: object, key: str) -> str:
    found = value.get(key) if isinstance(value, Mapping) else None
    return found[:8192] if isinstance(found, str) else ""


def _lead(event: object) -> tuple[str, str]:
    """(type, value) of the last exception, else ("", text of the message)."""
    if not isinstance(event, Mapping):
        return "", ""
    exceptions: Any = event.get("exception")
    values = exceptions.get("values") if isinstance(exceptions, Mapping) else None
    if isinstance(values, list) and values:
        kind, value = _text(values[-1], "type"), _text(values[-1], "value")
        if kind or value:
            return kind, value
    entry = event.get("logentry")
    return "", _text(entry, "message") or _text(entry, "formatted") or _text(event, "message")
