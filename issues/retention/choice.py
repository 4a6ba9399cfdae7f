"""Which events of an issue go, looked at oldest first. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from issues.retention.policy import Worth

# So many releases with environments are told apart in an issue: a sender whose release differs on every event must not
# keep everything.
MAX_PLACES = 200


class Row(NamedTuple):
    """release, environment: primary keys, 0 for none. is_thinned: a storm took its payload."""

    pk: int
    event_id: UUID
    received_at: datetime
    digested_at: datetime
    release: int
    environment: int
    is_thinned: bool


@dataclass(slots=True)
class Walk:
    """One walk through the events of an issue, from the oldest on.

    first_at, last_at: when its first and its latest stored event were received. settled: what was digested after stays.
    cutoffs: what was received before leaves by age.
    """

    first_at: datetime
    last_at: datetime
    settled: datetime
    cutoffs: Mapping[Worth, datetime | None] = field(default_factory=dict)
    _places: set[tuple[int, int]] = field(default_factory=set)

    def judged(
        self, rows: Iterable[Row], linked: Collection[UUID]
    ) -> Iterator[tuple[Row, Worth, bool]]:
        """Those that may leave at all: what they are worth, and whether they do leave by age."""
        for row in rows:
            worth = self._worth(row, linked)
            if row.digested_at > self.settled:
                continue
            cutoff = self.cutoffs.get(worth)
            yield row, worth, cutoff is not None and row.received_at < cutoff

    def _worth(self, row: Row, linked: Collection[UUID]) -> Worth:
        place = (row.release, row.environment)
        is_first_there = (
            not row.is_thinned and place not in self._places and len(self._places) < MAX_PLACES
        )
        if is_first_there:
            self._places.add(place)
        if row.received_at in (self.first_at, self.last_at):
            return Worth.END
        if row.event_id in linked:
            return Worth.LINKED
        return Worth.PLACE if is_first_there else Worth.ORDINARY
