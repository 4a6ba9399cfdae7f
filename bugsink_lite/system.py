"""The administrators' page: how the whole installation is, and how long its room will last."""

import platform
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import django
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import connection
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bugsink_lite import notices
from ingest import doctor, pipeline
from ingest.doctor import Fate
from ingest.doctor_pages import bars
from issues.models import Eviction, SizeSample, Sweep
from issues.retention import forecast, passes, sizes, space
from issues.retention.forecast import Growth
from issues.retention.policy import Reason
from issues.retention.space import Space
from issues.views.retention import WORDS
from projects.access import administrator
from projects.models import Project, ServerProcess

SHOWN_DAYS = 30
ALIVE = timedelta(minutes=2)
# The chart of the database's size: its units, and the part of it that lies ahead.
WIDTH, HEIGHT, TOP, BOTTOM = 150.0, 140.0, 20.0, 140.0
AHEAD = 0.4


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes. limit: RETENTION_BYTES, 0 for none. per_day: growth; None while it is not known. *_days: None where it is
    not in sight.
    """

    allocated: int
    used: int
    limit: int
    disk_total: int
    disk_free: int
    per_day: float | None
    limit_days: int | None
    disk_days: int | None
    can_shrink: bool

    @property
    def disk_percent(self) -> int:
        return 100 - self.disk_free * 100 // max(self.disk_total, 1)

    @property
    def limit_percent(self) -> int:
        return min(100, self.used * 100 // max(self.limit, 1))

    @property
    def shown_growth(self) -> int | None:
        return None if self.per_day is None else int(abs(self.per_day))


@dataclass(frozen=True, slots=True)
class Curve:
    """points, guess: of SVG polylines in WIDTH x HEIGHT. limit_y: "" where it lies far above."""

    points: str
    guess: str
    limit_y: str
    highest: int
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Process:
    row: ServerProcess
    is_alive: bool
    lag: int | None  # seconds


@login_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    administrator(request.user)
    now = timezone.now()
    projects = list(Project.objects.values_list("pk", flat=True))
    hours = doctor.hours(projects, now)
    samples = sizes.samples(now - timedelta(days=SHOWN_DAYS))
    growing = forecast.growth([(sample.hour, sample.used) for sample in samples])
    found_room = room(growing, samples)
    shares, packing, measured_at = sizes.latest()
    running = processes(now)
    fates = doctor.fates(projects, now - doctor.DAY)
    items = sum(fate.quantity for fate in fates)
    context = {
        "area": "",
        "page": "system",
        "now": now,
        "database": database_version(),
        "python": platform.python_version(),
        "django": django.get_version(),
        "all_troubles": notices.shown(),
        "processes": running,
        "alive": sum(process.is_alive for process in running),
        "digests": sum(process.is_alive and process.row.digests for process in running),
        "backlog": sum(row.spool_records for row in latest_of_hosts(running)),
        "backlog_bytes": sum(row.spool_bytes for row in latest_of_hosts(running)),
        "lag": max((process.lag or 0 for process in running), default=0),
        "bars": bars(hours),
        "highest": max((hour.total for hour in hours), default=0),
        "last_hour": hours[-2].accepted,
        "items": items,
        "accepted": sum(hour.accepted for hour in hours),
        "lost": sum(hour.lost for hour in hours),
        "outcomes": outcomes(fates, items),
        "quarantined": sum(pipeline.quarantine().counts().values()),
        "room": found_room,
        "curve": curve(samples, growing, settings.RETENTION_BYTES, now),
        "sizes": shares,
        "packing": packing,
        "packed_percent": packing.packed * 100 // packing.sent if packing.sent else 0,
        "measured_at": measured_at,
        "retention": Sweep.objects.filter(name=passes.NAME).first(),
        "policy": passes.installation_policy(),
        "gone": gone(now),
        "days": SHOWN_DAYS,
        "is_on": settings.RETENTION,
    }
    return render(request, "system.html", context)


def room(growing: Growth | None, samples: Sequence[SizeSample]) -> Room:
    """What PostgreSQL has in use is read from the table of payloads: once an hour is enough."""
    is_known = samples and not settings.IS_SQLITE
    found = Space(space.database_bytes(), samples[-1].used) if is_known else space.measure()
    disk = shutil.disk_usage(settings.DATA_DIR)
    limit = settings.RETENTION_BYTES
    return Room(
        allocated=found.allocated,
        used=found.used,
        limit=limit,
        disk_total=disk.total,
        disk_free=disk.free,
        per_day=growing.per_day if growing else None,
        limit_days=forecast.days_left(limit - found.used, growing) if limit else None,
        # PostgreSQL may have its files on another disk, which nobody here can see.
        disk_days=forecast.days_left(disk.free, growing) if settings.IS_SQLITE else None,
        can_shrink=not settings.IS_SQLITE or space.is_incremental(),
    )


def curve(
    samples: Sequence[SizeSample], growing: Growth | None, limit: int, now: datetime
) -> Curve | None:
    """None while there is too little to draw."""
    if len(samples) < 2:
        return None
    since = samples[0].hour
    past = now - since
    until = now + past * (AHEAD / (1 - AHEAD))
    ahead = (until - now) / timedelta(days=1)
    now_x = WIDTH * (1 - AHEAD)
    last = samples[-1].used
    then = max(0.0, last + (growing.per_day * ahead if growing else 0))
    highest = max(*(sample.used for sample in samples), int(then), 1)
    if limit and limit < 3 * highest:
        highest = max(highest, limit)

    def y(size: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * size / highest

    step = max(1, len(samples) // 200)
    drawn = [*samples[:-1:step], samples[-1]]
    return Curve(
        points=" ".join(
            f"{(sample.hour - since) / past * now_x:.1f},{y(sample.used):.1f}" for sample in drawn
        ),
        guess=f"{now_x:.1f},{y(last):.1f} {WIDTH:.1f},{y(then):.1f}" if growing else "",
        limit_y=f"{y(limit):.1f}" if limit and limit <= highest else "",
        highest=highest,
        since=since,
        until=until,
    )


def processes(now: datetime) -> list[Process]:
    rows = ServerProcess.objects.order_by("host", "started_at", "name")
    return [
        Process(
            row,
            is_alive=now - row.seen_at < ALIVE,
            lag=None
            if row.oldest_at is None
            else max(0, int((now - row.oldest_at).total_seconds())),
        )
        for row in rows[:100]
    ]


def latest_of_hosts(found: Sequence[Process]) -> list[ServerProcess]:
    """The processes of a host share a data directory."""
    latest: dict[str, ServerProcess] = {}
    for process in found:
        known = latest.get(process.row.host)
        if known is None or process.row.seen_at > known.seen_at:
            latest[process.row.host] = process.row
    return list(latest.values())


@dataclass(frozen=True, slots=True)
class Share:
    outcome: str
    items: int
    percent: float
    mostly: str
    is_fine: bool


def outcomes(fates: Sequence[Fate], items: int) -> list[Share]:
    """What became of all items, by outcome; the most first."""
    found: dict[str, list[Fate]] = {}
    for fate in fates:
        found.setdefault(fate.outcome, []).append(fate)
    shares = []
    for outcome, rows in found.items():
        count = sum(fate.quantity for fate in rows)
        most = max(rows, key=lambda fate: fate.quantity)
        mostly = f"{most.category}: {most.reason}" if most.reason else most.category
        shares.append(Share(outcome, count, count / max(items, 1), mostly, most.is_fine))
    return sorted(shares, key=lambda share: -share.items)


def gone(now: datetime) -> list[tuple[str, int, int]]:
    """What retention took in the last days: why, events, bytes."""
    since = (now - timedelta(days=SHOWN_DAYS)).date()
    rows = Eviction.objects.filter(day__gte=since).values_list("reason").order_by("reason")
    return [
        (WORDS[Reason(reason)], events, size)
        for reason, events, size in rows.annotate(Sum("events"), Sum("bytes"))
        if reason in set(Reason)
    ]


def database_version() -> str:
    connection.ensure_connection()
    if connection.vendor == "sqlite":
        from sqlite3 import sqlite_version

        return f"SQLite {sqlite_version}"
    major, minor = divmod(connection.pg_version, 10_000)  # type: ignore[attr-defined]
    return f"PostgreSQL {major}.{minor}"
