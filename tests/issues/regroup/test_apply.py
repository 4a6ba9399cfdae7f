"""Regrouping moves events one by one: whatever happens meanwhile, all counts equal a recount from scratch."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from ingest.items import ReceivedItem
from issues import merging, moving
from issues.digest import EventSink
from issues.models import (
    Activity,
    Event,
    EventPayload,
    GroupHash,
    Issue,
    MergedIssue,
    Rearrangement,
    RegroupMove,
    RegroupRun,
    RegroupState,
)
from issues.regroup import apply, decisions
from issues.states import Kind
from projects.models import Project
from tests.factories import make_project
from tests.issues import recount

pytestmark = pytest.mark.django_db

START = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)
DEEPER = {"place_depth": 2}  # groups by the caller, too


def error(caller: str = "a", **fields: Any) -> dict[str, Any]:
    frames = [
        {"module": "shop.cart", "function": name, "lineno": 3, "in_app": True}
        for name in (caller, "total")
    ]
    exception = {"type": "KeyError", "value": "'id'", "stacktrace": {"frames": frames}}
    return {"exception": {"values": [exception]}, "platform": "python"} | fields


class Stream:
    def __init__(self) -> None:
        self.project = make_project()
        self.now = START

    def tick(self) -> datetime:
        self.now += timedelta(minutes=11)
        return self.now

    def receive(self, *events: dict[str, Any]) -> None:
        sink = EventSink()
        items = [
            ReceivedItem(self.project.pk, "event", event, uuid.uuid4().hex, self.tick())
            for event in events
        ]
        with transaction.atomic():
            sink.store(sink.prepare(items), self.now)

    def regroup(self, candidate: dict[str, Any], **options: Any) -> RegroupRun:
        run = decisions.start(self.project, candidate, by=None, now=self.tick(), **options)
        self.finish(run)
        assert run.state == RegroupState.PLANNED
        return run

    def finish(self, run: RegroupRun) -> None:
        while apply.step(run, self.tick()):
            pass


def sizes(project: Project) -> list[int]:
    issues = Issue.objects.filter(project=project)
    return sorted(issues.values_list("event_count", flat=True))


@pytest.fixture
def stream(db: None) -> Stream:
    return Stream()


def test_looking_changes_nothing_and_says_what_would_split(stream: Stream) -> None:
    stream.receive(error("a"), error("a"), error("b"))
    before = recount.stored()
    run = stream.regroup(DEEPER)
    assert recount.stored() == before
    found = apply.plan_of(run)
    assert [[part.events for part in split.parts] for split in found.splits] == [[2, 1]]
    assert (found.moved, found.rehashed, found.new_issues) == (1, 3, 1)


def test_applying_splits_and_undoing_puts_back(stream: Stream) -> None:
    stream.receive(error("a", user={"id": 1}), error("a"), error("b", user={"id": 1}))
    before = recount.stored()
    run = stream.regroup(DEEPER)
    assert decisions.apply(run, by=None, now=stream.tick())
    stream.finish(run)
    assert (run.state, run.moved) == (RegroupState.APPLIED, 3)
    assert sizes(stream.project) == [1, 2]
    recount.check()
    assert Activity.objects.filter(kind=Kind.REGROUPED).count() == 2
    assert decisions.undo(run, by=None, now=stream.tick())
    stream.finish(run)
    moving.relocate(60)
    assert run.state == RegroupState.UNDONE
    assert recount.stored() == before


def test_issues_that_become_one_lead_to_it_and_come_back(stream: Stream) -> None:
    stream.receive(error("a"), error("a"), error("b"))
    run = stream.regroup(DEEPER)
    decisions.apply(run, by=None, now=stream.tick())
    stream.finish(run)
    small = Issue.objects.get(event_count=1)
    back = stream.regroup({})
    assert len(apply.plan_of(back).merges) == 1
    decisions.apply(back, by=None, now=stream.tick())
    stream.finish(back)
    assert sizes(stream.project) == [3]
    assert MergedIssue.objects.get().pk == small.pk
    recount.check()
    decisions.undo(back, by=None, now=stream.tick())
    stream.finish(back)
    assert sizes(stream.project) == [1, 2]
    assert Issue.objects.get(event_count=1).number == small.number
    recount.check()


def test_without_splitting_an_issue_stays_together(stream: Stream) -> None:
    stream.receive(error("a"), error("b"))
    run = stream.regroup(DEEPER, is_splitting=False)
    decisions.apply(run, by=None, now=stream.tick())
    stream.finish(run)
    assert sizes(stream.project) == [2]
    assert GroupHash.objects.count() == 3, "the new hashes lead to it"
    recount.check()


def test_the_same_configuration_moves_nothing(stream: Stream) -> None:
    stream.receive(
        error("a"), {"message": "hello 7"}, error("b", fingerprint=["{{ default }}", "x"])
    )
    run = stream.regroup({})
    assert apply.plan_of(run).rehashed == 0


def test_events_without_payload_stay_and_stay_counted(stream: Stream) -> None:
    stream.receive(error("a", user={"id": 1}), error("a", user={"id": 2}), error("b"))
    first = Event.objects.order_by("pk")[0]
    EventPayload.objects.filter(pk=first.pk).delete()
    run = stream.regroup(DEEPER)
    decisions.apply(run, by=None, now=stream.tick())
    stream.finish(run)
    assert sum(sizes(stream.project)) == 3
    assert Event.objects.get(pk=first.pk).grouphash_id == first.grouphash_id


def test_only_the_last_days(stream: Stream) -> None:
    stream.receive(error("a"))
    stream.now += timedelta(days=9)
    stream.receive(error("b"))
    assert stream.regroup(DEEPER, days=7).to_look_at == 1


def test_a_stopped_run_goes_on_where_it_was(
    stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apply, "CHUNK", 2)
    stream.receive(*(error("ab"[number % 2]) for number in range(5)))
    run = stream.regroup(DEEPER)
    decisions.apply(run, by=None, now=stream.tick())
    assert apply.step(run, stream.tick())
    stale = RegroupRun.objects.get(pk=run.pk)
    assert apply.step(run, stream.tick())
    assert apply.step(stale, stream.tick()), "somebody else has done this chunk"
    again = RegroupRun.objects.get(pk=run.pk)
    stream.finish(again)
    assert (again.state, again.looked_at, again.moved) == (RegroupState.APPLIED, 5, 5)
    assert RegroupMove.objects.count() == 5
    recount.check()


def test_runs_that_meet_do_not_disturb_each_other(stream: Stream) -> None:
    stream.receive(error("a"), error("b"))
    first, second = stream.regroup(DEEPER), stream.regroup(DEEPER)
    for run in (first, second):
        decisions.apply(run, by=None, now=stream.tick())
        stream.finish(run)
    assert (first.moved, second.moved) == (2, 0)
    assert sizes(stream.project) == [1, 1]
    decisions.undo(second, by=None, now=stream.tick())
    stream.finish(second)
    assert sizes(stream.project) == [1, 1], "it had moved nothing"
    recount.check()


def test_what_is_not_there_cannot_be_tried(stream: Stream) -> None:
    with pytest.raises(ValueError, match="no grouping configuration g9"):
        stream.regroup({"config": "g9"})


def test_a_run_is_applied_once(stream: Stream) -> None:
    stream.receive(error())
    run = stream.regroup({})
    assert decisions.apply(run, by=None, now=stream.tick())
    assert not decisions.apply(run, by=None, now=stream.tick())
    assert not decisions.drop(run, by=None, now=stream.tick())
    stream.finish(run)
    assert decisions.undo(run, by=None, now=stream.tick())
    assert not decisions.undo(run, by=None, now=stream.tick())


def events() -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda caller, user, release, level, tag: error(
            caller,
            level=level,
            tags={"shard": tag},
            **({"user": {"id": user}} if user else {}),
            **({"release": release} if release else {}),
        ),
        st.sampled_from("abc"),
        st.sampled_from(["", "1", "2"]),
        st.sampled_from(["", "1.0", "2.0"]),
        st.sampled_from(["error", "warning"]),
        st.sampled_from(["a", "b"]),
    )


def steps() -> st.SearchStrategy[tuple[str, Any]]:
    numbers = st.integers(0, 9)
    return st.one_of(
        st.tuples(st.just("receive"), st.lists(events(), min_size=1, max_size=4)),
        st.tuples(st.just("regroup"), st.sampled_from([DEEPER, {}])),
        st.tuples(st.just("step"), numbers),
        st.tuples(st.just("apply"), numbers),
        st.tuples(st.just("save"), numbers),
        st.tuples(st.just("undo run"), numbers),
        st.tuples(st.just("merge"), st.tuples(numbers, numbers)),
        st.tuples(st.just("unmerge"), st.tuples(numbers, numbers)),
        st.tuples(st.just("undo"), numbers),
    )


def save(stream: Stream, run: RegroupRun) -> None:
    """And begin to move; the rest is done between the steps that follow."""
    try:
        decisions.apply(run, by=None, now=stream.tick(), is_saving=True)
    except decisions.Changed:
        return


def play(stream: Stream, step: str, value: Any) -> None:
    issues = list(Issue.objects.order_by("pk"))
    runs = list(RegroupRun.objects.order_by("-pk"))
    if step == "receive":
        stream.receive(*value)
    elif step == "regroup":
        decisions.start(stream.project, value, by=None, now=stream.tick())
    elif step == "step" and runs:
        apply.step(runs[value % len(runs)], stream.tick())
    elif step in ("apply", "undo run") and runs:
        run = runs[value % len(runs)]
        verb = decisions.apply if step == "apply" else decisions.undo
        verb(run, by=None, now=stream.tick())
        stream.finish(run)
    elif step == "save" and runs:
        save(stream, runs[value % len(runs)])
    elif step == "merge":
        chosen = [issues[number % len(issues)] for number in value]
        merging.merge(chosen, by=None, now=stream.tick())
    elif step == "unmerge":
        issue = issues[value[0] % len(issues)]
        pks = list(issue.hashes.order_by("pk").values_list("pk", flat=True))
        if pks:
            try:
                merging.unmerge(issue, [pks[value[1] % len(pks)]], by=None, now=stream.tick())
            except merging.CannotMove:
                return
    elif step == "undo":
        changes = list(Rearrangement.objects.order_by("-pk"))
        if changes:
            merging.undo(changes[value % len(changes)], by=None, now=stream.tick())


class TestCounts(TestCase):
    @settings(
        max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
    )
    @given(st.lists(steps(), min_size=3, max_size=14))
    def test_equal_a_recount_after_every_step(self, story: list[tuple[str, Any]]) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(apply, "CHUNK", 2)
            stream = Stream()
            for step, value in [("receive", [error("a"), error("b")]), *story]:
                play(stream, step, value)
                recount.check()
            for run in RegroupRun.objects.filter(state__in=apply.AT_WORK):
                stream.finish(run)
            moving.relocate(60)
            recount.check()
