"""When grouping itself fails: a coarse hash that needs next to nothing of the event. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from .configs import Config
from .grouping import Grouping
from .hashing import digest

_MAX_TEXT = 100
_ROOM = __file__.removesuffix("/grouping/fallback.py")
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
        error=_storable(f"{type(error).__name__}: {error}"[:200]),
        failed_at=_place(error),
    )


def _storable(text: str) -> str:
    """The error may quote the event: no null character, no half of a character."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")


def _place(error: BaseException) -> str:
    """`KeyError in issues/grouping/place.py, line 57`: the innermost line of this room, for its maintainers."""
    found = ""
    trace = error.__traceback__
    for _ in range(1000):
        if trace is None:
            break
        name = trace.tb_frame.f_code.co_filename
        if name.startswith(_ROOM):
            found = f" in issues{name[len(_ROOM) :]}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__}{found}"[:120]


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
