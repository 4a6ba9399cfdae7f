"""What SDK doctor knows of a project: who sends, what became of it, what is missing. No request, no page.

Each function is a query or two and gives dataclasses; `advise` is pure and says what is worth a person's time.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import Max, Q, Sum

from ingest import lenient
from ingest.models import ClientLoss, OutcomeCount, SdkSeen
from ingest.outcomes import hour_of
from ingest.quarantine import Quarantine
from ingest.reasons import LOG_LINE, Outcome
from ingest.trial import TEST_SDK

DAY = timedelta(days=1)
MAX_ROWS = 100
STORM = "storm"  # why an accepted item lacks its payload
NOT_GROUPED = "grouping_error"  # why an accepted event stands under a coarse hash
# What a sender can do nothing about, or meant so.
_FINE = frozenset({Outcome.ACCEPTED, Outcome.DUPLICATE, Outcome.FILTERED, Outcome.UNSUPPORTED})


@dataclass(frozen=True, slots=True)
class Sdk:
    """One SDK in one version. largest_skew: seconds. The dates are those of the latest one of what is counted."""

    name: str
    version: str
    last_at: datetime
    envelopes: int
    events: int
    no_release: int = 0
    no_release_at: datetime | None = None
    no_environment: int = 0
    no_environment_at: datetime | None = None
    skewed: int = 0
    skewed_at: datetime | None = None
    largest_skew: int = 0

    @property
    def title(self) -> str:
        return f"{self.name} {self.version}".strip() or "An SDK without a name"


@dataclass(frozen=True, slots=True)
class Fate:
    """Items of a category that met the same outcome for the same reason."""

    outcome: str
    category: str
    reason: str
    quantity: int
    last_hour: datetime

    @property
    def is_fine(self) -> bool:
        return self.outcome in _FINE


@dataclass(frozen=True, slots=True)
class Hour:
    """lost: neither stored nor wanted away by anybody."""

    hour: datetime
    accepted: int
    lost: int
    others: int  # filtered, duplicate, unsupported

    @property
    def total(self) -> int:
        return self.accepted + self.lost + self.others


@dataclass(frozen=True, slots=True)
class Loss:
    """What clients said they did not send."""

    reason: str
    category: str
    quantity: int
    last_hour: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """A record in quarantine, without its bytes. size: bytes."""

    id: int
    at: datetime
    reason: str
    detail: str
    client: str
    event_id: str
    size: int


@dataclass(frozen=True, slots=True)
class Finding:
    """tone: bad or warn."""

    tone: str
    words: str
    advice: str


def sdks(project_id: int, limit: int = MAX_ROWS) -> list[Sdk]:
    """Latest first."""
    names = tuple(field for field in Sdk.__dataclass_fields__)
    rows = SdkSeen.objects.filter(project_id=project_id).order_by("-last_at")[:limit]
    return [Sdk(**row) for row in rows.values(*names)]


def fates(project_ids: int | Collection[int], since: datetime) -> list[Fate]:
    """Troubles first, then the most frequent."""
    rows = (
        OutcomeCount.objects.filter(_of(project_ids), hour__gte=hour_of(since), quantity__gt=0)
        .order_by()
        .values("outcome", "category", "reason")
        .annotate(quantity=Sum("quantity"), last_hour=Max("hour"))
    )
    found = [Fate(**row) for row in rows]
    return sorted(found, key=lambda fate: (fate.is_fine, -fate.quantity, fate.reason))[:MAX_ROWS]


def _of(project_ids: int | Collection[int]) -> Q:
    if isinstance(project_ids, int):
        return Q(project_id=project_ids)
    return Q(project_id__in=list(project_ids))


def hours(project_ids: int | Collection[int], now: datetime, count: int = 24) -> list[Hour]:
    """The last hours, the running one last, empty ones included."""
    latest = hour_of(now)
    first = latest - timedelta(hours=count - 1)
    rows = OutcomeCount.objects.filter(_of(project_ids), hour__gte=first)
    sums: Counter[tuple[datetime, str]] = Counter()
    for hour, outcome, quantity in rows.values_list("hour", "outcome", "quantity"):
        sums[hour, _kind(outcome)] += quantity
    return [
        Hour(hour, sums[hour, "accepted"], sums[hour, "lost"], sums[hour, "others"])
        for hour in (first + timedelta(hours=number) for number in range(count))
    ]


def _kind(outcome: str) -> str:
    if outcome == Outcome.ACCEPTED:
        return "accepted"
    return "others" if outcome in _FINE else "lost"


def losses(project_id: int, since: datetime) -> list[Loss]:
    """The most frequent first."""
    rows = (
        ClientLoss.objects.filter(project_id=project_id, hour__gte=hour_of(since))
        .order_by()
        .values("reason", "category")
        .annotate(quantity=Sum("quantity"), last_hour=Max("hour"))
    )
    found = [Loss(**row) for row in rows]
    return sorted(found, key=lambda loss: (-loss.quantity, loss.reason, loss.category))[:MAX_ROWS]


def kept(quarantine: Quarantine, project_id: int, limit: int = 50) -> list[Kept]:
    """What lies in this machine's quarantine, latest first."""
    rows = [Kept(*row) for row in quarantine.summaries(project_id, limit)]
    # Both may quote the sender.
    return [
        replace(row, detail=lenient.line(row.detail, 500), client=lenient.line(row.client, 200))
        for row in rows
    ]


