"""Figures of the whole installation."""

from contextlib import closing

from django.conf import settings
from django.db.models import Sum

from ingest import salvage
from ingest.models import OutcomeCount
from ingest.pipeline import quarantine
from ingest.reasons import Outcome
from ingest.spool import SpoolDamaged, SpoolReader
from ingest.spool_files import is_marked, spool_files
from issues.models import Event, Issue
from projects.models import Project


def installation_stats() -> dict[str, int]:
    """events, issues, projects: rows; thinned: events that storms took the payloads of, the latest of a storm included;
    spool: records of this data directory that wait; quarantine: records kept.

    damaged: spool files that were or are damaged. lost: records of them that could not be read, with or without an
    entry in quarantine.
    """
    waiting = damaged = 0
    for path in spool_files(settings.SPOOL_DIR):
        try:
            with closing(SpoolReader(path)) as reader:
                waiting += reader.backlog()[0]
        except SpoolDamaged:
            damaged += 1
        else:
            damaged += is_marked(path)
    reports = salvage.reports(settings.SPOOL_DIR)
    return {
        "events": Event.objects.count(),
        "thinned": OutcomeCount.objects.filter(
            outcome=Outcome.ACCEPTED, category__in=("error", "security"), reason="storm"
        ).aggregate(sum=Sum("quantity"))["sum"]
        or 0,
        "issues": Issue.objects.count(),
        "projects": Project.objects.count(),
        "spool": waiting,
        "quarantine": sum(quarantine().counts().values()),
        "damaged": damaged + len(reports),
        "lost": sum(report.lost for report in reports),
    }
