"""Issues that are probably the same: noted by the digest, shown on their pages, merged or told apart by people.

Two hashes of one event may belong to two issues: its primary hash to the one, to the other that of the very same raise
statement in the very same release. The event goes by the primary hash, and both issues say so. Grouping contract,
section 13.3.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from issues import tombstones
from issues.grouping import Grouping
from issues.models import Event, GroupHash, Issue, Likeness, MergedIssue
from issues.prepare import Prepared
from issues.states import Status
from projects.models import User

MAX_READ = 50
MAX_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Like:
    """An issue that is probably the same as another. release: in which one statement has raised events of both."""

    issue: Issue
    release: str


def note(
    events: Sequence[Prepared],
    known: Mapping[tuple[int, str], GroupHash],
    issues: Mapping[int, Issue],
    now: datetime,
) -> None:
    """Inside the digest's transaction, which holds the issues: a statement only if two hashes of an event disagree."""
    found: dict[tuple[int, int], Likeness] = {}
    for event in events:
        hashes = event.grouping.hashes
        if len(hashes) < 2:
            continue
        mine = known[event.project_id, hashes[0]].issue_id
        for each in hashes[1:]:
            other = known[event.project_id, each].issue_id
            if other == mine or not (_is_open(issues.get(mine)) and _is_open(issues.get(other))):
                continue
            pair = min(mine, other), max(mine, other)
            found[pair] = Likeness(
                project_id=event.project_id,
                issue_id=pair[0],
                other_id=pair[1],
                release=event.release[:250],
                created_at=now,
            )
    if found:
        Likeness.objects.bulk_create([found[pair] for pair in sorted(found)], ignore_conflicts=True)


def _is_open(issue: Issue | None) -> bool:
    return issue is not None and issue.status != Status.RESOLVED


def of_issue(issue: Issue) -> list[Like]:
    """Three queries at most, however many there are; one if there are none."""
    # What was merged away since counts for the issue that has its events now.
    merged = MergedIssue.objects.filter(into_id=issue.pk).values("pk")
    mine = Q(issue=issue) | Q(issue__in=merged)
    rows = Likeness.objects.filter(mine | Q(other=issue) | Q(other__in=merged), dismissed_at=None)
    pairs = rows.order_by("-pk").values_list("issue_id", "other_id", "release")[:MAX_READ]
    releases: dict[int, str] = {}
    for one, other, release in pairs:
        releases.setdefault(one, release)
        releases.setdefault(other, release)
    if not releases:
        return []
    for pk, into in tombstones.follow(releases.keys()).items():
        releases.setdefault(into, releases.pop(pk))
    releases.pop(issue.pk, None)
    there = Issue.objects.select_related("project").filter(
        pk__in=releases, project_id=issue.project_id
    )
    found = there.exclude(status=Status.RESOLVED).order_by("-last_seen", "-pk")[:MAX_SHOWN]
    return [Like(each, releases[each.pk]) for each in found]


def hashes_for(event: Event, grouping: Grouping | None) -> tuple[GroupHash | None, list[GroupHash]]:
    """The hash that has placed the event, and those of its hashes of today that there are, most preferred first."""
    wanted = grouping.hashes if grouping is not None and not grouping.failed else ()
    today = Q(project_id=event.project_id, hash__in=wanted)
    rows = list(GroupHash.objects.filter(Q(pk=event.grouphash_id) | today))
    decided = next((row for row in rows if row.pk == event.grouphash_id), None)
    by_hash = {row.hash: row for row in rows}
    return decided, [by_hash[each] for each in wanted if each in by_hash]


def now_with(decided: GroupHash | None, today: Sequence[GroupHash]) -> Issue | None:
    """Where such an event would go today, if that is another issue: rules or configuration have changed since.

    Both as hashes_for().
    """
    if decided is None or not today or decided in today:
        return None
    if today[0].issue_id == decided.issue_id:
        return None
    return Issue.objects.select_related("project").filter(pk=today[0].issue_id).first()


def tell_apart(issue: Issue, other: Issue, *, by: User | None, now: datetime) -> None:
    """They are not the same, whatever grouping thinks of them."""
    low, high = sorted((issue.pk, other.pk))
    Likeness.objects.update_or_create(
        issue_id=low,
        other_id=high,
        defaults={"dismissed_at": now, "dismissed_by": by},
        create_defaults={
            "project_id": issue.project_id,
            "created_at": now,
            "dismissed_at": now,
            "dismissed_by": by,
        },
    )
