"""Lines of no known format: the text is the message, a level word near its beginning the level. Pure."""

import re

from ingest.decoders.stacks import read_header, read_stack
from ingest.decoders.values import Decoded, Json, level_of

# Capitals anywhere near the start; small letters only where they stand alone: `[error]`, `level=error`, `error:`.
_WORD = re.compile(
    r"\b(EMERGENCY|EMERG|FATAL|PANIC|ALERT|CRITICAL|CRIT|SEVERE|ERROR|ERR|WARNING|WARN|NOTICE|INFO|DEBUG|TRACE)\b|"
    r"[\[<(](emerg|alert|crit|critical|fatal|panic|error|err|warning|warn|notice|info|debug|trace)[\])>]|"
    r"\blevel=\"?(emerg|alert|crit|critical|fatal|panic|error|err|warning|warn|notice|info|debug|trace)\b|"
    r"^(?i:(fatal|panic|critical|error|warning))[:!]"
)
_ISO = re.compile(
    r"[\[(]?(?P<at>[12][0-9]{3}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9})?"
    r"(?:Z| ?[+-][0-9]{2}:?[0-9]{2}| UTC)?)"
)
_HEAD = 300  # characters in which level and time are looked for


def decode(text: str) -> Decoded:
    head = text[:_HEAD]
    word = _WORD.search(head)
    level = level_of(next((part for part in word.groups() if part), "")) if word else ""
    at = _ISO.match(head)
    event: Json = {"message": text.strip(), "timestamp": at["at"] if at else None}
    frames = read_stack(text) if "\n" in text else []
    if frames:
        event["exception"] = [_exception(text, frames)]
        event["message"] = text.partition("\n")[0].strip()
    event["level"] = level or "info"
    # A line that does not say how bad it is is no event, unless the sender wants them all.
    return Decoded(
        "text", level or "info", event, source=at["at"] if at else "", is_named=bool(level)
    )


def _exception(text: str, frames: list[Json]) -> Json:
    lines = text.strip().split("\n")
    if any(line.lstrip().startswith("Traceback (most recent call last)") for line in lines[:20]):
        # Python says what it was at the end.
        kind, value = read_header(lines[-1].strip())
    else:
        kind, value = read_header(text)
    word = _WORD.match(value or kind)
    return {
        "type": "" if word and not value else kind,
        "value": value,
        "stacktrace": {"frames": frames},
    }
