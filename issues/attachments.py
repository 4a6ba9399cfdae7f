"""Attachments of events: kept up to the installation's bounds, each once."""

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingest.items import Disposal, ReceivedItem
from issues import compress
from issues.models import Attachment, AttachmentData, Event, Feedback
from issues.payload.text import one_line, storable
from issues.storm import Keep
from projects import sql

MAX_PER_EVENT = 100
UNNAMED = "attachment"

DUPLICATE = Disposal("duplicate")
HOMELESS = Disposal("invalid", "no event of this id")
TOO_LARGE = Disposal("too_large", "attachment too large")
TOO_MANY = Disposal("too_large", "too much attached to one event")
# Of events that a storm has thinned, and of its latest, which takes its files along when a newer one comes.
THINNED = Disposal("filtered", "storm")
UNTIL_NEWER = Disposal("accepted", "storm")

Owner = tuple[int, uuid.UUID]  # project, event or feedback


@dataclass(frozen=True, slots=True)
class Prepared:
    """encoding, data: as AttachmentData keeps them; data is None if the attachment is larger than the bound."""

    owner: Owner | None
    name: str
    content_type: str
    attachment_type: str
    size: int
    digest: str
    received_at: datetime
    encoding: int
    data: bytes | None


class AttachmentSink:
    """The sink for `attachment` items (ingest.items.Sink). Registered after those of what they belong to.

    max_bytes: of one. max_event_bytes: of all that belong to an event.
    """

    def __init__(self, *, max_bytes: int, max_event_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._max_event_bytes = max_event_bytes

    def prepare(self, items: Sequence[ReceivedItem]) -> list[Prepared]:
        return [prepare(item, self._max_bytes) for item in items]

    def store(self, prepared: Sequence[Prepared], now: datetime) -> list[Disposal | None]:
        owners = {p.owner for p in prepared if p.owner is not None}
        known = _existing(owners)
        kept: dict[Owner, dict[tuple[str, str], int]] = defaultdict(dict)
        for row in Attachment.objects.filter(
            project_id__in={project for project, _ in known},
            event_id__in={event_id for _, event_id in known},
        ).values_list("project_id", "event_id", "name", "digest", "size"):
            project_id, event_id, name, digest, size = row
            kept[project_id, event_id][name, digest] = size
        new: list[Prepared] = []
        fates: list[Disposal | None] = []
        for p in prepared:
            fate = self._fate(p, known, kept)
            fates.append(fate)
            if fate in (None, UNTIL_NEWER) and p.owner is not None:
                kept[p.owner][p.name, p.digest] = p.size
                new.append(p)
        _insert(new)
        return fates

    def _fate(
        self,
        p: Prepared,
        known: Mapping[Owner, Keep],
        kept: dict[Owner, dict[tuple[str, str], int]],
    ) -> Disposal | None:
        if p.owner is None or p.owner not in known:
            return HOMELESS
        keep = known[p.owner]
        if keep is Keep.THINNED:
            return THINNED
        if p.data is None:
            return TOO_LARGE
        beside = kept[p.owner]
        if (p.name, p.digest) in beside:
            return DUPLICATE
        if len(beside) >= MAX_PER_EVENT or sum(beside.values()) + p.size > self._max_event_bytes:
            return TOO_MANY
        return UNTIL_NEWER if keep is Keep.UNTIL_NEWER else None


def prepare(item: ReceivedItem, max_bytes: int) -> Prepared:
    """item.payload: a view of the bytes. item.headers: filename, content_type, attachment_type, all optional."""
    assert isinstance(item.payload, memoryview)
    data = item.payload
    encoding, packed = compress.pack_bytes(data) if len(data) <= max_bytes else (0, None)
    headers = item.headers
    return Prepared(
        owner=(item.project_id, uuid.UUID(item.event_id)) if item.event_id else None,
        name=base_name(headers.get("filename")),
        content_type=_line(headers.get("content_type"), 100) or "application/octet-stream",
        attachment_type=_line(headers.get("attachment_type"), 64) or "event.attachment",
        size=len(data),
        digest=hashlib.blake2b(data, digest_size=16).hexdigest(),
        received_at=item.received_at,
        encoding=encoding,
        data=packed,
    )


def base_name(value: object) -> str:
    """The last part of a path of any system, in 255 characters."""
    name = _line(value, 4096).replace("\\", "/").rstrip("/").rpartition("/")[2].strip()
    if not name.strip("."):
        return UNNAMED  # a directory, to whoever saves it
    # The ending tells what it is.
    return name if len(name) <= 255 else name[:200] + name[-55:]


def _line(value: Any, limit: int) -> str:
    return one_line(storable(value))[:limit] if isinstance(value, str) else ""


def _existing(owners: set[Owner]) -> dict[Owner, Keep]:
    """Of these, the events and feedback that are stored, and whether they are kept whole."""
    by_project: dict[int, set[uuid.UUID]] = defaultdict(set)
    for project_id, event_id in owners:
        by_project[project_id].add(event_id)
    found: dict[Owner, Keep] = {}
    for project_id, ids in by_project.items():
        said = Feedback.objects.filter(project_id=project_id, feedback_id__in=ids)
        for own_id in said.values_list("feedback_id", flat=True):
            found[project_id, own_id] = Keep.WHOLE
        events = Event.objects.filter(project_id=project_id, event_id__in=ids)
        for event_id, keep in events.values_list("event_id", "keep"):
            found[project_id, event_id] = Keep(keep)
    return found


def _insert(new: Sequence[Prepared]) -> None:
    if not new:
        return
    rows = [
        (*p.owner, p.name, p.content_type, p.attachment_type, p.size, p.digest, p.received_at)
        for p in new
        if p.owner is not None
    ]
    columns = (
        *("project_id", "event_id", "name", "content_type", "attachment_type", "size"),
        *("digest", "received_at"),
    )
    keys = sql.insert(Attachment, columns, rows)
    # One statement each: the bytes of many in one would stand in memory several times.
    for key, p in zip(keys, new, strict=True):
        assert p.owner is not None
        assert p.data is not None
        sql.insert(
            AttachmentData,
            ("id", "project_id", "encoding", "data"),
            [(key, p.owner[0], p.encoding, p.data)],
        )


def of_event(project_id: int, event_id: uuid.UUID) -> list[Attachment]:
    """Without their bytes, in the order they came."""
    return list(Attachment.objects.filter(project_id=project_id, event_id=event_id).order_by("pk"))
