"""Events and texts without secrets, also where a project keeps them. Pure.

What is stored was scrubbed before, unless the project has switched that off, or a rule came later; what a language
model reads leaves the installation, so it is scrubbed again.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from issues.payload import EventData
from issues.scrub import Scrubber
from issues.text import mapping, spell, string

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def masked(data: Mapping[str, Any], scrubber: Scrubber) -> dict[str, Any]:
    """data: the canonical payload, tags and notes included. Only what is not sure to be shown is left out."""
    tags = {
        name: value if isinstance(value, str) else spell(value)
        for name, value in mapping(data.get("tags")).items()
    }
    rest = {name: value for name, value in data.items() if name not in ("tags", "errors", "_meta")}
    event = scrubber.scrub(_event({**rest, "tags": tags}, tags))
    return {**event.data, "tags": dict(event.tags)}


def masked_texts(texts: Sequence[str], scrubber: Scrubber) -> list[str]:
    """Titles and the like, each by itself."""
    data = {"extra": {f"text{index}": text for index, text in enumerate(texts)}}
    found = mapping(scrubber.scrub(_event(data, {})).data.get("extra"))
    return [string(found.get(f"text{index}")) for index in range(len(texts))]


def _event(data: dict[str, Any], tags: dict[str, str]) -> EventData:
    return EventData(
        event_id=string(data.get("event_id")),
        type=string(data.get("type")) or "error",
        timestamp=_EPOCH,
        received_at=_EPOCH,
        level=string(data.get("level")) or "error",
        platform=string(data.get("platform")) or "other",
        logger=string(data.get("logger")),
        transaction=string(data.get("transaction")),
        server_name=string(data.get("server_name")),
        release=string(data.get("release")),
        dist=string(data.get("dist")),
        environment=string(data.get("environment")),
        message=string(mapping(data.get("logentry")).get("formatted")),
        user_key=tags.get("user", ""),
        trace_id=tags.get("trace", ""),
        fingerprint=(),
        tags=tags,
        data=data,
        notes=(),
    )
