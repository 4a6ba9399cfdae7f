"""Whatever is evicted, merged, taken apart and digested in between: what was counted stays counted."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Count, Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from issues import moving
from issues.models import Event, EventPayload, EvictedCount, GroupHash, HourCount, Issue, UserSeen
from issues.retention.choosing import Choosing
from issues.retention.lease import claim
from issues.retention.passes import NAME, Step, sweep
from issues.retention.policy import Reason
from issues.retention.removing import remove
from issues.retention.space import Space
from projects.models import Project
from tests.factories import make_project
from tests.issues import recount
from tests.issues.test_merging_counts import Stream, play
from tests.issues.test_merging_counts import steps as other_steps

pytestmark = pytest.mark.django_db


def steps() -> st.SearchStrategy[tuple[str, Any]]:
    evict = st.tuples(
        st.just("evict"),
        st.fixed_dictionaries(
            {
                "issue_events": st.integers(0, 4),
                "events": st.integers(0, 9),
                "max_bytes": st.sampled_from([0, 0, 3, 8]),
            }
        ),
    )
    return st.one_of(other_steps(), evict)


def evict(stream: Stream, rules: dict[str, int]) -> list[Step]:
    Project.objects.filter(pk=stream.project.pk).update(
        retention_issue_events=rules["issue_events"], retention_events=rules["events"]
    )
    now = stream.tick()
    lease = claim(NAME, now)
    assert lease is not None
    try:
        return list(
            sweep(
                lambda chunk: remove(list(chunk), lease, now),
                now,
                max_bytes=rules["max_bytes"],
                measure=lambda: Space(0, Event.objects.count()),
                choosing=Choosing(now, settling=timedelta()),
            )
        )
    finally:
        lease.release()


def check() -> None:
    """What is stored and what has gone is what was counted, by grouphash and by issue."""
    counted = _sums(HourCount.objects.values_list("grouphash_id").annotate(Sum("count")))
    stored = _sums(Event.objects.order_by().values_list("grouphash_id").annotate(Count("pk")))
    gone = _sums(EvictedCount.objects.values_list("grouphash_id").annotate(Sum("events")))
    for grouphash in GroupHash.objects.values_list("pk", flat=True):
        assert counted[grouphash] == stored.get(grouphash, 0) + gone.get(grouphash, 0)
    for issue in Issue.objects.all():
        hashes = list(issue.hashes.values_list("pk", flat=True))
        assert issue.event_count == sum(counted[each] for each in hashes)
        users = UserSeen.objects.filter(grouphash_id__in=hashes)
        assert issue.user_count == users.values("user_hash").distinct().count()
    assert not EventPayload.objects.exclude(pk__in=Event.objects.values("pk")).exists()


def _sums(rows: Any) -> dict[int, int]:
    return {key: int(value) for key, value in rows}


class TestCounts(TestCase):
    @settings(
        max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
    )
    @given(st.lists(steps(), min_size=4, max_size=16))
    def test_stay_exact(self, story: list[tuple[str, Any]]) -> None:
        stream = Stream(make_project())
        for step, value in [("receive", [{"fingerprint": ["kind 0"], "message": "m"}]), *story]:
            if step == "evict":
                before = recount.stored() | {"places": None}
                found = evict(stream, value)
                assert recount.stored() | {"places": None} == before
                limits = {value["issue_events"], value["events"], value["max_bytes"]}
                assert {each.reason for each in found} <= set(Reason)
                assert any(limits) or not found
            else:
                play(stream, step, value)
            check()
        moving.relocate(60)
        check()
