"""Which events leave by which rule: reads as it goes, so that whoever takes them may take them meanwhile."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from issues.retention import looking
from issues.retention.choice import Row, Walk
from issues.retention.looking import Stored
from issues.retention.policy import SETTLING, Policy, Reason, Worth, water_level, water_level_of
from issues.retention.removing import Doomed

# What number and bytes take from an issue, in this order; its ends they leave.
LEVELS = (Worth.ORDINARY, Worth.PLACE, Worth.LINKED)


class Choosing:
    """gone: how many events of each issue are taken as gone although they are stored, in a dry run."""

    def __init__(
        self, now: datetime, *, settling: timedelta = SETTLING, gone: Counter[int] | None = None
    ) -> None:
        self._now = now
        self._settled = now - settling
        self._gone = Counter[int]() if gone is None else gone
        self._named: tuple[int, frozenset[UUID]] = (0, frozenset())

    def by_age(self, project_id: int, policy: Policy) -> Iterator[Doomed]:
        cutoffs = {worth: policy.cutoff(worth, self._now) for worth in Worth}
        horizon = max((each for each in cutoffs.values() if each is not None), default=None)
        if horizon is None or not looking.is_settled(project_id):
            return
        ends = cutoffs[Worth.END]
        for issues in looking.stored_of(project_id):
            for stored in issues:
                # Most issues are rare: what they have are their ends.
                alone = stored.events <= 2 and (ends is None or stored.first_at >= ends)
                if stored.first_at < horizon and not alone:
                    yield from self._aged(project_id, stored, cutoffs, horizon)

    def _aged(
        self,
        project_id: int,
        stored: Stored,
        cutoffs: Mapping[Worth, datetime | None],
        horizon: datetime,
    ) -> Iterator[Doomed]:
        walk = Walk(stored.first_at, stored.last_at, self._settled, cutoffs)
        for row, _, is_old in self._judged(project_id, stored, walk, horizon):
            if is_old:
                yield Doomed(row.pk, stored.issue_id, Reason.AGE)

    def by_number(self, project_id: int, policy: Policy) -> Iterator[Doomed]:
        """Called when what leaves by age has left."""
        if not policy.is_by_number or not looking.is_settled(project_id):
            return
        found = [
            stored._replace(events=stored.events - self._gone[stored.issue_id])
            for issues in looking.stored_of(project_id)
            for stored in issues
        ]
        cap, reason = self._cap(found, policy)
        for stored in found:
            if stored.events > cap:
                yield from self.beyond(project_id, stored, cap, reason, policy=policy)

    @staticmethod
    def _cap(found: Sequence[Stored], policy: Policy) -> tuple[int, Reason]:
        counts = [stored.events for stored in found]
        caps = []
        if policy.issue_events:
            caps.append((policy.issue_events, Reason.ISSUE))
        if policy.project_events and sum(counts) > policy.project_events:
            caps.append((water_level(counts, policy.project_events), Reason.PROJECT))
        return min(caps) if caps else (max(counts, default=0), Reason.ISSUE)

    def beyond(
        self,
        project_id: int,
        stored: Stored,
        cap: int,
        reason: Reason,
        *,
        levels: Iterable[Worth] = LEVELS,
        policy: Policy | None = None,
    ) -> Iterator[Doomed]:
        """What an issue has more than `cap`, the oldest of the least worth first. policy: what leaves by age is not
        counted among `stored.events`, and left out.
        """
        excess = stored.events - cap
        cutoffs = (
            {worth: policy.cutoff(worth, self._now) for worth in Worth}
            if policy is not None
            else {}
        )
        taken: set[int] = set()  # of a level before; they may be stored still
        for level in levels:
            walk = Walk(stored.first_at, stored.last_at, self._settled, cutoffs)
            for row, worth, is_old in self._judged(project_id, stored, walk, None):
                if excess <= 0:
                    return
                if worth <= level and not is_old and row.pk not in taken:
                    taken.add(row.pk)
                    excess -= 1
                    yield Doomed(row.pk, stored.issue_id, reason)

    def by_bytes(
        self, project_ids: Sequence[int], wanted: int, levels: Sequence[Worth]
    ) -> Iterator[Doomed]:
        """About so many events of the installation, of the issues that have the most."""
        histogram = Counter[int]()
        settled = [pk for pk in project_ids if looking.is_settled(pk)]
        for project_id in settled:
            for issues in looking.stored_of(project_id):
                histogram.update(stored.events - self._gone[stored.issue_id] for stored in issues)
        total = sum(count * issues for count, issues in histogram.items())
        cap = water_level_of(histogram, max(0, total - wanted))
        left = wanted
        for project_id in settled:
            for issues in looking.stored_of(project_id):
                for stored in issues:
                    stored = stored._replace(events=stored.events - self._gone[stored.issue_id])
                    if stored.events <= cap:
                        continue
                    for doomed in self.beyond(project_id, stored, cap, Reason.BYTES, levels=levels):
                        if left <= 0:
                            return
                        left -= 1
                        yield doomed

    def stalest(self, project_ids: Sequence[int], wanted: int) -> Iterator[Doomed]:
        """About so many of the events that are left, whatever they are worth: issues that were not seen for the longest
        time lose all of theirs.
        """
        settled = [pk for pk in project_ids if looking.is_settled(pk)]
        left = wanted
        for stored in looking.stalest(settled):
            walk = Walk(stored.first_at, stored.last_at, self._settled)
            for row, _, _ in self._judged(0, stored, walk, None):
                if left <= 0:
                    return
                left -= 1
                yield Doomed(row.pk, stored.issue_id, Reason.BYTES)

    def _judged(
        self, project_id: int, stored: Stored, walk: Walk, before: datetime | None
    ) -> Iterator[tuple[Row, Worth, bool]]:
        """project_id: 0 where it does not matter what is linked."""
        after: tuple[datetime, int] | None = None
        while True:
            rows = looking.rows_of(stored.issue_id, before, after)
            linked: set[UUID] = set()
            if project_id and rows:
                linked = looking.with_feedback(project_id, rows) | self._names(project_id)
            yield from walk.judged(rows, linked)
            if len(rows) < looking.ROWS:
                return
            after = (rows[-1].received_at, rows[-1].pk)

    def _names(self, project_id: int) -> frozenset[UUID]:
        """Read once for a project."""
        if self._named[0] != project_id:
            self._named = (project_id, looking.named_in_comments(project_id))
        return self._named[1]
