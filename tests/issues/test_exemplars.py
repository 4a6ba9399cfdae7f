"""Packing events beside one of their issue."""

import random
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
import zstandard
from django.db import transaction

from bench import payloads
from ingest.items import ReceivedItem
from issues import compress, exemplars, removal
from issues.compress import Dictionary
from issues.digest import EventSink
from issues.models import Event, EventPayload, GroupHash, Issue, PayloadExemplar
from issues.models.event import dictionary_of
from issues.regroup.shift import Shift, shift
from projects.models import Project

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exemplars, "FREQUENT", 3)
    monkeypatch.setattr(exemplars, "FIRST", 2)
    monkeypatch.setattr(exemplars, "MIN_USES", 4)


@pytest.fixture
def sink() -> EventSink:
    return EventSink()


def events(count: int, issue: int = 1, seed: int = 5) -> list[dict[str, Any]]:
    rng = random.Random(f"{seed} {issue}")
    return [payloads.event(rng, "45k", issue) for _ in range(count)]


def digest(sink: EventSink, project: Project, batch: Sequence[dict[str, Any]]) -> None:
    items = [
        ReceivedItem(
            project.pk, "event", each, each["event_id"], NOW + timedelta(seconds=n), raw=raw
        )
        for n, each in enumerate(batch)
        if (raw := orjson.dumps(each))
    ]
    prepared = sink.prepare(items)
    with transaction.atomic():
        sink.store(prepared, NOW)


def used() -> list[int]:
    return list(EventPayload.objects.order_by("pk").values_list("dictionary", flat=True))


def test_frequent_issues_get_one_and_rare_ones_do_not(project: Project, sink: EventSink) -> None:
    digest(sink, project, events(3))
    exemplar = PayloadExemplar.objects.get()
    assert exemplar.grouphash_id == Event.objects.first().grouphash_id  # type: ignore[union-attr]
    digest(sink, project, events(2, issue=2) + events(2, seed=6))
    assert used() == [0, 0, 0, 0, 0, -exemplar.pk, -exemplar.pk]
    sizes = list(EventPayload.objects.order_by("pk").values_list("size", "data"))
    ratios = [len(data) / size for size, data in sizes]
    assert max(ratios[5:]) < min(ratios[:5]) / 2


def test_every_event_reads_as_it_was_sent(project: Project, sink: EventSink) -> None:
    sent = events(3) + events(4, issue=2) + events(5, seed=7) + events(2, issue=2, seed=8)
    for each in sent:
        digest(sink, project, [each])
    dictionary_of.cache_clear()
    assert len(set(used())) == 3
    for each, payload in zip(sent, EventPayload.objects.order_by("pk"), strict=True):
        assert orjson.loads(payload.content().partition(b"\n")[2]) == each


def test_another_process_takes_the_one_that_is_there(project: Project, sink: EventSink) -> None:
    digest(sink, project, events(3))
    digest(EventSink(), project, events(4, seed=6))
    pk = PayloadExemplar.objects.get().pk
    assert used() == [0] * 5 + [-pk] * 2


