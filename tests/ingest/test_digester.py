"""The loop's promises: nothing lost, nothing twice, a bad event never in the way of the others."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import DataError, IntegrityError, OperationalError, ProgrammingError

from bugsink_lite.background import make_digester
from ingest import envelope, pipeline
from ingest.digester import Digester, is_away
from ingest.items import Disposal, ReceivedItem
from ingest.models import Checkpoint, OutcomeCount
from ingest.spool import SpoolReader
from issues.digest import EventSink
from issues.models import Event, Issue
from projects.models import Project
from tests.ingest.door import auth, digest_all, request, send

pytestmark = pytest.mark.django_db


class Sink(EventSink):
    """The real sink, with a fault on demand."""

    def __init__(self, fault: Callable[[Sequence[Any]], None]) -> None:
        super().__init__()
        self.fault = fault

    def store(self, prepared: Sequence[Any], now: datetime) -> list[Disposal | None]:
        stored = super().store(prepared, now)
        self.fault(prepared)
        return stored


def digester(fault: Callable[[Sequence[Any]], None], **options: Any) -> Digester:
    values: dict[str, Any] = {
        "own": pipeline.spool(),
        "sinks": {"event": Sink(fault)},
        "quarantine": pipeline.quarantine(),
        "batch_records": 100,
        "batch_bytes": 1 << 20,
        "max_inflated": 1 << 20,
        "wait_seconds": 0.01,
    }
    return Digester(settings.SPOOL_DIR, **values | options)


def poison(prepared: Sequence[Any]) -> None:
    if any("poison" in p.grouping.title for p in prepared):
        raise ValueError("this event cannot be stored")


def outcomes() -> dict[tuple[str, str], int]:
    rows = OutcomeCount.objects.values_list("outcome", "category", "quantity")
    return {(outcome, category): quantity for outcome, category, quantity in rows}


def waiting() -> int:
    return pipeline.spool().backlog()[0]


def test_events_are_stored_counted_and_acknowledged(project: Project) -> None:
    for number in range(5):
        send(project, {"message": f"m{number}"})
    digest_all()
    assert Event.objects.count() == 5
    assert outcomes() == {("accepted", "error"): 5}
    assert waiting() == 0


def test_a_bad_event_stands_alone_in_quarantine(project: Project) -> None:
    for number in range(9):
        send(project, {"message": "poison" if number == 4 else "fine"})
    with closing(digester(poison)) as loop:
        assert loop.round() == 9
    assert Event.objects.count() == 8
    assert Issue.objects.get().event_count == 8
    [entry] = pipeline.quarantine().list(project.pk)
    assert "this event cannot be stored" in entry.detail
    assert outcomes() == {("accepted", "error"): 8, ("quarantined", "error"): 1}
    assert waiting() == 0


def test_a_quarantined_event_can_be_replayed_after_a_fix(project: Project) -> None:
    event_id = send(project, {"message": "poison"}).json()["id"]
    with closing(digester(poison)) as loop:
        loop.round()
    for entry in pipeline.quarantine().take():
        pipeline.spool().append(entry.record)
    digest_all()
    assert Event.objects.get().event_id.hex == event_id
    assert pipeline.quarantine().counts() == {}


def test_an_unreadable_payload_takes_its_attachment_along_and_leaves_the_rest(
    project: Project,
) -> None:
    body = (
        b'{"event_id":"9ec79c33ec9942ab8353589fcb2e04dc"}\n{"type":"event","length":5}\n{oops\n'
        b'{"type":"attachment","length":3,"filename":"a.txt"}\nabc\n{"type":"session"}\n'
        b'{"started":"2026-05-01T10:00:00Z","status":"ok"}\n'
    )
    request(f"/api/{project.pk}/envelope/", body, headers=auth(project))
    digest_all()
    [entry] = pipeline.quarantine().list(project.pk)
    kept = envelope.frame(entry.record.body)
    assert [item.type for item in kept.items] == ["event", "attachment"]
    assert kept.event_id == "9ec79c33ec9942ab8353589fcb2e04dc"
    assert outcomes() == {
        ("invalid", "error"): 1,
        ("quarantined", "attachment"): 1,
        ("unsupported", "session"): 1,
    }


def test_the_same_event_sent_again_is_a_duplicate(project: Project) -> None:
    event = {"event_id": uuid.uuid4().hex, "message": "m"}
    send(project, event)
    digest_all()
    send(project, event)
    send(project, event)
    digest_all()
    assert Issue.objects.get().event_count == 1
    assert outcomes() == {("accepted", "error"): 1, ("duplicate", "error"): 2}


def test_the_same_id_in_two_projects_is_two_events(project: Project, team) -> None:
    from tests.factories import make_project

    event = {"event_id": uuid.uuid4().hex, "message": "m"}
    for target in (project, make_project("Other", team=team)):
        send(target, event)
    digest_all()
    assert Event.objects.count() == 2


def test_a_crash_between_commit_and_acknowledgement_stores_nothing_twice(
    project: Project, monkeypatch
) -> None:
    for _ in range(3):
        send(project, {"message": "m"})
    with monkeypatch.context() as patch:
        patch.setattr(pipeline.spool(), "acknowledge", lambda sequence, spool_id: None)
        digest_all()
    assert waiting() == 3, "as after a kill at that moment"
    digest_all()
    assert Event.objects.count() == 3
    assert outcomes() == {("accepted", "error"): 3}
    assert waiting() == 0


def test_a_failed_commit_leaves_everything_for_the_next_try(project: Project) -> None:
    send(project, {"message": "m"})

    def gone(prepared: Sequence[Any]) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    with closing(digester(gone)) as loop, pytest.raises(OperationalError):
        loop.round()
    assert (Event.objects.count(), Issue.objects.count(), waiting()) == (0, 0, 1)
    assert pipeline.quarantine().counts() == {}
    assert not Checkpoint.objects.exists()
    digest_all()
    assert Event.objects.count() == 1


def test_who_lost_a_race_for_an_issue_tries_again(project: Project) -> None:
    send(project, {"message": "m"})
    tries: list[int] = []

    def lose_once(prepared: Sequence[Any]) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise IntegrityError("duplicate key value violates unique constraint")

    with closing(digester(lose_once)) as loop:
        loop.round()
    assert (Event.objects.count(), len(tries)) == (1, 2)


def test_what_another_process_has_digested_is_left_alone(project: Project) -> None:
    send(project, {"message": "one"})
    digest_all()
    send(project, {"message": "two"})
    with closing(digester(lambda prepared: None)) as loop:
        loop._checkpoint(pipeline.spool())  # as read before the other was done
        digest_with_another = digester(lambda prepared: None)
        digest_with_another._lock = open(settings.SPOOL_DIR / "other.lock", "w")  # noqa: SIM115
        with closing(digest_with_another):
            digest_with_another.round()
        loop.round()
        loop.round()
    assert Event.objects.count() == 2
    assert outcomes() == {("accepted", "error"): 2}


def test_one_process_digests_at_a_time(project: Project) -> None:
    send(project, {"message": "m"})
    with closing(make_digester()) as first:
        first.round()
        send(project, {"message": "n"})
        with closing(make_digester()) as second:
            assert second.round() == 0
        assert first.round() == 1


def test_the_spool_of_a_dead_process_is_digested(project: Project) -> None:
    send(project, {"message": "m"})
    orphan = pipeline.spool().path
    pipeline.close()
    renamed = orphan.rename(orphan.with_name("9.spool"))
    digest_all()
    assert Event.objects.count() == 1
    with closing(SpoolReader(renamed)) as reader:
        assert reader.backlog() == (0, 0)


def test_stop_finishes_and_leaves_the_rest(project: Project) -> None:
    send(project, {"message": "m"})
    loop = digester(lambda prepared: None)
    loop.stop()
    loop.close()
    assert waiting() == 1


def _caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


def _away() -> Iterator[Any]:
    yield pytest.param(OperationalError("database is locked"), True, id="locked")
    yield pytest.param(OperationalError("connection refused"), True, id="gone")
    yield pytest.param(DataError("value too long"), False, id="value too long")
    yield pytest.param(ValueError("ours"), False, id="ours")
    yield pytest.param(ProgrammingError("cannot adapt type"), False, id="driver refuses a value")
    missing = _caused(ProgrammingError("no such table"), psycopg.errors.UndefinedTable())
    yield pytest.param(missing, True, id="tables missing")
    large = _caused(OperationalError("index row"), psycopg.errors.ProgramLimitExceeded())
    yield pytest.param(large, False, id="too large for an index")


@pytest.mark.parametrize(("error", "away"), list(_away()))
def test_tells_a_database_in_trouble_from_bad_data(error: Exception, away: bool) -> None:
    assert is_away(error) is away


def test_a_store_batch_pins_its_queries(project: Project, django_assert_max_num_queries) -> None:
    """Whether ten events or a hundred: the number of statements is that of the issues, not of the events."""
    for number in range(100):
        send(project, {"message": "m", "user": {"id": number}, "release": "1", "environment": "e"})
    with closing(make_digester()) as loop:
        loop._checkpoint(pipeline.spool())
        with django_assert_max_num_queries(46):
            assert loop.round() == 100


def test_received_items_carry_what_the_request_said(project: Project) -> None:
    seen: list[ReceivedItem] = []

    class Spy(EventSink):
        def prepare(self, items: Sequence[ReceivedItem]) -> Any:
            seen.extend(items)
            return super().prepare(items)

    send(project, {"message": "m"})
    with closing(digester(lambda p: None, sinks={"event": Spy()})) as loop:
        loop.round()
    assert (seen[0].client, seen[0].project_id, seen[0].clean) == ("demo/1.0", project.pk, True)


def test_an_event_of_a_project_that_was_deleted_meanwhile_is_counted_and_gone(
    project: Project,
) -> None:
    send(project, {"message": "m"})
    number = project.pk
    project.delete()
    digest_all()
    assert (Event.objects.count(), waiting()) == (0, 0)
    assert pipeline.quarantine().counts() == {}
    row = OutcomeCount.objects.get(project_id=number)
    assert (row.outcome, row.reason) == ("invalid", "project deleted")
