"""Whatever is merged, taken apart and digested in between: all counts equal a recount from scratch."""

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
from issues.models import GroupHash, Issue, Rearrangement
from projects.models import Project
from tests.factories import make_project
from tests.issues import recount

pytestmark = pytest.mark.django_db

START = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)


class Stream:
    """A project that receives events and is rearranged; every moment is later than the one before."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.now = START

    def tick(self, minutes: int = 7) -> datetime:
        self.now += timedelta(minutes=minutes)
        return self.now

    def receive(self, events: list[dict[str, Any]]) -> None:
        sink = EventSink()
        items = [
            ReceivedItem(self.project.pk, "event", event, uuid.uuid4().hex, self.tick())
            for event in events
        ]
        with transaction.atomic():
            assert sink.store(sink.prepare(items), self.now) == [None] * len(items)

    def issues(self) -> list[Issue]:
        return list(Issue.objects.filter(project=self.project).order_by("pk"))


def events() -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda kind, user, release, environment, level, tag: {
            "fingerprint": [f"kind {kind}"],
            "message": f"trouble {kind}",
            "level": level,
            "tags": {"shard": tag},
            **({"user": {"id": user}} if user else {}),
            **({"release": release} if release else {}),
            **({"environment": environment} if environment else {}),
        },
        st.integers(0, 4),
        st.sampled_from(["", "1", "2", "3"]),
        st.sampled_from(["", "1.0", "2.0"]),
        st.sampled_from(["", "prod", "dev"]),
        st.sampled_from(["error", "warning", "fatal"]),
        st.sampled_from(["a", "b"]),
    )


def steps() -> st.SearchStrategy[tuple[str, Any]]:
    numbers = st.integers(0, 9)
    return st.one_of(
        st.tuples(st.just("receive"), st.lists(events(), min_size=1, max_size=4)),
        st.tuples(st.just("merge"), st.tuples(st.sets(numbers, min_size=2, max_size=3), numbers)),
        st.tuples(st.just("unmerge"), st.tuples(numbers, st.sets(numbers, min_size=1, max_size=2))),
        st.tuples(st.just("undo"), numbers),
        st.tuples(st.just("relocate"), st.none()),
    )


def play(stream: Stream, step: str, value: Any) -> None:
    if step == "receive":
        stream.receive(value)
    elif step == "relocate":
        moving.relocate(60)
    elif step == "merge":
        issues = stream.issues()
        if issues:
            chosen = [issues[number % len(issues)] for number in value[0]]
            into = issues[value[1] % len(issues)] if value[1] < 5 else None
            merging.merge(chosen, into=into, by=None, now=stream.tick())
    elif step == "unmerge":
        issues = stream.issues()
        if issues:
            issue = issues[value[0] % len(issues)]
            pks = list(issue.hashes.order_by("pk").values_list("pk", flat=True))
            try:
                merging.unmerge(
                    issue,
                    {pks[number % len(pks)] for number in value[1]},
                    by=None,
                    now=stream.tick(),
                )
            except merging.CannotMove:
                assert len(pks) <= len(value[1])
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
        stream = Stream(make_project())
        for step, value in [("receive", [{"fingerprint": ["kind 0"], "message": "m"}]), *story]:
            play(stream, step, value)
            recount.check()
            assert not GroupHash.objects.exclude(issue__in=stream.issues()).exists()
        moving.relocate(60)
        recount.check()

    @settings(
        max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
    )
    @given(st.lists(events(), min_size=2, max_size=12), st.booleans(), st.booleans())
    def test_merge_then_unmerge_is_as_before(
        self, received: list[dict[str, Any]], by_undo: bool, is_relocated: bool
    ) -> None:
        stream = Stream(make_project())
        stream.receive(received)
        before = snapshot()
        issues = stream.issues()
        done = merging.merge(issues, by=None, now=stream.tick())
        if done is None:
            assert len(issues) == 1
            return
        assert len(stream.issues()) == 1
        if is_relocated:
            moving.relocate(60)
        if by_undo:
            assert merging.undo(done.change, by=None, now=stream.tick())
        else:
            for issue in issues:
                hashes = GroupHash.objects.filter(merged_from=issue.pk)
                if hashes.exists():
                    merging.unmerge(
                        done.into,
                        hashes.values_list("pk", flat=True),
                        by=None,
                        now=stream.tick(),
                    )
        moving.relocate(60)
        assert snapshot() == before


def snapshot() -> dict[str, Any]:
    rows = {
        issue.pk: {name: getattr(issue, name) for name in fields}
        | {"text": issue.text.text, "hashes": set(issue.hashes.values_list("hash", "merged_from"))}
        for fields in [[f.attname for f in Issue._meta.concrete_fields]]
        for issue in Issue.objects.select_related("text")
    }
    return {"rows": rows, "counts": recount.stored()}
