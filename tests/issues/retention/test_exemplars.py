"""An exemplar stays as long as a stored event is packed beside it, and goes when none is."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from bench import payloads
from ingest.items import ReceivedItem
from issues import exemplars as packing
from issues.digest import EventSink
from issues.models import Event, EventPayload, PayloadExemplar, Relocation
from issues.models.event import dictionary_of
from issues.retention import exemplars
from issues.retention.lease import Lease, claim
from issues.retention.policy import Reason
from issues.retention.removing import Doomed, remove
from projects.models import Project

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "FREQUENT", 2)


@pytest.fixture
def lease(db: None) -> Lease:
    found = claim("test", NOW)
    assert found is not None
    return found


def events(count: int, seed: int = 5) -> list[dict[str, Any]]:
    rng = random.Random(seed)
    return [payloads.event(rng, "45k", 1) for _ in range(count)]


def prepared(sink: EventSink, project: Project, batch: list[dict[str, Any]]) -> Any:
    return sink.prepare(
        [
            ReceivedItem(
                project.pk, "event", each, each["event_id"], NOW + timedelta(seconds=n), raw=raw
            )
            for n, each in enumerate(batch)
            if (raw := orjson.dumps(each))
        ]
    )


def digest(sink: EventSink, project: Project, batch: list[dict[str, Any]]) -> None:
    found = prepared(sink, project, batch)
    with transaction.atomic():
        sink.store(found, NOW)


def evict(lease: Lease, *numbers: int) -> None:
    """Events by their place in the order of storing."""
    rows = list(Event.objects.order_by("pk").values_list("pk", "issue_id"))
    remove([Doomed(*rows[number], Reason.AGE) for number in numbers], lease, NOW)


def test_it_stays_as_long_as_an_event_needs_it(project: Project, lease: Lease) -> None:
    sink = EventSink()
    digest(sink, project, events(2))
    digest(sink, project, events(3, seed=6))
    exemplar = PayloadExemplar.objects.get()
    used = list(EventPayload.objects.order_by("pk").values_list("dictionary", flat=True))
    assert used == [0, 0] + [-exemplar.pk] * 3
    # The events that it was made of, and the last but one of those that need it.
    evict(lease, 0, 1, 2, 3)
    assert exemplars.sweep(lease) == 0
    dictionary_of.cache_clear()
    assert EventPayload.objects.get().load()
    evict(lease, 0)
    assert exemplars.sweep(lease) == 1
    assert not PayloadExemplar.objects.exists()


def test_a_process_that_remembers_it_notices(project: Project, lease: Lease) -> None:
    """Prepared beside an exemplar that goes before the batch is stored."""
    sink = EventSink()
    digest(sink, project, events(3))
    digest(sink, project, events(1, seed=6))
    sent = events(2, seed=7)
    waiting = prepared(sink, project, sent)
    assert all(each.dictionary.number < 0 for each in waiting)
    evict(lease, 0, 1, 2, 3)
    assert exemplars.sweep(lease) == 1
    with transaction.atomic():
        sink.store(waiting, NOW)
    dictionary_of.cache_clear()
    stored = EventPayload.objects.order_by("pk")
    assert [each.load()["event_id"] for each in stored] == [each["event_id"] for each in sent]
    digest(sink, project, events(3, seed=8))
    assert PayloadExemplar.objects.exists(), "there is a new one"
    dictionary_of.cache_clear()
    assert all(each.load() for each in EventPayload.objects.all())


def test_none_goes_while_events_are_moved(project: Project, lease: Lease) -> None:
    sink = EventSink()
    digest(sink, project, events(3))
    digest(sink, project, events(1, seed=6))
    Relocation.objects.create(project_id=project.pk, issue_id=1)
    evict(lease, 0, 1, 2, 3)
    assert exemplars.sweep(lease) == 0


def test_all_are_looked_at_in_turn(
    project: Project, lease: Lease, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exemplars, "AT_ONCE", 1)
    sink = EventSink()
    digest(sink, project, events(3))
    digest(sink, project, events(1, seed=6))
    first = PayloadExemplar.objects.get()
    unused = PayloadExemplar.objects.create(
        project_id=project.pk,
        grouphash_id=first.grouphash_id,
        hash=first.hash,
        dictionary=0,
        data=first.data,
    )
    assert [exemplars.sweep(lease) for _ in range(3)] == [0, 1, 0]
    assert list(PayloadExemplar.objects.all()) == [first]
    assert unused.pk > first.pk


def test_the_digest_asks_once_for_a_batch_and_only_where_there_is_one(project: Project) -> None:
    sink = EventSink()
    digest(sink, project, events(3))
    digest(sink, project, events(1, seed=6))

    def asked(count: int) -> int:
        found = prepared(sink, project, events(count, seed=count))
        with transaction.atomic(), CaptureQueriesContext(connection) as queries:
            sink.store(found, NOW)
        return sum('FROM "issues_payloadexemplar"' in query["sql"] for query in queries)

    assert [asked(1), asked(7)] == [1, 1]
    small = [{"event_id": f"{n:032x}", "message": "hello"} for n in range(2)]
    found = prepared(sink, project, small)
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        sink.store(found, NOW)
    assert not any('FROM "issues_payloadexemplar"' in query["sql"] for query in queries)
