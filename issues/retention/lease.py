"""Work that one process at a time does for all: claimed by an update that must touch one row, kept by renewing it.

Whoever dies lets it go when the time is up; whoever was thought dead and is not finds out with the next renewal, in the
transaction that would have done something.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from issues.models import Sweep

LEASE = timedelta(minutes=2)


class LeaseLost(Exception):
    """Another process does it now."""


@dataclass(frozen=True, slots=True)
class Lease:
    name: str
    owner: str

    def renew(self, now: datetime) -> None:
        """Raises LeaseLost."""
        if not self._row().update(leased_until=now + LEASE):
            raise LeaseLost(f"Another process does the work “{self.name}”.")

    def note(self, **fields: Any) -> None:
        """Write down how far it is. Raises LeaseLost."""
        if not self._row().update(**fields):
            raise LeaseLost(f"Another process does the work “{self.name}”.")

    def release(self) -> None:
        self._row().update(owner="", leased_until=None)

    def _row(self) -> Any:
        return Sweep.objects.filter(name=self.name, owner=self.owner)


def claim(name: str, now: datetime, *, idle_since: datetime | None = None) -> Lease | None:
    """None while another process has it, or, with idle_since, if it was finished since then."""
    owner = secrets.token_hex(8)
    # What lies in the future was written by a clock that was wrong.
    free = Sweep.objects.filter(
        Q(leased_until__isnull=True)
        | Q(leased_until__lt=now)
        | Q(leased_until__gt=now + 2 * LEASE),
        name=name,
    )
    if idle_since is not None:
        free = free.filter(
            Q(finished_at__isnull=True)
            | Q(finished_at__lte=idle_since)
            | Q(finished_at__gt=now + LEASE)
        )
    if free.update(owner=owner, leased_until=now + LEASE):
        return Lease(name, owner)
    if not Sweep.objects.filter(name=name).exists():
        Sweep.objects.bulk_create([Sweep(name=name)], ignore_conflicts=True)
        if free.update(owner=owner, leased_until=now + LEASE):
            return Lease(name, owner)
    return None
