"""Short ways to scrub."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from issues.payload import EventData, normalize
from issues.scrub import Scrubber

NOW = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)


def scrubbed(raw: Mapping[str, Any], **rules: tuple[str, ...]) -> EventData:
    event = normalize(dict(raw), received_at=NOW, store_ip=True)
    scrubber = Scrubber(**rules)
    result = scrubber.scrub(event)
    if result is not event:
        # Whoever looks at the bytes alone must not miss what the parsed event shows.
        for written in (json.dumps(raw), json.dumps(raw, ensure_ascii=False, indent=1)):
            assert not scrubber.is_clean(written.encode("utf-8", "surrogatepass")), written
    return result


def extra(value: Any, **rules: tuple[str, ...]) -> Any:
    """What is left of a value in `extra.v`."""
    return scrubbed({"extra": {"v": value}}, **rules).data["extra"]["v"]
