"""Figures of the whole installation."""

from contextlib import closing

from django.conf import settings
from django.db.models import Sum

from ingest.models import OutcomeCount
from ingest.pipeline import quarantine
from ingest.reasons import Outcome
from ingest.spool import SpoolReader, spool_files
from issues.models import Event, Issue
from projects.models import Project


def installation_stats() -> dict[str, int]:
    """events, issues, projects: rows; thinned: events that storms took the payloads of, the latest of a storm included;
    spool: records of this data directory that wait; quarantine: records kept.
    """
    waiting = 0
    for path in spool_files(settings.SPOOL_DIR):
        with closing(SpoolReader(path)) as reader:
            waiting += reader.backlog()[0]
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
    }
