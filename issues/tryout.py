"""What other rules would make of an event, before they are saved. Stores nothing."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from issues import navigator
from issues.grouping import Config, Grouping, group
from issues.models import Event, EventPayload, GroupHash, Issue
from issues.payload import normalize
from issues.why import Why, why
from projects.models import Project

MAX_CHOICES = 10
_EVENT_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")


class NoEvent(ValueError):
    """The message is for the person who asked."""


@dataclass(frozen=True, slots=True)
class Sample:
    """issue: in which the event is; None if it was pasted."""

    data: Mapping[str, Any]
    name: str
    issue: Issue | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """issue: in which the event would be; None: a new one."""

    title: str
    hash: str
    issue: Issue | None
    why: Why | None


@dataclass(frozen=True, slots=True)
class Trial:
    sample: Sample
    words: str
    is_same: bool
    before: Outcome
    after: Outcome


def choices(project: Project) -> list[tuple[Event, Issue]]:
    """The newest event of each of the issues that were seen last."""
    issues = Issue.objects.filter(project=project).order_by("-last_seen", "-pk")[:MAX_CHOICES]
    found = ((navigator.newest(issue), issue) for issue in issues.select_related("project"))
    return [(event, issue) for event, issue in found if event is not None]


def sample(project: Project, text: str, now: datetime) -> Sample:
    """text: the id or the address of an event of the project, or an event as JSON. Raises NoEvent."""
    text = text.strip()
    if text.startswith("{"):
        return _pasted(text, now)
    found = _EVENT_ID.search(text.lower().replace("-", ""))
    if found is None:
        raise NoEvent("Pick an event, or paste its id, its address or its JSON.")
    event = Event.objects.filter(project_id=project.pk, event_id=uuid.UUID(found[0])).first()
    if event is None:
        raise NoEvent("This project has no such event, or no longer.")
    payload = EventPayload.objects.filter(pk=event.pk, project_id=project.pk).first()
    try:
        data = payload.load() if payload is not None else None
    except Exception as error:  # whatever a damaged row raises
        raise NoEvent("What this event held cannot be read; take another one.") from error
    if data is None:
        raise NoEvent("What this event held is no longer kept; take a newer one.")
    issue = Issue.objects.select_related("project").filter(pk=event.issue_id).first()
    return Sample(data, f"Event {event.event_id.hex[:8]}", issue)


def _pasted(text: str, now: datetime) -> Sample:
    try:
        event = orjson.loads(text)
    except ValueError as error:
        raise NoEvent(f"This is no JSON: {error}") from error
    data = normalize(event, received_at=now).data
    return Sample(data, "The pasted event", None)


def trial(found: Sample, project: Project, before: Config, after: Config) -> Trial:
    was, would = group(found.data, before), group(found.data, after)
    old, new = _outcome(project, was), _outcome(project, would)
    return Trial(
        sample=found,
        words=_words(found, old, new, is_same=was.hashes == would.hashes),
        is_same=was.hashes == would.hashes and was.title == would.title,
        before=old,
        after=new,
    )


def _outcome(project: Project, grouping: Grouping) -> Outcome:
    hashes = (*grouping.hashes, *grouping.earlier)
    rows = GroupHash.objects.filter(project=project, hash__in=hashes).select_related(
        "issue__project"
    )
    owners = {row.hash: row.issue for row in rows}
    return Outcome(
        title=grouping.title,
        hash=grouping.hashes[0],
        issue=next((owners[each] for each in hashes if each in owners), None),
        why=why(grouping.why, grouping.hashes[0], grouping.config),
    )


def _words(found: Sample, old: Outcome, new: Outcome, *, is_same: bool) -> str:
    home = old.issue or found.issue
    if is_same and old.title != new.title:
        return "The grouping stays; new issues of such events get another title."
    if is_same:
        return "Nothing changes: such events are grouped as they are now."
    if new.issue is None:
        kept = f" {home.short_id} keeps what it has." if home else ""
        return f"The next event like this makes a new issue.{kept}"
    if home is not None and new.issue.pk == home.pk:
        return f"The next event like this stays in {home.short_id}, which gets a further hash."
    left = f", no longer {home.short_id}" if home else ""
    return f"The next event like this joins {new.issue.short_id}{left}."
