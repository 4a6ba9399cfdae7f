"""Events into issues: prepare, then store. `store` reads as the list of steps that it is."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime

from ingest.items import Disposal, ReceivedItem
from issues import failures, feedback, match, store, thinning
from issues.exemplars import Exemplars
from issues.match import Placed
from issues.options import Options, options_of
from issues.payload.types import DEFAULT_LIMITS, Limits
from issues.prepare import Prepared, prepare
from issues.storm import Keep, Rule

DUPLICATE = Disposal("duplicate")
NO_PROJECT = Disposal("invalid", "project deleted")  # after the event was accepted
# Stored and counted as every other; without its payload, or with it only until a newer one comes.
THINNED = Disposal("accepted", "storm")
DISCARDED = Disposal("filtered", "discarded")  # its issue was deleted with all its future

# Stored, under a coarse hash: what should have grouped it has failed.
NOT_GROUPED = Disposal("accepted", "grouping_error")

MAX_KNOWN = 50_000  # hashes that are remembered
OPTIONS_SECONDS = 1.0  # until a changed setting of a project counts


class EventSink:
    """The sink for `event` items (ingest.items.Sink).

    clock: monotonic seconds. rule: what is a storm. limits: what is kept of an event.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        *,
        rule: Rule | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self._clock = clock
        self._rule = rule or Rule()
        self._limits = limits
        self._options: dict[int, Options] = {}
        self._read_at = float("-inf")
        self._known: set[tuple[int, str]] = set()
        self._exemplars = Exemplars()

    def prepare(self, items: Sequence[ReceivedItem]) -> list[Prepared | Disposal]:
        options = self._options_of({item.project_id for item in items})
        return [self._prepared(item, options.get(item.project_id)) for item in items]

    def _prepared(self, item: ReceivedItem, options: Options | None) -> Prepared | Disposal:
        if options is None:
            return NO_PROJECT
        dictionary = options.dictionary
        ready = prepare(
            item,
            store_ip=options.store_ip,
            scrubber=options.scrubber,
            filters=options.filters,
            pick=lambda grouphash, size: self._exemplars.pick(
                (item.project_id, grouphash), size, dictionary
            ),
            limits=self._limits,
            known=self._known,
            config=options.grouping,
        )
        if not isinstance(ready, Prepared):
            return Disposal("filtered", ready.value)
        if ready.grouping.hashes[0] in options.discarded:
            return DISCARDED
        self._exemplars.learn(ready)
        return ready

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
        fates = iter(digest(wanted, now, self._rule, self._exemplars))
        if len(self._known) > MAX_KNOWN:
            self._known.clear()
        self._known.update((each.project_id, each.grouping.hashes[0]) for each in wanted)
        return [next(fates) if isinstance(each, Prepared) else each for each in prepared]


def digest(
    prepared: Sequence[Prepared], now: datetime, rule: Rule, exemplars: Exemplars
) -> list[Disposal | None]:
    """Store a batch inside the caller's database transaction. What became of each event; None: stored whole.

    Locks projects, then issues, in the order of their primary keys; every other row it changes belongs to one of them.
    """
    new = store.skip_duplicates(prepared)
    fates: dict[int, Disposal | None] = {}
    placed: list[Placed] = []
    if new:
        names = match.name_ids(new)
        found = match.match_issues(new, names, now)
        fates = {id(event): DISCARDED for event in new}
        new = [event for event, place in zip(new, found, strict=True) if place is not None]
        placed = exemplars.fit(place for place in found if place is not None)
    if placed:
        thinned = thinning.judge(placed, names, rule)
        keys = store.insert_events(placed, names, thinned.keeps, now)
        thinned.settle(placed, keys, now)
        exemplars.make(placed)
        store.count_tags(placed)
        store.count_hours(placed, names)
        met = store.count_users(placed, names)
        store.update_issues(placed, names, met, thinned.activity, now)
        feedback.link(placed)
        store.mark_projects(new, now)
        store.count_months(new)
        failures.count(new)
        fates |= {
            id(event): _fate(event, keep) for event, keep in zip(new, thinned.keeps, strict=True)
        }
    return [fates.get(id(event), DUPLICATE) for event in prepared]


def _fate(event: Prepared, keep: Keep) -> Disposal | None:
    if keep is not Keep.WHOLE:
        return THINNED
    return NOT_GROUPED if event.grouping.failed else None
