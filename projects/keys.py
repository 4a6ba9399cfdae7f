"""Public key -> ProjectRef, without a query per request.

All keys are held in one dictionary that is read again in the background when it is older than a few seconds. An
unknown key makes one fresh reading, so that a project made a moment ago can send at once. The last reading is kept
in a file beside the spool: a restart while the database is away goes on accepting.
"""

import json
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models.signals import post_delete, post_save

from projects.models import MonthCount, Project, ProjectKey
from projects.quotas import exceeded_until, month_of
from projects.ref import NO_RATES, ProjectRef, Rates

logger = logging.getLogger(__name__)

Snapshot = Mapping[str, ProjectRef]

# A flood of wrong keys must not become a flood of queries; a new key must not pay for somebody's wrong one.
READINGS_PER_SECOND = 10
WAIT_SECONDS = 1.0  # for another thread's reading, before this one's request gives up


class KeysUnavailable(Exception):
    """The database is away and the key is not among the last known ones."""


def load_keys() -> dict[str, ProjectRef]:
    """One query, and a second one if any project has a quota."""
    rows = list(
        ProjectKey.objects.values_list(
            "public_key",
            "project_id",
            "is_active",
            "rate_per_minute",
            "rate_per_hour",
            "project__rate_per_minute",
            "project__rate_per_hour",
            "project__monthly_quota",
            "project__store_ip",
        ).filter(project__deleted_at__isnull=True)
    )
    quotas = {row[1]: row[7] for row in rows if row[7]}
    until = _exceeded(quotas, datetime.now(UTC)) if quotas else {}
    return {
        key: ProjectRef(project, active, Rates(km, kh), Rates(pm, ph), until.get(project, 0.0), ip)
        for key, project, active, km, kh, pm, ph, _, ip in rows
    }


def _exceeded(quotas: Mapping[int, int], now: datetime) -> dict[int, float]:
    """Which projects have used up their month, and until when in seconds since 1970."""
    month = month_of(now)
    counts = MonthCount.objects.filter(project_id__in=quotas, month=month)
    found: dict[int, float] = {}
    for project_id, events in counts.values_list("project_id", "events"):
        until = exceeded_until(quotas[project_id], events, month)
        if until is not None:
            found[project_id] = until.timestamp()
    return found


def _ref(
    project_id: Any,
    active: Any,
    key: Any = NO_RATES,
    project: Any = NO_RATES,
    until: Any = 0.0,
    ip: Any = False,
) -> ProjectRef:
    """From a row of the file. Raises ValueError, TypeError."""
    rates = Rates(*key), Rates(*project)
    return ProjectRef(int(project_id), bool(active), *rates, float(until), bool(ip))


class KeyCache:
    """Thread-safe. `load` runs a query; the clock is monotonic seconds."""

    def __init__(
        self,
        path: Path,
        *,
        seconds: float,
        load: Callable[[], dict[str, ProjectRef]] = load_keys,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._seconds = seconds
        self._load = load
        self._clock = clock
        self._lock = threading.Lock()
        self._readings: deque[float] = deque(maxlen=READINGS_PER_SECOND)
        self._refreshing = threading.Lock()
        self._keys: Snapshot = self._read_file()
        self._projects = frozenset(ref.project_id for ref in self._keys.values())
        self._tried_at = float("-inf")
        self._failed = False
        self._failed_at = float("-inf")
        self._used: set[str] = set()

    def get(self, public_key: str) -> ProjectRef | None:
        """None: nobody's key. Raises KeysUnavailable."""
        now = self._clock()
        ref = self._keys.get(public_key)
        if ref is not None:
            self._used.add(public_key)
            if now - self._tried_at > self._seconds:
                self._refresh_in_background()
            return ref
        is_fresh = self._read_again()
        ref = self._keys.get(public_key)
        if ref is None and not is_fresh:
            raise KeysUnavailable
        return ref

    def used(self) -> set[str]:
        """The keys that were looked up and found since the last call."""
        used, self._used = self._used, set()
        return used

    def knows(self, public_key: str) -> bool:
        """Whether `get` answers at once."""
        return public_key in self._keys

    def knows_project(self, project_id: int) -> bool:
        """Whether any key leads to this project. For refusals: too slow for the hot path."""
        if project_id not in self._projects:
            self._read_again()
        return project_id in self._projects

    def _read_again(self) -> bool:
        """Read what may have been made a moment ago. Whether the keys are now those of this second."""
        # A database host that is dead answers after its timeout only: one thread waits for that, not all.
        if not self._lock.acquire(timeout=WAIT_SECONDS):
            return False
        try:
            now = self._clock()
            if self._failed and now - self._failed_at < self._seconds:
                return False
            if len(self._readings) < READINGS_PER_SECOND or now - self._readings[0] > 1.0:
                self._readings.append(now)
                self.refresh()
            return not self._failed
        finally:
            self._lock.release()

    def refresh(self) -> None:
        """Read all keys; on failure the last reading stays."""
        self._tried_at = self._clock()
        try:
            keys = self._load()
        except DatabaseError as error:
            if not self._failed:
                logger.warning("keys cannot be read, the last known ones stay in use: %s", error)
            self._failed, self._failed_at = True, self._clock()
            return
        changed = keys != self._keys
        self._failed = False
        self._keys = keys
        self._projects = frozenset(ref.project_id for ref in keys.values())
        if changed:
            self._write_file(keys)

    def forget(self) -> None:
        """The next look-up reads again."""
        self._tried_at = float("-inf")

    def _refresh_in_background(self) -> None:
        if not self._refreshing.acquire(blocking=False):
            return
        self._tried_at = self._clock()

        def run() -> None:
            try:
                self.refresh()
            finally:
                connection.close()  # this thread's own
                self._refreshing.release()

        threading.Thread(target=run, name="keys", daemon=True).start()

    def _read_file(self) -> Snapshot:
        try:
            rows = json.loads(self._path.read_text())
            return {key: _ref(*row) for key, *row in rows}
        except (OSError, ValueError, TypeError):
            return {}

    def _write_file(self, keys: Snapshot) -> None:
        rows = [[key, *ref] for key, ref in sorted(keys.items())]
        temporary = self._path.with_suffix(f".{os.getpid()}.{threading.get_ident()}")
        try:
            with open(
                os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w"
            ) as file:
                json.dump(rows, file)
            temporary.replace(self._path)
        except OSError as error:
            logger.warning("the last known keys cannot be kept: %s", error)


_cache: KeyCache | None = None
_cache_lock = threading.Lock()


def cache() -> KeyCache:
    """This process's own, made at the first request: after the fork."""
    global _cache
    if _cache is None:
        with _cache_lock:
            if _cache is None:
                path = settings.SPOOL_DIR / "keys.json"
                _cache = KeyCache(path, seconds=settings.KEY_CACHE_SECONDS)
    return _cache


def refresh_now() -> None:
    """What was taken away must not let the next request in: read all keys before that comes."""
    if _cache is not None:
        _cache.refresh()


def note_use(now: datetime) -> None:
    """Write down which keys this process has met lately: one statement, whatever the number of requests."""
    if _cache is not None and (used := _cache.used()):
        ProjectKey.objects.filter(public_key__in=used).update(last_used_at=now)


def forget_on_change() -> None:
    """A key or project changed in this process counts at once; in others within KEY_CACHE_SECONDS."""

    def forget(**_: Any) -> None:
        if _cache is not None:
            _cache.forget()

    for model in (Project, ProjectKey):
        post_save.connect(forget, sender=model, weak=False)
        post_delete.connect(forget, sender=model, weak=False)
