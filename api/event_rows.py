"""Events with what their JSON needs beside them, read in few queries whatever their number."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q

from api.event_find import Found
from api.event_json import About, Around, full, short
from api.issue_json import release_ref
from issues.models import Event, EventPayload, GroupHash, Issue
from issues.views.issue_detail import Shown, load
from projects.models import Project, Release

Json = dict[str, Any]


def about(event: Event, issue_id: int, culprit: str = "") -> About:
    return About(
        event_id=event.event_id.hex,
        issue_id=issue_id,
        project_id=event.project_id,
        timestamp=event.timestamp,
        received_at=event.received_at,
        level=event.level_name,
        platform=event.platform,
        culprit=culprit,
    )


def short_rows(found: Sequence[Found]) -> list[Json]:
    """Two queries. An event that has not followed its grouphash yet says where that is now."""
    owners = _owners(each.event for each in found)
    culprits = dict(Issue.objects.filter(pk__in=set(owners.values())).values_list("pk", "culprit"))
    rows = []
    for each in found:
        issue_id = owners.get(each.event.grouphash_id, each.event.issue_id)
        fields = each.glance.fields
        row = short(
            about(each.event, issue_id, culprits.get(issue_id, "")),
            title=each.glance.title,
            message=fields.get("message", ""),
            kind=fields.get("error.type", ""),
            value=fields.get("error.value", ""),
            tags=each.glance.tags,
        )
        rows.append(row)
    return rows


def _owners(events: Any) -> Mapping[int, int]:
    """Grouphash -> issue."""
    hashes = GroupHash.objects.filter(pk__in={event.grouphash_id for event in events})
    return dict(hashes.values_list("pk", "issue_id"))


def full_rows(events: Sequence[Event], projects: Mapping[int, Project]) -> list[Json]:
    """With all that they held: a payload is read for each."""
    hashes = {
        row.pk: row
        for row in GroupHash.objects.filter(pk__in={event.grouphash_id for event in events})
        .select_related("issue")
        .defer("why")
    }
    releases = Release.objects.in_bulk([event.release_id for event in events if event.release_id])
    payloads = EventPayload.objects.in_bulk([event.pk for event in events])
    rows = []
    for event in events:
        row = hashes.get(event.grouphash_id)
        shown = _shown(event, payloads.get(event.pk))
        known = about(
            event, row.issue_id if row else event.issue_id, row.issue.culprit if row else ""
        )
        around = Around(
            release=release_ref(releases.get(event.release_id or 0), projects[event.project_id]),
            fingerprints=[row.hash] if row else [],
            size=shown.size,
            trouble=shown.trouble,
            grouping=row.config if row else "",
        )
        rows.append(full(known, shown.data, around))
    return rows


def _shown(event: Event, payload: EventPayload | None) -> Shown:
    if payload is None or event.is_thinned:
        return load(event)
    try:
        return Shown(event, payload.load(), payload.size, "")
    except Exception:  # load() says it, and logs it
        return load(event)


def event_json(event: Event, issue: Issue) -> Json:
    """One event in full, with its neighbours in the issue. Five queries."""
    shown = load(event)
    row = GroupHash.objects.filter(pk=event.grouphash_id).defer("why").first()
    release = Release.objects.filter(pk=event.release_id).first() if event.release_id else None
    older, newer = neighbours(event, issue)
    around = Around(
        release=release_ref(release, issue.project),
        fingerprints=[row.hash] if row else [],
        size=shown.size,
        older=older,
        newer=newer,
        trouble=shown.trouble,
        grouping=row.config if row else "",
    )
    return full(about(event, issue.pk, issue.culprit), shown.data, around)


def neighbours(event: Event, issue: Issue) -> tuple[str, str]:
    """Ids of the events before and behind it, "" for none."""
    events = Event.objects.filter(issue_id=issue.pk)
    at = event.received_at
    before = events.filter(
        Q(received_at__lt=at) | Q(received_at=at, pk__lt=event.pk), received_at__lte=at
    )
    behind = events.filter(
        Q(received_at__gt=at) | Q(received_at=at, pk__gt=event.pk), received_at__gte=at
    )
    older = before.order_by("-received_at", "-pk").values_list("event_id", flat=True).first()
    newer = behind.order_by("received_at", "pk").values_list("event_id", flat=True).first()
    return older.hex if older else "", newer.hex if newer else ""
