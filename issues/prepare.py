"""One received event -> all that will be stored of it. Pure but for making ids; outside of any transaction."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingest.items import ReceivedItem
from issues import compress, identity
from issues.filters import NO_FILTERS, FilterReason, Filters, reason_to_drop
from issues.grouping import DEFAULT, Config, Grouping, group
from issues.payload import EventData, normalize
from issues.scrub import Scrubber
from issues.states import Level

# Tags that differ on every event: columns of Event, searched there, and not counted per issue.
COLUMN_TAGS = frozenset({"trace", "api_request_id"})
MAX_SEARCH_TEXT = 16_000  # characters


@dataclass(frozen=True, slots=True)
class Prepared:
    """Times are aware; texts fit their columns."""

    project_id: int
    event_id: uuid.UUID
    received_at: datetime
    timestamp: datetime
    level: Level
    platform: str
    logger: str
    release: str
    environment: str
    user_hash: int | None
    trace_id: uuid.UUID | None
    api_request_id: str | None
    handled: bool | None
    tags: Mapping[str, str]
    grouping: Grouping
    search_text: str
    packed: bytes
    size: int  # bytes of JSON


def prepare(
    item: ReceivedItem,
    *,
    store_ip: bool = False,
    scrubber: Scrubber | None = None,
    filters: Filters = NO_FILTERS,
    config: Config = DEFAULT,
) -> Prepared | FilterReason:
    """Why the project does not want the event, else all that is stored of it. Raises only for faults of ours.

    item.payload: the event as parsed. scrubber: None keeps secrets.
    """
    assert isinstance(item.payload, dict)
    event = normalize(
        item.payload,
        received_at=item.received_at,
        sent_at=item.sent_at,
        event_id=item.event_id or None,
        clean=item.clean,
        store_ip=store_ip,
    )
    unwanted = reason_to_drop(event, filters)
    if unwanted is not None:
        return unwanted
    if scrubber is not None:
        # Before anything is derived from the event: titles, hashes and search text hold no secret either.
        event = scrubber.scrub(event)
    grouping = group(event.data, config)
    stored = {**event.data, "tags": dict(event.tags)}
    if event.notes:
        stored["errors"] = list(event.notes)
    packed, size = compress.pack(stored)
    return Prepared(
        project_id=item.project_id,
        event_id=uuid.UUID(event.event_id) if event.event_id else uuid.uuid4(),
        received_at=event.received_at,
        timestamp=event.timestamp,
        level=Level.named(event.level),
        platform=event.platform,
        logger=event.logger,
        release=event.release,
        environment=event.environment,
        user_hash=identity.user_hash(event.user_key),
        trace_id=uuid.UUID(event.trace_id) if event.trace_id else None,
        api_request_id=event.tags.get("api_request_id"),
        handled={"yes": True, "no": False}.get(event.tags.get("handled", "")),
        tags={key: value for key, value in event.tags.items() if key not in COLUMN_TAGS},
        grouping=grouping,
        search_text=search_text(event, grouping),
        packed=packed,
        size=size,
    )


def search_text(event: EventData, grouping: Grouping) -> str:
    """What free text finds an issue by: title, value, culprit, functions, modules and files, each once."""
    words: dict[str, None] = {}
    for text in (
        grouping.title,
        grouping.value,
        grouping.culprit,
        event.message,
        event.transaction,
    ):
        if text:
            words[text] = None
    for frame in _frames(event.data):
        for key in ("function", "module", "filename"):
            value = frame.get(key)
            if isinstance(value, str) and value:
                words[value] = None
    return "\n".join(words)[:MAX_SEARCH_TEXT].lower()


def _frames(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    holders = list(data.get("exception", {}).get("values", ()))
    holders += data.get("threads", {}).get("values", ())
    stacks = [holder.get("stacktrace") for holder in holders]
    stacks.append(data.get("stacktrace"))
    # The crash is last, and what is cut off at the end is the least telling.
    return [frame for stack in stacks if stack for frame in reversed(stack.get("frames", ()))]
