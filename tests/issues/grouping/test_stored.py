"""The digest groups as the function does: storage and the guard against endless issues change nothing."""

import copy
import random
import uuid
from datetime import UTC, datetime

import pytest
from django.db import transaction

from ingest.items import ReceivedItem
from issues.digest import EventSink
from issues.models import Event, IssueFamily
from projects.models import Project
from tests.issues.grouping.score import Scenario, corpus, score

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)
BATCH = 50


def test_the_corpus_is_stored_as_it_is_grouped(project: Project) -> None:
    scenarios = [
        Scenario(
            scenario.name,
            tuple(
                (label, copy.deepcopy(event) | {"event_id": uuid.uuid4().hex})
                for label, event in scenario.events
            ),
        )
        for scenario in corpus()
    ]
    events = [event for scenario in scenarios for _, event in scenario.events]
    random.Random(1).shuffle(events)
    sink = EventSink()
    for start in range(0, len(events), BATCH):
        items = [
            ReceivedItem(project.pk, "event", copy.deepcopy(event), event["event_id"], NOW)
            for event in events[start : start + BATCH]
        ]
        prepared = sink.prepare(items)
        with transaction.atomic():
            sink.store(prepared, NOW)
    issues = {
        event_id.hex: str(issue)
        for event_id, issue in Event.objects.values_list("event_id", "issue_id")
    }
    result = score(scenarios, lambda event: [issues[event["event_id"]]], 1)
    assert result.f1 >= 0.97, result
    assert result.precision >= 0.97, result
    assert result.across == 0, result
    assert not IssueFamily.objects.filter(is_various=True).exists()
