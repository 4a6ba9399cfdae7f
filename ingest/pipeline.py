"""This process's own parts of the pipeline: one spool, one quarantine, one buffer of refusals."""

import threading

from django.conf import settings

from ingest.limits import RateLimiter
from ingest.logs import Recent
from ingest.outcomes import RefusalBuffer
from ingest.own_spool import Spool
from ingest.quarantine import Quarantine
from projects.ref import Rates

refusals = RefusalBuffer()
recent_lines = Recent()

_lock = threading.Lock()
_spool: Spool | None = None
_rates: RateLimiter | None = None


def spool() -> Spool:
    """Claimed at first use: after the fork, since every process appends to a file of its own."""
    global _spool
    if _spool is None:
        with _lock:
            if _spool is None:
                _spool = Spool.claimed(
                    settings.SPOOL_DIR,
                    max_bytes=settings.SPOOL_MAX_BYTES,
                    file_bytes=settings.SPOOL_FILE_BYTES,
                    sync=settings.SPOOL_SYNC,
                )
    return _spool


def rates() -> RateLimiter:
    """Of this process alone: see ingest.limits."""
    global _rates
    if _rates is None:
        with _lock:
            if _rates is None:
                _rates = RateLimiter(
                    Rates(settings.RATE_LIMIT_PER_MINUTE, settings.RATE_LIMIT_PER_HOUR)
                )
    return _rates


def close() -> None:
    """Give the spool file back. Records in it stay for whoever digests next."""
    global _rates, _spool
    with _lock:
        _rates = None
        recent_lines.clear()
        if _spool is not None:
            _spool.close()
        _spool = None


def quarantine() -> Quarantine:
    return Quarantine(
        settings.SPOOL_DIR / "quarantine.sqlite3",
        max_bytes=settings.QUARANTINE_MAX_BYTES,
        max_seconds=settings.QUARANTINE_DAYS * 86_400,
    )
