"""What became of every item: a closed list, counted per project and hour."""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import F

from ingest import lenient
from ingest.models import OutcomeCount, Refusal
from ingest.reasons import Outcome, RefusalReason
from projects import sql


@dataclass(frozen=True, slots=True)
class Tally:
    """One kind of thing that is counted."""

    project_id: int
    hour: datetime
    outcome: Outcome
    category: str
    reason: str = ""


def hour_of(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def count(tallies: Mapping[Tally, int]) -> None:
    """Add to the hours. Called in the digest's transaction, so that a crash counts nothing twice."""
    rows = [
        (t.project_id, t.hour, t.outcome.value, t.category, t.reason[:64], quantity)
        for t, quantity in sorted(tallies.items(), key=lambda pair: repr(pair[0]))
    ]
    sql.add_up(
        OutcomeCount,
        ("project_id", "hour", "outcome", "category", "reason", "quantity"),
        rows,
        unique=("project_id", "hour", "outcome", "category", "reason"),
        add=("quantity",),
    )


@dataclass(slots=True)
class _Latest:
    status: int
    detail: str
    client: str
    count: int
    first_at: datetime
    last_at: datetime


class RefusalBuffer:
    """Refused requests, kept in memory until a background thread writes them down.

    Refusing must stay cheap: whoever sends rubbish in a loop costs one dictionary entry.
    """

    MAX_ENTRIES = 10_000

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest: dict[tuple[int, RefusalReason], _Latest] = {}

    def add(
        self,
        project_id: int,
        reason: RefusalReason,
        *,
        status: int,
        detail: str,
        client: str,
        at: datetime,
    ) -> None:
        # The sender's own words may stand in both.
        detail, client = lenient.line(detail, 300), lenient.line(client, 100)
        with self._lock:
            entry = self._latest.get((project_id, reason))
            if entry is None:
                if len(self._latest) >= self.MAX_ENTRIES:
                    return
                self._latest[project_id, reason] = _Latest(status, detail, client, 1, at, at)
            else:
                entry.status, entry.detail, entry.client = status, detail, client
                entry.count += 1
                entry.last_at = at

    def flush(self) -> int:
        """Write down what came since the last flush; kept for the next one if the database is away."""
        with self._lock:
            taken, self._latest = self._latest, {}
        if not taken:
            return 0
        try:
            self._write(taken)
        except Exception:
            with self._lock:
                for key, entry in taken.items():
                    newer = self._latest.get(key)
                    if newer is None:
                        self._latest[key] = entry
                    else:
                        newer.count += entry.count
                        newer.first_at = entry.first_at
            raise
        return sum(entry.count for entry in taken.values())

    @staticmethod
    def _write(taken: Mapping[tuple[int, RefusalReason], _Latest]) -> None:
        tallies: Counter[Tally] = Counter()
        with transaction.atomic():
            for (project_id, reason), entry in sorted(taken.items()):
                values = {
                    "status": entry.status,
                    "detail": entry.detail,
                    "client": entry.client,
                    "last_at": entry.last_at,
                }
                found = Refusal.objects.filter(project_id=project_id, reason=reason.value)
                if not found.update(count=F("count") + entry.count, **values):
                    Refusal.objects.create(
                        project_id=project_id,
                        reason=reason.value,
                        count=entry.count,
                        first_at=entry.first_at,
                        **values,
                    )
                outcome = {
                    RefusalReason.TOO_LARGE: Outcome.TOO_LARGE,
                    RefusalReason.RATE_LIMITED: Outcome.RATE_LIMITED,
                    RefusalReason.QUOTA: Outcome.RATE_LIMITED,
                }.get(reason, Outcome.INVALID)
                tally = Tally(project_id, hour_of(entry.last_at), outcome, "default", reason.value)
                tallies[tally] += entry.count
            count(tallies)


def recent_refusals(project_id: int, now: datetime) -> list[Refusal]:
    """Refused requests of the last day that named this project, latest first."""
    since = now.astimezone(UTC) - timedelta(days=1)
    return list(
        Refusal.objects.filter(project_id=project_id, last_at__gte=since).order_by("-last_at")
    )
