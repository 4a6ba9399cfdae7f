"""Events into issues: prepare, then store. `store` reads as the list of steps that it is."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime

from ingest.items import Disposal, ReceivedItem
from issues import feedback, match, store
from issues.options import Options, options_of
from issues.prepare import Prepared, prepare

DUPLICATE = Disposal("duplicate")
NO_PROJECT = Disposal("invalid", "project deleted")  # after the event was accepted


OPTIONS_SECONDS = 1.0  # until a changed setting of a project counts


class EventSink:
    """The sink for `event` items (ingest.items.Sink). clock: monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._options: dict[int, Options] = {}
        self._read_at = float("-inf")

    def prepare(self, items: Sequence[ReceivedItem]) -> list[Prepared | Disposal]:
        options = self._options_of({item.project_id for item in items})
        return [_prepared(item, options.get(item.project_id)) for item in items]

    def _options_of(self, project_ids: set[int]) -> dict[int, Options]:
        """Read again after a moment, so that preparing events one by one does not ask the database for each."""
        if self._clock() - self._read_at > OPTIONS_SECONDS:
            self._options = {}
            self._read_at = self._clock()
        if missing := project_ids - self._options.keys():
            self._options |= options_of(missing)
        return self._options

    def store(
        self, prepared: Sequence[Prepared | Disposal], now: datetime
    ) -> list[Disposal | None]:
        wanted = [each for each in prepared if isinstance(each, Prepared)]
        fates = iter(digest(wanted, now))
        return [next(fates) if isinstance(each, Prepared) else each for each in prepared]


def _prepared(item: ReceivedItem, options: Options | None) -> Prepared | Disposal:
    if options is None:
        return NO_PROJECT
    ready = prepare(
        item,
        store_ip=options.store_ip,
        scrubber=options.scrubber,
        filters=options.filters,
        config=options.grouping,
    )
    return ready if isinstance(ready, Prepared) else Disposal("filtered", ready.value)


def digest(prepared: Sequence[Prepared], now: datetime) -> list[Disposal | None]:
    """Store a batch inside the caller's database transaction. What became of each event; None: stored.

    Locks projects, then issues, in the order of their primary keys; every other row it changes belongs to one of them.
    """
    new = store.skip_duplicates(prepared)
    if new:
        names = match.name_ids(new, now)
        placed = match.match_issues(new, names, now)
        store.insert_events(placed, names, now)
        store.count_tags(placed)
        store.count_hours(placed, names)
        met = store.count_users(placed, names)
        store.update_issues(placed, names, met, now)
        feedback.link(placed)
        store.mark_projects(new, now)
        store.count_months(new)
    kept = {id(event) for event in new}
    return [None if id(event) in kept else DUPLICATE for event in prepared]