def advise(
    *,
    found: Sequence[Sdk],
    fates: Sequence[Fate],
    losses: Sequence[Loss],
    quarantined: int,
    now: datetime,
) -> list[Finding]:
    """What is worth looking at, the worst first. Pure."""
    advice: list[Finding] = []
    if not found:
        advice.append(
            Finding(
                "warn",
                "Nothing has arrived yet.",
                "Send a test event, or the request below; if that works, look at the SDK's DSN and its debug output.",
            )
        )
    lost = Counter[str]()
    lines = 0
    for fate in fates:
        if (fate.outcome, fate.reason) == (Outcome.INVALID, LOG_LINE):
            lines += fate.quantity
        else:
            lost[fate.outcome] += fate.quantity
    if lines:
        advice.append(
            Finding(
                "bad",
                f"{lines:,} log {_items(lines, 'line')} could not be understood in 24 hours.",
                "They were dropped, and their sender was told. The settings page Logs shows the last one.",
            )
        )
    for outcome, words, hint in (
        (
            Outcome.TOO_LARGE,
            "Too large",
            "Send less in one event or attachment, or raise the limits.",
        ),
        (
            Outcome.INVALID,
            "Could not be read",
            "The last example of each reason stands below. What was accepted first lies in quarantine.",
        ),
        (
            Outcome.RATE_LIMITED,
            "Refused by a limit",
            "Sample in the SDK, or raise the limit or the quota.",
        ),
    ):
        if count := lost[outcome]:
            advice.append(Finding("bad", f"{words} in 24 hours: {count:,} {_items(count)}.", hint))
    remarks = Counter[str]()
    for fate in fates:
        if fate.outcome == Outcome.ACCEPTED:
            remarks[fate.reason] += fate.quantity
    failed, stormed = remarks[NOT_GROUPED], remarks[STORM]
    if failed:
        advice.append(
            Finding(
                "bad",
                f"Grouping failed for {failed:,} {_items(failed, 'event')} in 24 hours.",
                "None is lost: they are stored, and together by the start of their text. The project's grouping "
                "settings tell what failed; please report it.",
            )
        )
    if stormed:
        advice.append(
            Finding(
                "warn",
                f"Storms thinned {stormed:,} {_items(stormed)} in 24 hours.",
                "An issue flooded: all of it is counted, and few payloads are kept. The issue list marks such issues.",
            )
        )
    if quarantined:
        advice.append(
            Finding(
                "bad",
                f"{quarantined:,} {_items(quarantined, 'record')} in quarantine.",
                "They were accepted and could not be stored. Look at the reasons, and replay them after a fix.",
            )
        )
    recent = [sdk for sdk in found if now - sdk.last_at < DAY]
    advice += _set_up(recent, now)
    ours = sum(loss.quantity for loss in losses if loss.reason in ("network_error", "send_error"))
    if ours:
        advice.append(
            Finding(
                "warn",
                f"SDKs could not deliver {ours:,} {_items(ours)} in 24 hours.",
                "The network, a proxy or a blocker stopped them, or the server was away.",
            )
        )
    return sorted(advice, key=lambda finding: finding.tone != "bad")


def _set_up(recent: Sequence[Sdk], now: datetime) -> list[Finding]:
    found: list[Finding] = []

    def is_recent(at: datetime | None) -> bool:
        return at is not None and now - at < DAY

    for sdk in recent:
        if sdk.name == TEST_SDK:
            continue
        if is_recent(sdk.no_release_at):
            found.append(
                Finding(
                    "warn",
                    f"{sdk.title} sends events without a release.",
                    "With one it is seen which release broke something, and whether a fix was already in it.",
                )
            )
        if is_recent(sdk.no_environment_at):
            found.append(
                Finding(
                    "warn",
                    f"{sdk.title} sends events without an environment.",
                    "With one, production can be told from a developer's machine.",
                )
            )
        if is_recent(sdk.skewed_at):
            hours_ = max(1, round(sdk.largest_skew / 3600))
            found.append(
                Finding(
                    "warn",
                    f"{sdk.title} runs where a clock is wrong, by up to {hours_:,} h.",
                    "Its events' times are corrected by the time of sending. Look at the clock and the time zone.",
                )
            )
    return found


def _items(count: int, name: str = "item") -> str:
    return name if count == 1 else f"{name}s"
