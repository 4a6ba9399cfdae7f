"""Undoing rules that were in force for a while: what came under them goes where it would be without them."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from ingest.items import ReceivedItem
from issues import merging, moving
from issues.digest import EventSink
from issues.models import Event, EventPayload, Issue, RegroupRun, RegroupState
from issues.options import described
from issues.regroup import apply, decisions
from issues.regroup.journal import What
from projects.models import Project, User
from tests.issues import recount
from tests.issues.regroup.test_apply import Stream, error, sizes

pytestmark = pytest.mark.django_db

SPLIT = {"fingerprint_rules": "function:b -> {{ default }}, b"}
ONE = {"fingerprint_rules": "logger:walk -> walk"}
DEEPER = {"place_depth": 2}


@pytest.fixture
def stream(db: None) -> Stream:
    stream = Stream()
    stream.now = timezone.now()
    return stream


@pytest.fixture
def kim(db: None) -> User:
    return User.objects.create_user("kim@example.com", "secret-secret", name="Kim")


def line(text: str) -> dict[str, Any]:
    return {"message": text, "logger": "walk"}


def adopted(stream: Stream, candidate: dict[str, Any], by: User | None = None) -> RegroupRun:
    run = stream.regroup(candidate)
    assert decisions.apply(run, by=by, now=stream.tick(), is_saving=True)
    stream.finish(run)
    moving.relocate(60)
    return run


def take_back(stream: Stream, run: RegroupRun, by: User | None = None) -> RegroupRun | None:
    """The run that follows, when it is done."""
    assert decisions.undo(run, by=by, now=stream.tick())
    stream.finish(run)
    late = RegroupRun.objects.filter(follows=run).first()
    if late is not None:
        stream.finish(late)
    moving.relocate(60)
    recount.check()
    return late


def journal(run: RegroupRun) -> list[tuple[str, int | None]]:
    return list(run.steps.order_by("pk").values_list("what", "events"))


@pytest.mark.parametrize("candidate", [SPLIT, DEEPER])
def test_a_split_that_is_undone_has_never_been(
    stream: Stream, kim: User, candidate: dict[str, Any]
) -> None:
    stream.receive(error("a"), error("a"), error("b"))
    run = adopted(stream, candidate, kim)
    stream.receive(error("b", user={"id": 4}), error("a"), error("b"))
    assert sizes(stream.project) == [3, 3]
    late = take_back(stream, run, kim)
    assert sizes(stream.project) == [6]
    assert Event.objects.values("grouphash_id").distinct().count() == 1
    assert (What.LATE, 3) in journal(run)
    assert late is not None
    assert (late.state, late.actor, late.moved) == (
        RegroupState.APPLIED,
        kim,
        3 - (candidate == SPLIT),
    )
    assert journal(late) == [
        (What.BEGUN, 3),
        (What.LOOKED, 3),
        (What.MOVING, 3),
        (What.MOVED, late.moved),
    ]


def test_what_was_made_one_is_apart_again_and_new_problems_get_issues(stream: Stream) -> None:
    stream.receive(line("Left"), line("Left"), line("Right"))
    run = adopted(stream, ONE)
    assert sizes(stream.project) == [3]
    stream.receive(line("Left"), line("Right"), line("Up"), line("Up"), error("a"))
    assert sizes(stream.project) == [1, 7]
    take_back(stream, run)
    titles = dict(Issue.objects.values_list("title", "event_count"))
    assert titles == {"Left": 3, "Right": 2, "Up": 2, "KeyError: 'id'": 1}


def test_rules_that_were_saved_only(stream: Stream) -> None:
    stream.receive(line("Left"))
    run = stream.regroup(ONE)
    assert decisions.save(run, by=None, now=stream.tick())
    stream.receive(line("Left"), line("Right"))
    assert sizes(stream.project) == [1, 2]
    take_back(stream, run)
    assert sizes(stream.project) == [1, 2]
    assert dict(Issue.objects.values_list("title", "event_count")) == {"Left": 2, "Right": 1}


def test_nothing_came_or_nothing_has_to_move(stream: Stream) -> None:
    stream.receive(error("a"), error("b"))
    assert take_back(stream, adopted(stream, SPLIT)) is None
    run = adopted(stream, SPLIT)
    stream.receive(error("a"))
    late = take_back(stream, run)
    assert late is not None
    assert (late.state, late.moved, journal(late)[-1]) == (RegroupState.APPLIED, 0, (What.MOVED, 0))


def test_settings_that_were_changed_since_stay_and_so_does_what_came(stream: Stream) -> None:
    stream.receive(error("a"), error("a"), error("b"))
    run = adopted(stream, SPLIT)
    stream.receive(error("b"))
    Project.objects.update(grouping_generic_types="ShopError")
    assert take_back(stream, run) is None
    assert sizes(stream.project) == [1, 3]


def test_what_was_taken_care_of_by_hand_or_is_gone_stays(stream: Stream) -> None:
    stream.receive(line("Left"), line("Right"), error("a"))
    run = adopted(stream, ONE)
    stream.receive(line("Left"), line("Right"))
    EventPayload.objects.filter(pk=Event.objects.latest("pk").pk).delete()
    walk, other = Issue.objects.order_by("-event_count")
    merging.merge([walk, other], into=other, by=None, now=stream.tick())
    moving.relocate(60)
    assert decisions.undo(run, by=None, now=stream.tick())
    stream.finish(run)
    late = RegroupRun.objects.get(follows=run)
    stream.finish(late)
    moving.relocate(60)
    assert (late.state, late.moved, late.plan["without"]) == (RegroupState.APPLIED, 1, 1)
    assert sum(sizes(stream.project)) == 5


def test_the_run_that_follows_is_undone_like_any(stream: Stream) -> None:
    stream.receive(error("a"), error("b"))
    run = adopted(stream, SPLIT)
    stream.receive(error("b"), error("b"))
    before = sizes(stream.project)
    late = take_back(stream, run)
    assert (before, sizes(stream.project)) == ([1, 3], [4])
    assert late is not None
    assert take_back(stream, late) is None
    assert sizes(stream.project) == [2, 2]
    assert described(Project.objects.get()) == late.candidate


def test_on_the_command_line_too(stream: Stream, capsys: pytest.CaptureFixture[str]) -> None:
    stream.receive(error("a"), error("a"), error("b"))
    run = adopted(stream, SPLIT)
    stream.receive(error("b"))
    call_command("regroup", undo=run.pk)
    said = capsys.readouterr().out
    late = RegroupRun.objects.get(follows=run)
    assert f"run {late.pk}: moved 1 events that came meanwhile." in said
    assert sizes(stream.project) == [4]
    recount.check()


def stale(stream: Stream, *events: dict[str, Any]) -> Any:
    """Events that are prepared now, by the settings in force now, and stored by what is returned."""
    sink = EventSink()
    prepared = sink.prepare(
        [
            ReceivedItem(stream.project.pk, "event", event, uuid.uuid4().hex, stream.tick())
            for event in events
        ]
    )

    def store() -> None:
        with transaction.atomic():
            sink.store(prepared, stream.now)

    return store


@pytest.mark.parametrize("moment", ["before moving", "while waiting"])
def test_what_was_prepared_before_the_rules_counted_follows(stream: Stream, moment: str) -> None:
    stream.receive(error("a"), error("a"), error("b"))
    run, store = stream.regroup(SPLIT), stale(stream, error("b"), error("a"))
    now = stream.tick()
    assert decisions.apply(run, by=None, now=now, is_saving=True)
    if moment == "before moving":
        store()
    for _ in range(3):
        assert apply.step(run, now + timedelta(seconds=1)), "it waits for what may still come"
    if moment == "while waiting":
        store()
    stream.receive(error("b"))
    stream.finish(run)
    assert (run.state, sizes(stream.project)) == (RegroupState.APPLIED, [3, 3])
    recount.check()
    late = take_back(stream, run)
    assert late is not None
    assert late.moved == 1, "what came under the rules, and the run had nothing to do with"
    assert sizes(stream.project) == [6]


def test_what_was_prepared_before_the_undo_follows(stream: Stream) -> None:
    stream.receive(error("a"), error("a"), error("b"))
    run = adopted(stream, SPLIT)
    store = stale(stream, error("b"))
    now = stream.tick()
    assert decisions.undo(run, by=None, now=now)
    assert apply.step(run, now + timedelta(seconds=1))
    store()
    stream.finish(run)
    stream.finish(RegroupRun.objects.get(follows=run))
    assert sizes(stream.project) == [4]
    recount.check()