def test_it_is_renewed_when_events_have_changed(project: Project, sink: EventSink) -> None:
    def changed(seed: int) -> list[dict[str, Any]]:
        """Of the same issue, as after a release: every line and variable is another."""
        found = events(1, seed=seed)[0]
        noise = random.Random(seed // 100)
        for frame in found["exception"]["values"][0]["stacktrace"]["frames"]:
            frame["pre_context"] = [noise.randbytes(30).hex() for _ in range(10)]
        return [found]

    digest(sink, project, events(3))
    for seed in range(10, 14):
        digest(sink, project, events(1, seed=seed))
    for seed in range(100, 120):
        digest(sink, project, changed(seed))
    first, second = PayloadExemplar.objects.order_by("pk")
    assert used()[3:7] == [-first.pk] * 4
    assert used()[-1] == -second.pk
    outgrown = EventPayload.objects.filter(dictionary=-first.pk).latest("pk")
    assert len(EventPayload.objects.latest("pk").data) < len(outgrown.data)


def test_a_transaction_that_fails_leaves_none_and_the_next_makes_it(
    project: Project, sink: EventSink
) -> None:
    digest(sink, project, events(2))
    [item] = [
        ReceivedItem(project.pk, "event", each, each["event_id"], NOW) for each in events(1, seed=6)
    ]
    prepared = sink.prepare([item])
    with transaction.atomic():
        sink.store(prepared, NOW)
        transaction.set_rollback(True)
    assert not PayloadExemplar.objects.exists()
    digest(sink, project, events(1, seed=7))
    digest(sink, project, events(1, seed=8))
    assert used()[-1] == -PayloadExemplar.objects.get().pk


def test_small_events_do_without(project: Project, sink: EventSink) -> None:
    for _ in range(6):
        small = {"event_id": uuid.uuid4().hex, "message": "hello"}
        digest(sink, project, [small])
    assert used() == [0] * 6
    assert not PayloadExemplar.objects.exists()


def test_how_much_is_remembered_is_bounded(
    project: Project, sink: EventSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exemplars, "REMEMBERED", 2)
    for round_ in range(4):
        for issue in range(5):
            digest(sink, project, events(2, issue=issue, seed=round_))
    assert len(sink._exemplars._known) == 2
    assert PayloadExemplar.objects.count() == 5
    assert all(payload.load() for payload in EventPayload.objects.all())


def test_rare_issues_are_forgotten(
    project: Project, sink: EventSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exemplars, "WINDOW", 4)
    for issue in range(8):
        digest(sink, project, events(1, issue=issue))
    assert len(sink._exemplars._counts) <= 4


def test_what_leaves_a_grouphash_leaves_its_exemplar(project: Project, sink: EventSink) -> None:
    digest(sink, project, events(3))
    digest(sink, project, events(2, seed=6) + events(1, issue=2))
    second, moved = Event.objects.order_by("-pk")[:2]
    left, joined = moved.grouphash_id, second.grouphash_id
    assert EventPayload.objects.get(pk=moved.pk).dictionary < 0
    before = EventPayload.objects.get(pk=moved.pk).load()
    with transaction.atomic():
        shift(project.pk, [Shift(moved.pk, left, joined)], {moved.pk: before["tags"]})
    PayloadExemplar.objects.filter(grouphash_id=left).delete()
    dictionary_of.cache_clear()
    assert EventPayload.objects.get(pk=moved.pk).load() == before


def test_a_deleted_issue_takes_its_exemplar_and_nothing_of_the_next_one(
    project: Project, sink: EventSink
) -> None:
    """The process still knows the exemplar when the same trouble comes again."""
    digest(sink, project, events(3))
    digest(sink, project, events(1, seed=6))
    removal.delete(Issue.objects.all(), by=None, now=NOW)
    again = events(3, seed=7)
    digest(sink, project, again)
    assert not removal.carry_on(60)
    dictionary_of.cache_clear()
    assert not PayloadExemplar.objects.exclude(grouphash_id__in=GroupHash.objects.all()).exists()
    stored = EventPayload.objects.order_by("pk")
    assert [each.load()["event_id"] for each in stored] == [each["event_id"] for each in again]
    for seed in (8, 9):
        digest(sink, project, events(1, seed=seed))
    assert used()[-1] == -PayloadExemplar.objects.get().pk


def test_a_wrong_exemplar_is_an_error_and_no_other_event() -> None:
    one, other, third = (orjson.dumps(each) for each in events(3))
    packed = compress.pack(third, Dictionary(-1, one))
    assert compress.unpack(packed, Dictionary(-1, one)) == third
    for wrong in (Dictionary(-2, other), Dictionary(-1, one[:-1]), compress.NO_DICTIONARY):
        with pytest.raises(zstandard.ZstdError):
            compress.unpack(packed, wrong)
