"""User, contexts, extra, packages and SDK as names and values. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from issues.text import clean, line, mapping, sequence, string
from issues.values import Pretty, pretty

MAX_ROWS = 200
MAX_PACKAGES = 2000

_FIRST = ("browser", "os", "device", "runtime", "app", "trace", "flags", "feature_flags")


@dataclass(frozen=True, slots=True)
class Context:
    name: str
    summary: str  # "" if nothing short can be said
    value: Pretty


Rows = tuple[tuple[str, Pretty], ...]


def rows(value: Any) -> Rows:
    return tuple(
        (clean(name, 200), pretty(item, bare=True))
        for name, item in list(mapping(value).items())[:MAX_ROWS]
    )


def user_rows(data: Mapping[str, Any]) -> Rows:
    user = dict(mapping(data.get("user")))
    more = mapping(user.pop("data", None))
    return rows({**user, **{f"data.{name}": value for name, value in more.items()}})


def contexts(data: Mapping[str, Any]) -> tuple[Context, ...]:
    found = mapping(data.get("contexts"))
    names = [n for n in _FIRST if n in found] + [n for n in found if n not in _FIRST]
    return tuple(_context(name, found[name]) for name in names[:MAX_ROWS])


def _context(name: str, value: Any) -> Context:
    parts = mapping(value)
    kind = string(parts.get("type")) or name
    summary = ""
    if kind in ("browser", "os", "runtime", "client_os"):
        words = (line(parts.get(key), 80) for key in ("name", "version"))
        summary = " ".join(word for word in words if word)
        kernel = line(parts.get("kernel_version"), 60)
        summary += f", {kernel}" if kernel and summary else ""
    elif kind == "device":
        words = (line(parts.get(key), 80) for key in ("brand", "model", "family"))
        summary = " ".join(dict.fromkeys(word for word in words if word))
    elif kind == "trace":
        keys = ("op", "trace_id", "span_id", "status")
        summary = " · ".join(text for key in keys if (text := line(parts.get(key), 80)))
    elif kind in ("flags", "feature_flags"):
        flags = [mapping(flag) for flag in sequence(parts.get("values"))[:50]]
        summary = " · ".join(
            f"{line(f.get('flag'), 80)}: {line(f.get('result'), 40)}" for f in flags if f
        )
    rest = {k: v for k, v in parts.items() if k != "type"} if parts else value
    return Context(clean(name, 100), summary, pretty(rest, bare=True))


def packages(data: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    found = mapping(data.get("modules"))
    names = sorted(found, key=lambda name: str(name).lower())
    return tuple((line(name, 200), line(found[name], 100)) for name in names[:MAX_PACKAGES])


def sdk(data: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    found = mapping(data.get("sdk"))
    name = " ".join(text for key in ("name", "version") if (text := line(found.get(key), 100)))
    integrations = ", ".join(line(i, 60) for i in sequence(found.get("integrations"))[:60])
    pairs = (("SDK", name), ("Integrations", integrations))
    return tuple((label, text) for label, text in pairs if text)


def processing_notes(data: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What was repaired or dropped on the way in: (where, what)."""
    notes = []
    for note in map(mapping, sequence(data.get("errors"))[:MAX_ROWS]):
        where = line(note.get("name"), 120)
        reason = line(note.get("reason") or note.get("type"), 300)
        if where or reason:
            notes.append((where or "event", reason))
    return tuple(notes)
