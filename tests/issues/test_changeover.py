"""Another grouping must not split the issues that there are."""

from datetime import timedelta

import pytest

from issues import changeover
from issues.models import Changeover, GroupHash, Issue
from issues.regroup import apply
from tests.issues.regroup.test_apply import DEEPER, Stream, error

pytestmark = pytest.mark.django_db


@pytest.fixture
def stream(db: None) -> Stream:
    """Its issue has but the hash of the grouping that was in force before."""
    stream = Stream()
    stream.receive(error("a"))
    run = stream.regroup(DEEPER)
    apply.apply(run)
    stream.finish(run)
    GroupHash.objects.order_by("pk")[0].delete()
    return stream


def test_an_unknown_event_finds_its_issue_the_old_way(stream: Stream) -> None:
    changeover.begin(stream.project.pk, DEEPER, stream.now)
    stream.receive(error("a"), error("b"))
    issue = Issue.objects.earliest("pk")
    assert issue.event_count == 3, "the second follows the new hash that the first brought along"
    assert issue.hashes.count() == 2


def test_afterwards_it_is_a_new_issue(stream: Stream) -> None:
    changeover.begin(stream.project.pk, DEEPER, stream.now)
    stream.now += changeover.LASTS + timedelta(days=1)
    stream.receive(error("a"))
    assert Issue.objects.count() == 2


def test_what_the_old_way_does_not_know_either_is_new(stream: Stream) -> None:
    changeover.begin(stream.project.pk, DEEPER, stream.now)
    stream.receive({"message": "something else"})
    assert Issue.objects.count() == 2


def test_a_second_change_keeps_what_the_issues_have(stream: Stream) -> None:
    changeover.begin(stream.project.pk, DEEPER, stream.now)
    changeover.begin(stream.project.pk, {"place_depth": 3}, stream.now + timedelta(days=1))
    row = Changeover.objects.get()
    assert row.previous == DEEPER
    assert row.until == stream.now + timedelta(days=1) + changeover.LASTS
    changeover.begin(stream.project.pk, {}, row.until)
    assert Changeover.objects.get().previous == {}
