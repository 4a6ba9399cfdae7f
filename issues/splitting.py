"""A new issue for grouphashes that leave another: its name, from what is known of their events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from issues.grouping import Grouping, group
from issues.models import Event, EventPayload, GroupHash, Issue, IssueText
from issues.prepare import search_text
from issues.states import Status
from issues.why import why
from projects.models import Project

CANDIDATES = 20


@dataclass(frozen=True, slots=True)
class Said:
    """What an event says an issue is about."""

    grouping: Grouping
    text: str
    platform: str
    logger: str


def say(data: Mapping[str, Any], grouping: Grouping) -> Said:
    """data: the canonical payload."""
    platform, logger = str(data.get("platform", "other")), str(data.get("logger", ""))
    return Said(grouping, search_text(data, grouping), platform, logger)


def describe(issue: Issue) -> dict[str, Any]:
    """For an activity that names another issue."""
    return {"short_id": issue.short_id, "title": issue.title, "events": issue.event_count}


def new_issue(
    source: Issue,
    hashes: Sequence[GroupHash],
    project: Project,
    *,
    said: Said | None = None,
) -> Issue:
    """Unresolved, numbered, without hashes and counts. The project is locked by the caller.

    said: what names it; else the oldest stored event of the hashes.
    """
    project.last_issue_number += 1
    project.save(update_fields=["last_issue_number"])
    issue = Issue(
        project=project,
        number=project.last_issue_number,
        status=Status.UNRESOLVED,
        level=source.level,
        platform=source.platform,
        logger=source.logger,
        handled=source.handled,
        first_seen=source.first_seen,
        last_seen=source.last_seen,
    )
    found = said or _first_stored(source, hashes)
    if found is not None:
        grouping = found.grouping
        issue.title, issue.culprit = grouping.title[:256], grouping.culprit[:256]
        issue.type, issue.value = grouping.type[:256], grouping.value
        issue.platform, issue.logger = found.platform[:64], found.logger[:64]
        text = found.text
    else:
        issue.type, issue.value, issue.culprit = _named_by_hash(hashes, source)
        issue.title = ": ".join(filter(None, (issue.type, issue.value)))[:256]
        text = "\n".join(filter(None, (issue.title, issue.culprit))).lower()
    issue.save(force_insert=True)
    IssueText.objects.create(issue=issue, project_id=project.pk, text=text)
    return issue


def _first_stored(source: Issue, hashes: Sequence[GroupHash]) -> Said | None:
    """What the oldest event says whose payload is still there."""
    issues = {source.pk, *(row.merged_from for row in hashes if row.merged_from is not None)}
    events = Event.objects.filter(issue_id__in=issues, grouphash_id__in=[row.pk for row in hashes])
    for event in events.order_by("received_at", "pk")[:CANDIDATES]:
        payload = EventPayload.objects.filter(pk=event.pk, project_id=event.project_id).first()
        if payload is None:
            continue
        data = payload.load()
        return say(data, group(data))
    return None


def _named_by_hash(hashes: Sequence[GroupHash], source: Issue) -> tuple[str, str, str]:
    """Type, value and culprit, from the explanation that is stored with the hash."""
    for row in hashes:
        said = why(row.why, row.hash, row.config)
        if said is not None:
            lines = {line.label: line.value for line in said.lines}
            value = said.text or lines.get("Message") or lines.get("Reason", "")
            kind = lines.get("Type", "")
            return kind[:256], value or ("" if kind else source.value), lines.get("Place", "")[:256]
    return source.type, source.value, source.culprit
