"""Which SDK sent a record, and how well it is set up; counted per project for SDK doctor."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ingest import lenient
from ingest.models import SdkSeen
from projects import sql

# As from which drift event times are corrected (ingest contract, section 12).
SKEW = timedelta(minutes=55)
MAX_SDKS = 200  # per project; whoever invents a new name for each request fills one more row
OTHERS = "others"
BROWSER = "a browser"


@dataclass(slots=True)
class Seen:
    """One record, as far as SDK doctor is concerned. events: those that could be read."""

    project_id: int
    at: datetime
    name: str = ""
    version: str = ""
    events: int = 0
    no_release: int = 0
    no_environment: int = 0
    drift: timedelta = field(default_factory=timedelta)

    def meet(self, payload: Mapping[str, Any]) -> None:
        """An event of the record."""
        self.events += 1
        self.no_release += not payload.get("release")
        self.no_environment += not payload.get("environment")
        if not self.name:
            self.call(payload.get("sdk"))

    def call(self, sdk: object) -> None:
        """sdk: `{name, version}` of an envelope's header or an event."""
        if isinstance(sdk, dict):
            self.name = lenient.line(sdk.get("name"), 64)
            self.version = lenient.line(sdk.get("version"), 64)

    def fall_back(self, client: str) -> None:
        """client: `sentry.python/2.75.0`, or a user agent."""
        if self.name:
            return
        if client.startswith("Mozilla/"):
            self.name = BROWSER
            return
        name, _, version = (client.split() or [""])[0].partition("/")
        self.name, self.version = lenient.line(name, 64), lenient.line(version, 64)


@dataclass(slots=True)
class _Sum:
    last_at: datetime
    envelopes: int = 0
    events: int = 0
    no_release: int = 0
    no_release_at: datetime | None = None
    no_environment: int = 0
    no_environment_at: datetime | None = None
    skewed: int = 0
    skewed_at: datetime | None = None
    largest_skew: int = 0

    def add(self, seen: Seen) -> None:
        self.envelopes += 1
        self.events += seen.events
        self.last_at = max(self.last_at, seen.at)
        if seen.no_release:
            self.no_release += seen.no_release
            self.no_release_at = max(self.no_release_at or seen.at, seen.at)
        if seen.no_environment:
            self.no_environment += seen.no_environment
            self.no_environment_at = max(self.no_environment_at or seen.at, seen.at)
        if abs(seen.drift) >= SKEW:
            self.skewed += 1
            self.skewed_at = max(self.skewed_at or seen.at, seen.at)
            self.largest_skew = max(self.largest_skew, int(abs(seen.drift).total_seconds()))


_ADD = ("envelopes", "events", "no_release", "no_environment", "skewed")
_LATEST = ("last_at", "no_release_at", "no_environment_at", "skewed_at", "largest_skew")


class Register:
    """What this process has seen of SDKs: spares a query for each batch."""

    def __init__(self) -> None:
        self._known: dict[int, set[tuple[str, str]]] = {}

    def record(self, seen: Iterable[Seen]) -> None:
        """Add to the rows. Called in the digest's transaction."""
        sums: dict[tuple[int, str, str], _Sum] = {}
        for each in seen:
            key = (each.project_id, *self._admitted(each))
            sums.setdefault(key, _Sum(each.at)).add(each)
        sql.add_up(
            SdkSeen,
            ("project_id", "name", "version", *_ADD, *_LATEST),
            [
                (*key, *(getattr(total, name) for name in (*_ADD, *_LATEST)))
                for key, total in sorted(sums.items())
            ],
            unique=("project_id", "name", "version"),
            add=_ADD,
            latest=_LATEST,
        )

    def _admitted(self, seen: Seen) -> tuple[str, str]:
        pair = seen.name, seen.version
        known = self._known.get(seen.project_id)
        if known is None:
            rows = SdkSeen.objects.filter(project_id=seen.project_id)
            known = self._known[seen.project_id] = set(rows.values_list("name", "version"))
        if pair in known:
            return pair
        if len(known) >= MAX_SDKS:
            return OTHERS, ""
        # If the transaction fails it is only remembered too early: the row is made by the next one.
        known.add(pair)
        return pair
