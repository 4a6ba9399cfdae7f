"""Figures of the whole installation."""

import shutil
from datetime import UTC, datetime

from django.conf import settings
from django.db.models import Sum

from bugsink_lite.backlog import backlog
from ingest import salvage
from ingest.models import OutcomeCount
from ingest.pipeline import quarantine
from ingest.reasons import Outcome
from issues.models import Event, EvictedCount, Issue
from issues.retention import space
from projects.models import Project


def installation_stats(now: datetime | None = None) -> dict[str, int]:
    """events, issues, projects: rows; thinned: events that storms took the payloads of, the latest of a storm included;
    evicted: events that retention took; spool: records of this data directory that wait; lag: seconds that the oldest
    of them has waited; quarantine: records kept.

    damaged: spool files that were or are damaged. lost: records of them that could not be read, with or without an
    entry in quarantine.

    bytes: database_bytes on its disk, used_bytes of it by what is stored, spool_bytes that wait, disk_free_bytes on
    the data directory's disk.
    """
    waiting = backlog()
    reports = salvage.reports(settings.SPOOL_DIR)
    size = space.measure()
    now = now or datetime.now(UTC)
    lag = (now - waiting.oldest_at).total_seconds() if waiting.oldest_at else 0
    return {
        "events": Event.objects.count(),
        "thinned": OutcomeCount.objects.filter(
            outcome=Outcome.ACCEPTED, category__in=("error", "security"), reason="storm"
        ).aggregate(sum=Sum("quantity"))["sum"]
        or 0,
        "evicted": EvictedCount.objects.aggregate(sum=Sum("events"))["sum"] or 0,
        "issues": Issue.objects.count(),
        "projects": Project.objects.count(),
        "spool": waiting.records,
        "spool_bytes": waiting.bytes,
        "lag": max(0, int(lag)),
        "quarantine": sum(quarantine().counts().values()),
        "damaged": waiting.damaged + len(reports),
        "lost": sum(report.lost for report in reports),
        "database_bytes": size.allocated,
        "used_bytes": size.used,
        "disk_free_bytes": shutil.disk_usage(settings.DATA_DIR).free,
    }
