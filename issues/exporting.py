"""Stored events as JSON lines, in the order in which they were stored: read in batches, so memory stays small."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from issues import tombstones
from issues.models import Event, EventPayload, Issue
from projects.models import PrefixAlias, Project

log = logging.getLogger(__name__)

BATCH = 200  # events, with their payloads
WINDOW = 20_000  # primary keys that are looked through at once: no index leads to a project's events by key
TAIL = 64 << 20  # bytes at the end of a file in which its last line is looked for
_BEGINNING = b'{"id":'  # of each line


class NotAnExport(ValueError):
    """A file that something else has written. The message says so."""


def lines(project: Project, issue: Issue | None = None, *, after: int = 0) -> Iterator[bytes]:
    """Of the project, or of one of its issues; each ends in a line feed. after: the id of the last one there is."""
    for batch in _batches(project, issue, after):
        payloads = EventPayload.objects.filter(project_id=project.pk).in_bulk(
            [event.pk for event in batch]
        )
        for event in batch:
            yield _line(event, payloads.get(event.pk))


def _batches(project: Project, issue: Issue | None, after: int) -> Iterator[list[Event]]:
    newest = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    events = Event.objects.filter(project_id=project.pk)
    if issue is not None:
        events = events.filter(issue_id=issue.pk)
    while after < newest:
        until = min(after + WINDOW, newest)
        batch = list(events.filter(pk__gt=after, pk__lte=until).order_by("pk")[:BATCH])
        if batch:
            yield batch
        after = batch[-1].pk if len(batch) == BATCH else until


def _line(event: Event, payload: EventPayload | None) -> bytes:
    data: dict[str, Any] | None = None
    if payload is not None:
        try:
            data = payload.load()
        except Exception:  # a damaged row must not end the export
            log.exception("The payload of event %s cannot be read.", event.event_id.hex)
    head = {"id": event.pk, "issue": event.issue_id, "received_at": event.received_at}
    try:
        return orjson.dumps(head | {"event": data}, option=_OPTIONS)
    except (TypeError, ValueError):  # nested deeper than the writer goes
        log.error("Event %s cannot be written as JSON.", event.event_id.hex)
        return orjson.dumps(head | {"event": None}, option=_OPTIONS)


_OPTIONS = orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z


def last_id(file: Path) -> int:
    """The id of a file's last whole line; 0 if there is none. What a stop has cut in the middle of a line is cut off.

    Raises NotAnExport, and leaves the file alone.
    """
    if not file.is_file():
        return 0
    with file.open("r+b") as found:
        size = found.seek(0, 2)
        found.seek(max(0, size - TAIL))
        tail = found.read()
        whole = tail.rfind(b"\n") + 1
        if not tail.startswith(_BEGINNING[: len(tail)]) and size <= TAIL:
            raise NotAnExport(f"{file} holds something else.")
        last = _id_of(tail[:whole].rstrip(b"\n").rpartition(b"\n")[2]) if whole else 0
        if last is None or (not whole and size > TAIL):
            raise NotAnExport(f"{file} holds something else.")
        if whole < len(tail):
            found.truncate(size - len(tail) + whole)
    return last


def _id_of(line: bytes) -> int | None:
    try:
        number = orjson.loads(line)["id"]
    except (ValueError, KeyError, TypeError):
        return None
    return number if isinstance(number, int) else None


def issue_named(name: str) -> Issue | None:
    """By short id (WEB-12) or primary key; of one that was merged away, where it is now."""
    if name.isascii() and name.isdigit() and len(name) < 18:
        return _issue(tombstones.place_of(int(name)))
    prefix, _, number = name.upper().rpartition("-")
    if not (prefix and number.isascii() and number.isdigit() and len(number) < 10):
        return None
    project = Project.objects.filter(prefix=prefix).first()
    if project is None:
        alias = PrefixAlias.objects.select_related("project").filter(prefix=prefix).first()
        project = alias.project if alias is not None else None
    if project is None:
        return None
    found = Issue.objects.filter(project=project, number=int(number)).first()
    return found or _issue(tombstones.by_number(project.pk, int(number)))


def _issue(pk: int) -> Issue | None:
    return Issue.objects.select_related("project").filter(pk=pk).first()
