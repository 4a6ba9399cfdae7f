"""The guard against issues without end: texts of one place that differ every time are gathered in one issue.

Asked only where an issue would be made because of its text, inside the digest's transaction and under the lock of the
project's row: so it is exact, whatever number of processes digest. Grouping contract, section 13.5.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import Count, Q

from issues.grouping.grouping import VARIOUS
from issues.models import GroupHash, Issue, IssueFamily
from issues.prepare import Prepared

WINDOW = timedelta(days=7)

Key = tuple[int, str]  # project, family or hash


def gather(
    strangers: Sequence[Prepared],
    known: Mapping[Key, GroupHash],
    limits: Mapping[int, int],
    now: datetime,
) -> dict[int, Prepared]:
    """id() of an event -> the same event, grouped with the various messages of its place.

    strangers: events none of whose hashes was known. known: the hashes that are by now. limits: of each project, how
    many issues of one family may be made in WINDOW; 0 is any number.
    """
    asked = [
        event
        for event in strangers
        if event.grouping.family
        and not any((event.project_id, each) in known for each in event.grouping.hashes)
    ]
    if not asked:
        return {}
    made, by_place = _state(asked, now)
    met: set[Key] = set()
    gathered: dict[int, Prepared] = {}
    for event in asked:
        family = (event.project_id, event.grouping.family)
        keys = [(event.project_id, each) for each in event.grouping.hashes]
        limit = limits.get(event.project_id, 0)
        if any(key in met for key in keys):
            met.update(keys)  # joins an issue that this batch makes
        elif family in by_place or (limit and made[family] >= limit):
            gathered[id(event)] = replace(event, grouping=event.grouping.various())
        else:
            made[family] += 1
            met.update(keys)
    return gathered


def _state(asked: Iterable[Prepared], now: datetime) -> tuple[Counter[Key], set[Key]]:
    """How many issues each family has got lately, and which families are one issue by decision."""
    rows = (
        IssueFamily.objects.filter(
            project_id__in={event.project_id for event in asked},
            family__in={event.grouping.family for event in asked},
        )
        .values_list("project_id", "family")
        .annotate(
            recent=Count("pk", filter=Q(is_various=False, created_at__gt=now - WINDOW)),
            decided=Count("pk", filter=Q(by_place=True)),
        )
        .order_by()
    )
    made: Counter[Key] = Counter()
    by_place: set[Key] = set()
    for project_id, family, recent, decided in rows:
        made[project_id, family] = recent
        if decided:
            by_place.add((project_id, family))
    return made, by_place


def remember(firsts: Iterable[tuple[Prepared, Issue]], now: datetime) -> None:
    """The families of issues that have just been made."""
    rows = [
        IssueFamily(
            issue=issue,
            project_id=issue.project_id,
            family=event.grouping.family,
            created_at=now,
            is_various=event.grouping.kind == "various",
        )
        for event, issue in firsts
        if event.grouping.family
    ]
    if rows:
        IssueFamily.objects.bulk_create(rows)


def various_of(issue: Issue) -> IssueFamily | None:
    """What the issue's page says about an issue that gathers various messages; None if it is none."""
    # Every such issue is called so from the start; others need not be looked up.
    if issue.value != VARIOUS:
        return None
    return IssueFamily.objects.filter(issue=issue, is_various=True).first()


def group_by_place(issue: Issue, on: bool) -> bool:
    """From now on, every new text of this place joins the issue; or the limit counts again. Whether it gathers any."""
    return bool(IssueFamily.objects.filter(issue=issue, is_various=True).update(by_place=on))
