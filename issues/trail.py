"""Breadcrumbs as a time line that ends with the event. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from issues.text import clean, line, mapping, sequence, string
from issues.values import Pretty, pretty

MAX_CRUMBS = 200
OPEN_CRUMBS = 12
LEVELS = ("debug", "info", "warning", "error", "fatal")

_ICONS = {
    "http": "globe", "xhr": "globe", "fetch": "globe", "httplib": "globe", "request": "globe",
    "navigation": "pointer", "ui": "pointer", "user": "pointer", "touch": "pointer",
    "query": "database", "db": "database", "sql": "database", "redis": "database",
    "error": "warning", "exception": "warning", "device": "phone", "app": "phone", "session": "person",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Crumb:
    at: datetime | None
    offset: str  # "−4.90 s" before the event
    duration: str  # the same, as a <time> wants it
    icon: str
    level: str  # debug, info, warning, error or fatal
    tone: str  # bad, warn or ""
    category: str
    text: str
    is_code: bool
    detail: str
    data: Pretty | None


@dataclass(frozen=True, slots=True)
class Trail:
    """earlier: folded away; crumbs: shown."""

    earlier: tuple[Crumb, ...]
    crumbs: tuple[Crumb, ...]
    categories: tuple[str, ...]
    left_out: int
    levels: tuple[str, ...]

    @property
    def count(self) -> int:
        return len(self.earlier) + len(self.crumbs) + self.left_out


def trail(data: Mapping[str, Any], at: datetime) -> Trail:
    """at: the event's own time, by the same clock as its breadcrumbs."""
    values = [
        c for c in map(mapping, sequence(mapping(data.get("breadcrumbs")).get("values"))) if c
    ]
    left_out = max(0, len(values) - MAX_CRUMBS)
    crumbs = [_crumb(value, at) for value in values[-MAX_CRUMBS:]]
    categories = dict.fromkeys(crumb.category for crumb in crumbs)
    found = {crumb.level for crumb in crumbs}
    levels = tuple(level for level in LEVELS if level in found)
    cut = max(0, len(crumbs) - OPEN_CRUMBS)
    return Trail(tuple(crumbs[:cut]), tuple(crumbs[cut:]), tuple(categories)[:8], left_out, levels)


def _crumb(value: Mapping[str, Any], event_at: datetime) -> Crumb:
    kind = line(value.get("type"), 40)
    category = line(value.get("category"), 60)
    data = mapping(value.get("data"))
    at = _time(value.get("timestamp"))
    text, is_code, detail, rest = _told(kind, category, clean(value.get("message"), 2000), data)
    seconds = (at - event_at).total_seconds() if at is not None else None
    level = string(value.get("level"))
    level = level if level in LEVELS else "info"
    tone = "bad" if level in ("error", "fatal") else "warn" if level == "warning" else ""
    family = category.partition(".")[0]
    return Crumb(
        at=at,
        offset="" if seconds is None else offset(seconds),
        duration="" if seconds is None else f"PT{abs(seconds):.2f}S",
        icon=_ICONS.get(family) or _ICONS.get(kind, "log"),
        level=level,
        tone=tone,
        category=category or kind or "log",
        text=text,
        is_code=is_code,
        detail=detail,
        data=pretty(rest) if rest else None,
    )


def _told(
    kind: str, category: str, message: str, data: Mapping[str, Any]
) -> tuple[str, bool, str, dict[str, Any]]:
    """-> what is read first, whether it is code, what stands behind it, what is left of the data."""
    rest = dict(data)
    if kind == "http" or category in ("http", "httplib", "fetch", "xhr"):
        method, url = line(rest.pop("method", ""), 20), line(rest.pop("url", ""), 500)
        if url:
            status = line(rest.pop("status_code", rest.pop("http.response.status_code", "")), 20)
            detail = " · ".join(part for part in (status, line(rest.pop("reason", ""), 60)) if part)
            return f"{method} {url}".strip(), True, detail, rest
    if kind == "navigation" or category == "navigation":
        start, end = line(rest.pop("from", ""), 300), line(rest.pop("to", ""), 300)
        if start or end:
            return f"{start} → {end}", True, message, rest
    is_code = category in ("query", "ui.click", "ui.input") or category.startswith("db")
    return message, is_code, "", rest


def offset(seconds: float) -> str:
    """Three figures or so: −0.02 s, −14.2 s, −3 min 20 s, +1.5 s."""
    sign = "+" if seconds > 0.005 else "−" if seconds < -0.005 else ""
    size = abs(seconds)
    if size < 10:
        return f"{sign}{size:.2f} s"
    if size < 100:
        return f"{sign}{size:.1f} s"
    if size < 3600:
        return f"{sign}{int(size // 60)} min {int(size % 60)} s"
    return f"{sign}{int(size // 3600)} h {int(size % 3600 // 60)} min"


def _time(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value[:40])
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
