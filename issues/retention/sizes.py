"""How large the database was, hour by hour."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from issues.models import SizeSample, Sweep
from issues.retention import space, tables
from issues.retention.tables import Packing, Size

NAME = "sizes"
KEPT = timedelta(days=90)


def note(now: datetime | None = None) -> bool:
    """Write down how large it is, once in an hour, whoever comes first. Whether this call did."""
    now = now or datetime.now(UTC)
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if SizeSample.objects.filter(hour=hour).exists():
        return False
    found = space.measure()
    SizeSample.objects.bulk_create(
        [SizeSample(hour=hour, allocated=found.allocated, used=found.used)], ignore_conflicts=True
    )
    SizeSample.objects.filter(hour__lt=now - KEPT).delete()
    data = {
        "sizes": [asdict(size) for size in tables.sizes()],
        "packing": asdict(tables.packing()),
    }
    Sweep.objects.update_or_create(name=NAME, defaults={"finished_at": now, "data": data})
    return True


def latest() -> tuple[list[Size], Packing, datetime | None]:
    """By table, as of the time."""
    row = Sweep.objects.filter(name=NAME).first()
    if row is None:
        return [], Packing(), None
    return (
        [Size(**size) for size in row.data["sizes"]],
        Packing(**row.data["packing"]),
        row.finished_at,
    )


def samples(since: datetime) -> Sequence[SizeSample]:
    """Oldest first."""
    return list(SizeSample.objects.filter(hour__gte=since).order_by("hour"))
