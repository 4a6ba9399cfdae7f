"""What SDKs say they did not send: client reports, counted per project, hour and reason."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from ingest.items import Disposal, ReceivedItem
from ingest.models import ClientLoss
from ingest.outcomes import hour_of
from ingest.reasons import LOSS_CATEGORIES, LOSS_REASONS
from projects import sql

MAX_ENTRIES = 100  # of one report
MAX_QUANTITY = 1_000_000_000
# Relays and newer clients set apart what they discarded for a rule of the server.
_LISTS = {
    "discarded_events": "",
    "rate_limited_events": "ratelimit_backoff",
    "filtered_events": "filtered",
}

Key = tuple[int, datetime, str, str]


class ClientReportSink:
    """The sink for `client_report` items (ingest.items.Sink)."""

    def prepare(self, items: Sequence[ReceivedItem]) -> list[Counter[Key]]:
        return [_losses(item) for item in items]

    def store(self, prepared: Sequence[Counter[Key]], now: datetime) -> list[Disposal | None]:
        losses: Counter[Key] = Counter()
        for each in prepared:
            losses.update(each)
        sql.add_up(
            ClientLoss,
            ("project_id", "hour", "reason", "category", "quantity"),
            [(*key, quantity) for key, quantity in sorted(losses.items())],
            unique=("project_id", "hour", "reason", "category"),
            add=("quantity",),
        )
        return [None] * len(prepared)


def _losses(item: ReceivedItem) -> Counter[Key]:
    assert isinstance(item.payload, dict)
    hour = hour_of(item.received_at)
    losses: Counter[Key] = Counter()
    for reason, category, quantity in read(item.payload):
        losses[item.project_id, hour, reason, category] += quantity
    return losses


def read(report: dict[str, Any]) -> Iterator[tuple[str, str, int]]:
    """(reason, category, quantity) of what was lost; names outside of the known lists become `other`."""
    for name, fixed in _LISTS.items():
        entries = report.get(name)
        for entry in entries[:MAX_ENTRIES] if isinstance(entries, list) else ():
            if not isinstance(entry, dict):
                continue
            quantity = entry.get("quantity")
            if isinstance(quantity, bool) or not isinstance(quantity, int) or quantity <= 0:
                continue
            reason, category = fixed or entry.get("reason"), entry.get("category")
            yield (
                _known(reason, LOSS_REASONS),
                _known(category, LOSS_CATEGORIES),
                min(quantity, MAX_QUANTITY),
            )


def _known(name: object, names: frozenset[str]) -> str:
    return name if isinstance(name, str) and name in names else "other"
