"""Short ways to scrub."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from issues.payload import EventData, normalize
from issues.scrub import Scrubber

NOW = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)


def scrubbed(raw: Mapping[str, Any], **rules: tuple[str, ...]) -> EventData:
    event = normalize(dict(raw), received_at=NOW, store_ip=True)
    return Scrubber(**rules).scrub(event)


def extra(value: Any, **rules: tuple[str, ...]) -> Any:
    """What is left of a value in `extra.v`."""
    return scrubbed({"extra": {"v": value}}, **rules).data["extra"]["v"]
