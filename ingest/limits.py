"""How many requests a key, a project and the whole installation may send, and when a quota is used up.

Rates are counted in this process's memory: with N processes up to N times as many requests pass, and a restart begins
anew. That is what they are for: to keep one sender from drowning the others, for one dictionary entry per request. What
has to be exact is the monthly quota, which the digest counts in the database (projects.quotas).
"""

import math
import threading
from dataclasses import dataclass
from typing import NamedTuple

from projects.ref import NO_RATES, ProjectRef, Rates

# The quota is for events. SDKs file messages under "default" (ingest contract, section 10.2).
QUOTA_CATEGORIES = ("error", "default", "security")
ALL_CATEGORIES: tuple[str, ...] = ()
MINUTE, HOUR = 60, 3600
# A client that asks again within the hour hears soon that the owner has raised a limit.
LONGEST_WAIT = HOUR
MAX_BUCKETS = 20_000


def wait_seconds(until: float, now: float) -> int:
    """How long a client is told to wait: whole seconds, 1 to LONGEST_WAIT. Both: seconds since 1970."""
    return max(1, min(LONGEST_WAIT, math.ceil(until - now)))


class Limited(NamedTuple):
    """Why a request is refused.

    seconds: until it is worth trying again. categories: none means all. scope: key, project, organization.
    """

    seconds: int
    categories: tuple[str, ...]
    scope: str
    reason: str

    def header(self) -> str:
        """X-Sentry-Rate-Limits."""
        return f"{self.seconds}:{';'.join(self.categories)}:{self.scope}:{self.reason}"

    def detail(self) -> str:
        whose = {"organization": "the installation"}.get(self.scope, f"the {self.scope}")
        what = "monthly quota" if self.reason == "quota" else "rate limit"
        return f"the {what} of {whose} is used up; try again in {self.seconds} s"


@dataclass(slots=True)
class _Bucket:
    """Requests in the running minute and hour; both counted from 1970 on."""

    minute: int = 0
    in_minute: int = 0
    hour: int = 0
    in_hour: int = 0

    def wait(self, rates: Rates, now: float) -> int:
        """0 if there is room for one more, else the seconds until there is."""
        minute, hour = int(now // MINUTE), int(now // HOUR)
        if minute != self.minute:
            self.minute, self.in_minute = minute, 0
        if hour != self.hour:
            self.hour, self.in_hour = hour, 0
        until = 0
        if 0 < rates.per_hour <= self.in_hour:
            until = (hour + 1) * HOUR
        elif 0 < rates.per_minute <= self.in_minute:
            until = (minute + 1) * MINUTE
        return wait_seconds(until, now) if until else 0

    def add(self) -> None:
        self.in_minute += 1
        self.in_hour += 1


class RateLimiter:
    """Thread-safe. installation: the limits of all requests together."""

    def __init__(self, installation: Rates = NO_RATES) -> None:
        self._installation = installation
        self._lock = threading.Lock()
        self._buckets: dict[tuple[str, str | int], _Bucket] = {}

    def check(self, project: ProjectRef, key: str, now: float) -> Limited | None:
        """Count one request, if it may pass. now: seconds since 1970.

        A refused request counts nowhere: who is over one limit does not use up another.
        """
        asked: list[tuple[str, str | int, Rates]] = []
        if project.key_rates != NO_RATES:
            asked.append(("key", key, project.key_rates))
        if project.project_rates != NO_RATES:
            asked.append(("project", project.project_id, project.project_rates))
        if self._installation != NO_RATES:
            asked.append(("organization", 0, self._installation))
        if not asked:
            return None
        with self._lock:
            met: list[_Bucket] = []
            for scope, name, rates in asked:
                bucket = self._bucket((scope, name), now)
                if seconds := bucket.wait(rates, now):
                    return Limited(seconds, ALL_CATEGORIES, scope, "rate_limit")
                met.append(bucket)
            for bucket in met:
                bucket.add()
        return None

    def _bucket(self, name: tuple[str, str | int], now: float) -> _Bucket:
        bucket = self._buckets.get(name)
        if bucket is None:
            if len(self._buckets) >= MAX_BUCKETS:
                hour = int(now // HOUR)
                self._buckets = {k: b for k, b in self._buckets.items() if b.hour == hour}
                if len(self._buckets) >= MAX_BUCKETS:
                    self._buckets.clear()
            bucket = self._buckets[name] = _Bucket()
        return bucket


def over_quota(project: ProjectRef, now: float) -> Limited | None:
    """For events only: what else a client sends goes on being accepted. now: seconds since 1970."""
    if project.exceeded_until <= now:
        return None
    seconds = wait_seconds(project.exceeded_until, now)
    return Limited(seconds, QUOTA_CATEGORIES, "project", "quota")
