"""Events into issues: prepare, then store. `store` reads as the list of steps that it is."""

from collections.abc import Sequence
from datetime import datetime

from ingest.items import Disposal, ReceivedItem
from issues import store
from issues.prepare import Prepared, prepare
from projects.models import Project

DUPLICATE = Disposal("duplicate")


class EventSink:
    """The sink for `event` items (ingest.items.Sink)."""

    def prepare(self, items: Sequence[ReceivedItem]) -> list[Prepared]:
        projects = {item.project_id for item in items}
        keeps_ip = set(
            Project.objects.filter(pk__in=projects, store_ip=True).values_list("pk", flat=True)
        )
        return [prepare(item, store_ip=item.project_id in keeps_ip) for item in items]

    def store(self, prepared: Sequence[Prepared], now: datetime) -> list[Disposal | None]:
        return digest(prepared, now)


def digest(prepared: Sequence[Prepared], now: datetime) -> list[Disposal | None]:
    """Store a batch inside the caller's database transaction. What became of each event; None: stored.

    Locks projects, then issues, in the order of their primary keys; every other row it changes belongs to one of them.
    """
    new = store.skip_duplicates(prepared)
    if new:
        names = store.name_ids(new, now)
        placed = store.match_issues(new, names, now)
        store.insert_events(placed, names, now)
        store.count_tags(placed)
        store.count_hours(placed, names)
        met = store.count_users(placed, names)
        store.update_issues(placed, names, met, now)
        store.mark_projects(new, now)
    kept = {id(event) for event in new}
    return [None if id(event) in kept else DUPLICATE for event in prepared]
