"""From one grouping to another without splitting issues (grouping contract, section 14).

For a while after a project has changed its configuration or rules, an event none of whose hashes is known is grouped
the old way as well: if that leads to an issue, the event joins it and brings its new hashes along.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from issues.compress import unpack
from issues.models import Changeover, GroupHash
from issues.prepare import Prepared
from issues.regroup.candidates import grouper

LASTS = timedelta(days=90)


def begin(project_id: int, previous: Mapping[str, Any], now: datetime) -> None:
    """previous: the candidate (issues.regroup.candidates) that was in force until now. Call it in the transaction that
    saves the new one. A second change within the time keeps the older of the two: its hashes are what issues have.
    """
    row, is_new = Changeover.objects.get_or_create(
        project_id=project_id, defaults={"previous": dict(previous), "until": now + LASTS}
    )
    if not is_new:
        if row.until <= now:
            row.previous = dict(previous)
        row.until = now + LASTS
        row.save(update_fields=["previous", "until"])


def with_previous(strangers: Iterable[Prepared], now: datetime) -> dict[int, Prepared]:
    """id() of an event -> the event with those hashes of the previous grouping that are known, after its own.

    One query where no project is changing over.
    """
    by_project: dict[int, list[Prepared]] = defaultdict(list)
    for event in strangers:
        by_project[event.project_id].append(event)
    found: dict[int, Prepared] = {}
    for row in Changeover.objects.filter(project_id__in=list(by_project), until__gt=now):
        group = grouper(row.previous)
        old = {id(e): group(unpack(e.packed)).hashes for e in by_project[row.project_id]}
        known = set(
            GroupHash.objects.filter(
                project_id=row.project_id, hash__in={h for hashes in old.values() for h in hashes}
            ).values_list("hash", flat=True)
        )
        for event in by_project[row.project_id]:
            more = tuple(h for h in old[id(event)] if h in known)
            if more:
                hashes = dict.fromkeys((*event.grouping.hashes, *more))
                grouping = replace(event.grouping, hashes=tuple(hashes))
                found[id(event)] = replace(event, grouping=grouping)
    return found
