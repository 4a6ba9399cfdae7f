"""User reports and feedback: what people wrote, linked to the event it is about, whichever comes first.

Feedback stands for itself. A user report is a remark on an event, and one whose event never came is dropped after a day
(ingest contract, section 7).
"""

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from ingest.items import Disposal, ItemType, ReceivedItem
from issues.match import Placed
from issues.models import Event, Feedback, GroupHash, Issue
from issues.options import Options, options_of
from issues.payload import normalize
from issues.payload.text import attribute, cut, one_line, storable
from issues.scrub import Scrubber
from projects import sql

MAX_MESSAGE = 8192  # characters
REPORT = "user_report"  # the source of reports, and of nothing else
UNLINKED_FOR = timedelta(days=1)  # how long a report waits for its event

DUPLICATE = Disposal("duplicate")
EMPTY = Disposal("invalid", "feedback without a word")
_COLUMNS = (
    *("project_id", "feedback_id", "event_id", "grouphash_id", "received_at", "name", "email"),
    *("message", "url", "source", "replay_id", "release", "environment"),
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """Texts fit their columns."""

    project_id: int
    feedback_id: uuid.UUID
    event_id: uuid.UUID | None
    received_at: datetime
    name: str
    email: str
    message: str
    url: str = ""
    source: str = ""
    replay_id: uuid.UUID | None = None
    release: str = ""
    environment: str = ""


class FeedbackSink:
    """The sink for `user_report` and `feedback` items (ingest.items.Sink)."""

    def prepare(self, items: Sequence[ReceivedItem]) -> list[Prepared | None]:
        options = options_of(item.project_id for item in items)
        return [prepare(item, options.get(item.project_id, Options()).scrubber) for item in items]

    def store(self, prepared: Sequence[Prepared | None], now: datetime) -> list[Disposal | None]:
        given = [p for p in prepared if p is not None]
        rows = Feedback.objects.filter(
            project_id__in={p.project_id for p in given},
            feedback_id__in={p.feedback_id for p in given},
        )
        stored = set(rows.values_list("project_id", "feedback_id"))
        fates: list[Disposal | None] = []
        new: list[Prepared] = []
        for p in prepared:
            if p is None:
                fates.append(EMPTY)
            elif (p.project_id, p.feedback_id) in stored:
                fates.append(DUPLICATE)
            else:
                stored.add((p.project_id, p.feedback_id))
                new.append(p)
                fates.append(None)
        _insert(new)
        return fates


def prepare(item: ReceivedItem, scrubber: Scrubber | None = None) -> Prepared | None:
    """None if nobody said anything. scrubber: None keeps secrets."""
    assert isinstance(item.payload, dict)
    reader = _report if item.type == ItemType.USER_REPORT else _feedback
    said = reader(item, item.payload)
    if said is None or scrubber is None:
        return said
    # People copy what they see: a card's number, a link that logs in.
    texts = {"message": said.message, "url": said.url}
    event = scrubber.scrub(normalize({"extra": texts}, received_at=said.received_at))
    kept = event.data.get("extra", {})
    return replace(
        said,
        message=_text(kept.get("message"), MAX_MESSAGE),
        url=_line(kept.get("url"), 2048),
    )


def _feedback(item: ReceivedItem, payload: dict[str, Any]) -> Prepared | None:
    contexts = payload.get("contexts")
    said = contexts.get("feedback") if isinstance(contexts, dict) else None
    if not isinstance(said, dict):
        return None
    message = _text(said.get("message"), MAX_MESSAGE)
    if not message:
        return None
    user = payload.get("user")
    user = user if isinstance(user, dict) else {}
    own_id = item.event_id or payload.get("event_id")
    return Prepared(
        project_id=item.project_id,
        feedback_id=_uuid(own_id) or _made_id(item.project_id, message, str(item.received_at)),
        event_id=_uuid(said.get("associated_event_id")),
        received_at=item.received_at,
        name=_line(said.get("name") or user.get("name") or user.get("username"), 128),
        email=_line(said.get("contact_email") or user.get("email"), 254),
        message=message,
        url=_line(said.get("url"), 2048),
        source=_line(said.get("source"), 64).replace(REPORT, "report"),
        replay_id=_uuid(said.get("replay_id")),
        release=_line(payload.get("release"), 250),
        environment=_line(payload.get("environment"), 64),
    )


def _report(item: ReceivedItem, payload: dict[str, Any]) -> Prepared | None:
    name, email = _line(payload.get("name"), 128), _line(payload.get("email"), 254)
    message = _text(payload.get("comments"), MAX_MESSAGE)
    if not (name or email or message):
        return None
    event_id = _uuid(payload.get("event_id")) or _uuid(item.event_id)
    return Prepared(
        project_id=item.project_id,
        # A report has no id: the same words about the same event are the same report.
        feedback_id=_made_id(item.project_id, str(event_id), name, email, message),
        event_id=event_id,
        received_at=item.received_at,
        name=name,
        email=email,
        message=message,
        source=REPORT,
    )


def _insert(new: Sequence[Prepared]) -> None:
    if not new:
        return
    by_project: dict[int, set[uuid.UUID]] = defaultdict(set)
    for p in new:
        if p.event_id is not None:
            by_project[p.project_id].add(p.event_id)
    grouphashes: dict[tuple[int, uuid.UUID | None], int] = {}
    for project_id, ids in by_project.items():
        events = Event.objects.filter(project_id=project_id, event_id__in=ids)
        for event_id, grouphash_id in events.values_list("event_id", "grouphash_id"):
            grouphashes[project_id, event_id] = grouphash_id
    sql.insert(
        Feedback,
        _COLUMNS,
        [
            (
                *(p.project_id, p.feedback_id, p.event_id),
                grouphashes.get((p.project_id, p.event_id)),
                *(p.received_at, p.name, p.email, p.message, p.url, p.source, p.replay_id),
                *(p.release, p.environment),
            )
            for p in new
        ],
    )


def link(placed: Sequence[Placed]) -> None:
    """Feedback that was here before its event. A step of the digest, in its database transaction."""
    by_project: dict[int, dict[uuid.UUID, int]] = defaultdict(dict)
    for p in placed:
        by_project[p.event.project_id][p.event.event_id] = p.grouphash_id
    for project_id, grouphashes in by_project.items():
        waiting = Feedback.objects.filter(
            project_id=project_id, event_id__in=list(grouphashes), grouphash_id__isnull=True
        )
        rows = [
            (grouphashes[event_id], pk)
            for pk, event_id in waiting.values_list("pk", "event_id")
            if event_id
        ]
        sql.update(Feedback, ("grouphash_id",), rows)


def drop_unlinked(now: datetime) -> list[tuple[int, datetime]]:
    """Forget user reports whose event has not come. (project, time of receipt) of each; called in a transaction."""
    waiting = Feedback.objects.filter(source=REPORT, grouphash_id__isnull=True)
    due = waiting.filter(received_at__lt=now - UNLINKED_FOR).order_by("pk")
    # Locked one by one: another process may drop them, and a late event may link one, at the same moment.
    dropped = []
    for pk, project_id, received_at in due.values_list("pk", "project_id", "received_at")[:10_000]:
        if waiting.filter(pk=pk).delete()[0]:
            dropped.append((project_id, received_at))
    return dropped


def of_issue(issue: Issue, limit: int = 50) -> list[Feedback]:
    """Latest first."""
    hashes = GroupHash.objects.filter(issue=issue).values("pk")
    return list(Feedback.objects.filter(grouphash_id__in=hashes).order_by("-received_at")[:limit])


def of_event(project_id: int, event_id: uuid.UUID) -> list[Feedback]:
    return list(
        Feedback.objects.filter(project_id=project_id, event_id=event_id).order_by("received_at")
    )


def of_project(project_id: int, limit: int, *, before: int | None = None) -> list[Feedback]:
    """Latest first. before: a primary key; what was stored earlier."""
    rows = Feedback.objects.filter(project_id=project_id).order_by("-pk")
    return list((rows if before is None else rows.filter(pk__lt=before))[:limit])


def _line(value: Any, limit: int) -> str:
    return cut(one_line(storable(attribute(value))), limit)


def _text(value: Any, limit: int) -> str:
    return cut(storable(attribute(value)), limit)


def _uuid(value: Any) -> uuid.UUID | None:
    if not isinstance(value, str) or len(value) > 45:
        return None
    try:
        found = uuid.UUID(value.strip())
    except ValueError:
        return None
    return found if found.int else None


def _made_id(*parts: object) -> uuid.UUID:
    text = "\0".join(map(str, parts)).encode("utf-8", "replace")
    return uuid.UUID(bytes=hashlib.blake2b(text, digest_size=16).digest())
