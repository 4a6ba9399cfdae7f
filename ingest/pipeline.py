"""This process's own parts of the pipeline: one spool, one quarantine, one buffer of refusals."""

import threading
from typing import IO

from django.conf import settings

from ingest.outcomes import RefusalBuffer
from ingest.quarantine import Quarantine
from ingest.spool import Spool, claim

refusals = RefusalBuffer()

_lock = threading.Lock()
_spool: Spool | None = None
_spool_lock: IO[str] | None = None  # held as long as the process lives


def spool() -> Spool:
    """Claimed at first use: after the fork, since every process appends to a file of its own."""
    global _spool, _spool_lock
    if _spool is None:
        with _lock:
            if _spool is None:
                path, _spool_lock = claim(settings.SPOOL_DIR)
                _spool = Spool(
                    path,
                    max_bytes=settings.SPOOL_MAX_BYTES,
                    file_bytes=settings.SPOOL_FILE_BYTES,
                    sync=settings.SPOOL_SYNC,
                )
    return _spool


def close() -> None:
    """Give the spool file back. Records in it stay for whoever digests next."""
    global _spool, _spool_lock
    with _lock:
        if _spool is not None:
            _spool.close()
        if _spool_lock is not None:
            _spool_lock.close()
        _spool = _spool_lock = None


def quarantine() -> Quarantine:
    return Quarantine(
        settings.SPOOL_DIR / "quarantine.sqlite3",
        max_bytes=settings.QUARANTINE_MAX_BYTES,
        max_seconds=settings.QUARANTINE_DAYS * 86_400,
    )
