"""What new events make of resolved and muted issues: inside the digest's transaction, under the issues' row locks.

A batch without an issue that was resolved in a release costs no query; one with any number of them costs one, or two
where the release is one that has only just appeared.
"""

from collections.abc import Iterable, Mapping, Sequence

from issues import window
from issues.match import Names, Placed
from issues.models import Activity, Issue
from issues.prepare import Prepared
from issues.states import Arrival, Kind, Status, Woken, wakes
from projects.models import Release
from projects.versions import Known, is_newer, next_after

# Columns of Issue that change here.
COLUMNS = (
    *("status", "regressed_at", "resolved_at", "resolved_in_id", "resolved_after_id"),
    *("resolved_next", "resolved_commit", "resolved_repository"),
    *("muted_until", "muted_until_count", "muted_until_users", "muted_window"),
)


def releases_of(placed: Iterable[Placed], names: Names) -> dict[int, Known]:
    """The releases that decide, by primary key: what issues were resolved in, and what their new events name."""
    affected = [p for p in placed if p.issue.is_resolved_in_release]
    wanted = {
        pk or 0 for p in affected for pk in (p.issue.resolved_in_id, p.issue.resolved_after_id)
    }
    wanted |= {names.release(p.event) or 0 for p in affected}
    wanted.discard(0)
    if not wanted:
        return {}
    found = known(Release.objects.filter(pk__in=wanted))
    pending = {p.issue.pk: p.issue for p in affected if _has_appeared(p, names, found)}
    if pending:
        settle(pending.values(), found)
    return found


def _has_appeared(placed: Placed, names: Names, found: Mapping[int, Known]) -> bool:
    """Whether an event is of the release that its issue waits for, or of a still newer one."""
    if not placed.issue.resolved_next:
        return False
    release = found.get(names.release(placed.event) or 0)
    base = found.get(placed.issue.resolved_after_id or 0)
    return release is not None and (base is None or is_newer(release, base))


def known(releases: Iterable[Release]) -> dict[int, Known]:
    return {each.pk: Known(each.version, each.created_at, each.pk) for each in releases}


def settle(pending: Iterable[Issue], found: dict[int, Known]) -> list[Issue]:
    """Where the next release has appeared, that is what the issue was resolved in. Returns those; saves nothing.

    found: releases that are known already; it is completed.
    """
    waiting = list(pending)
    bases = {issue.resolved_after_id for issue in waiting if issue.resolved_after_id} - found.keys()
    if bases:
        found |= known(Release.objects.filter(pk__in=bases))
    projects: dict[int, list[Known]] = {}
    starts = [
        found[pk].first_seen for pk in (i.resolved_after_id or 0 for i in waiting) if pk in found
    ]
    rows = Release.objects.filter(project_id__in={issue.project_id for issue in waiting})
    if len(starts) == len(
        waiting
    ):  # what appeared before is older, or was passed over when it was resolved
        rows = rows.filter(created_at__gte=min(starts))
    for row in rows:
        each = Known(row.version, row.created_at, row.pk)
        projects.setdefault(row.project_id, []).append(each)
    done = []
    for issue in waiting:
        base = found.get(issue.resolved_after_id or 0)
        given = projects.get(issue.project_id, [])
        if base is not None:
            given = [each for each in given if each.first_seen >= base.first_seen]
        release = next_after(base, given)
        if release is not None:
            found[release.pk] = release
            issue.resolved_in_id, issue.resolved_next = release.pk, False
            done.append(issue)
    return done


def wake(
    issue: Issue, events: Sequence[Prepared], names: Names, releases: Mapping[int, Known]
) -> list[Activity]:
    """Change an issue that is not unresolved by its new events, before they are counted. user_count has their users."""
    arriving = sorted(events, key=lambda event: event.received_at)
    arrivals = [
        Arrival(event.received_at, releases.get(names.release(event) or 0), event.user_hash)
        for event in arriving
    ]
    waiting = issue.waiting(releases)
    woken = wakes(
        Status(issue.status),
        waiting,
        arrivals,
        event_count=issue.event_count,
        user_count=issue.user_count,
    )
    if woken is None:
        if waiting.window is not None:
            issue.muted_window = window.write(waiting.window)
        return []
    return [_wake(issue, woken, arriving[woken.by])]


def _wake(issue: Issue, woken: Woken, event: Prepared) -> Activity:
    reopen(issue)
    if woken.kind is Kind.REGRESSED:
        issue.regressed_at = event.received_at
    return Activity(
        project_id=issue.project_id,
        issue_id=issue.pk,
        kind=woken.kind,
        at=event.received_at,
        data={"release": event.release} if event.release else {},
    )


def reopen(issue: Issue) -> None:
    """Nothing is left of how it was resolved or muted."""
    issue.status = Status.UNRESOLVED
    issue.resolved_at = None
    issue.resolved_in_id = issue.resolved_after_id = None
    issue.resolved_next = False
    issue.resolved_commit = issue.resolved_repository = ""
    issue.muted_until = issue.muted_until_count = issue.muted_until_users = None
    issue.muted_window = ""
