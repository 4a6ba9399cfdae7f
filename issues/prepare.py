"""One received event -> all that will be stored of it. Pure but for making ids; outside of any transaction."""

import uuid
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ingest import lenient
from ingest.items import ReceivedItem
from issues import compress, identity, stored
from issues.compress import NO_DICTIONARY, Dictionary
from issues.filters import NO_FILTERS, FilterReason, Filters, reason_to_drop
from issues.grouping import DEFAULT, Config, Grouping, group
from issues.payload import EventData, normalize
from issues.payload.sketch import tells_address
from issues.payload.types import DEFAULT_LIMITS, Limits
from issues.payload.user import as_object, wants_address
from issues.scrub import Scrubber
from issues.search.marks import MARKS
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
    search_text: str  # "" where `known` said that nobody will ask for it
    dictionary: Dictionary  # with which it is packed
    packed: bytes
    size: int  # bytes of JSON


def prepare(
    item: ReceivedItem,
    *,
    store_ip: bool = False,
    scrubber: Scrubber | None = None,
    filters: Filters = NO_FILTERS,
    pick: Callable[[str, int], Dictionary] = lambda grouphash, size: NO_DICTIONARY,
    limits: Limits = DEFAULT_LIMITS,
    config: Config = DEFAULT,
    known: Container[tuple[int, str]] = (),
) -> Prepared | FilterReason:
    """Why the project does not want the event, else all that is stored of it. Raises only for faults of ours.

    item.payload: the event as parsed, or a sketch of it. scrubber: None keeps secrets.
    pick: the event's most preferred hash and its size in bytes -> what to pack it with.
    known: (project, hash) of issues that there are already.
    """
    payload, raw = item.payload, item.raw
    assert isinstance(payload, dict)
    if store_ip and item.sender and wants_address(payload):
        item = _with_address(item)
    elif raw is not None and not _can_stay(raw, payload, store_ip, scrubber):
        item = replace(item, payload=lenient.load_object(raw, deep=True), raw=None)
    event = _normalized(item, store_ip, limits)
    unwanted = reason_to_drop(event, filters)
    if unwanted is not None:
        return unwanted
    if item.raw is not None:
        content = stored.as_sent(
            item.raw,
            event_id=event.event_id,
            received_at=item.received_at,
            sent_at=item.sent_at,
        )
        return _prepared(item, event, content, pick, config, known)
    if scrubber is not None:
        # Before anything is derived from the event: titles, hashes and search text hold no secret either.
        scrubbed = scrubber.scrub(event)
        if raw is not None and scrubbed is event:
            scrubber.learn(raw)
        event = scrubbed
    return _prepared(item, event, stored.normalized(event), pick, config, known)


def _with_address(item: ReceivedItem) -> ReceivedItem:
    """As if the sender had named its address itself."""
    whole = lenient.load_object(item.raw, deep=True) if item.raw is not None else item.payload
    assert isinstance(whole, dict)
    user = whole.get("user", whole.get("sentry.interfaces.User"))
    named = as_object(user)
    return replace(item, payload={**whole, "user": {**named, "ip_address": item.sender}}, raw=None)


def _can_stay(
    raw: bytes, payload: dict[str, Any], store_ip: bool, scrubber: Scrubber | None
) -> bool:
    """Whether nothing has to be taken out of the event before it is stored."""
    return (
        len(raw) <= stored.MAX_AS_SENT
        and (store_ip or not tells_address(payload))
        and (scrubber is None or scrubber.is_clean(raw))
    )


def _normalized(item: ReceivedItem, store_ip: bool, limits: Limits) -> EventData:
    assert isinstance(item.payload, dict)
    return normalize(
        item.payload,
        received_at=item.received_at,
        sent_at=item.sent_at,
        event_id=item.event_id or None,
        clean=item.clean,
        store_ip=store_ip,
        is_sketch=item.raw is not None,
        limits=limits,
    )


def _prepared(
    item: ReceivedItem,
    event: EventData,
    content: bytes,
    pick: Callable[[str, int], Dictionary],
    config: Config,
    known: Container[tuple[int, str]],
) -> Prepared:
    grouping = group(event.data, config)
    is_known = (item.project_id, grouping.hashes[0]) in known
    dictionary = pick(grouping.hashes[0], len(content))
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
        search_text="" if is_known else search_text(event.data, grouping),
        dictionary=dictionary,
        packed=compress.pack(content, dictionary),
        size=len(content),
    )


def search_text(data: Mapping[str, Any], grouping: Grouping) -> str:
    """What free text finds an issue by: title, value, culprit, functions, modules and files, each once.

    Those of the stack begin with a mark of their kind. data: the canonical payload.
    """
    words: dict[str, None] = {}
    for text in (
        grouping.title,
        grouping.value,
        grouping.culprit,
        data.get("logentry", {}).get("formatted"),
        data.get("transaction"),
    ):
        if text:
            words[text] = None
    for frame in _frames(data):
        for key, mark in MARKS.items():
            value = frame.get(key)
            if isinstance(value, str) and value:
                words[mark + value] = None
    return "\n".join(words)[:MAX_SEARCH_TEXT].lower()


def _frames(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    holders = list(data.get("exception", {}).get("values", ()))
    holders += data.get("threads", {}).get("values", ())
    stacks = [holder.get("stacktrace") for holder in holders]
    stacks.append(data.get("stacktrace"))
    # The crash is last, and what is cut off at the end is the least telling.
    return [frame for stack in stacks if stack for frame in reversed(stack.get("frames", ()))]
