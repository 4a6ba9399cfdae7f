from datetime import datetime, timedelta

import pytest

from issues import trend
from issues.models import HourCount, Issue
from projects.models import Project
from tests.factories import NOW, make_issue


@pytest.mark.parametrize(
    ("recent", "before", "expected"),
    [(50, 30, 18_371), (1100, 6000, 3161), (9, 0, 9000), (0, 6, -707), (10, 60, 0)],
)
def test_how_many_usual_steps_the_last_day_is_above(
    recent: int, before: int, expected: int
) -> None:
    assert trend.score(recent, before) == expected


def test_without_events_there_is_no_trend() -> None:
    assert trend.score(0, 0) == trend.QUIET


def counted(issue: Issue, at: datetime, count: int) -> None:
    HourCount.objects.create(
        project_id=issue.project_id,
        grouphash_id=issue.hashes.earliest("id").pk,
        hour=at.replace(minute=0),
        count=count,
    )


@pytest.mark.django_db
def test_the_most_rising_come_first_and_the_quiet_last(project: Project) -> None:
    now = NOW + timedelta(minutes=30)
    quiet, falling, steady, new = (make_issue(project, f"{n}: 1", seen=now) for n in "QFSN")
    for day in range(1, 7):
        counted(falling, now - timedelta(days=day), 10)
        counted(steady, now - timedelta(days=day), 10)
    counted(steady, now, 10)
    counted(new, now, 9)
    # Older than what is looked at.
    counted(quiet, now - timedelta(days=9), 500)
    ranking = trend.ranking(Issue.objects.all(), [project.pk], now)
    assert [pk for _, pk in ranking.keys] == [new.pk, steady.pk, falling.pk, quiet.pk]
    assert not ranking.is_cut


@pytest.mark.django_db
def test_of_too_many_only_those_seen_last_are_ranked(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_issue(project, "Old: 1", seen=NOW - timedelta(days=1))
    late = make_issue(project, "Late: 1")
    monkeypatch.setattr(trend, "MOST", 1)
    ranking = trend.ranking(Issue.objects.all(), [project.pk], NOW)
    assert [pk for _, pk in ranking.keys] == [late.pk]
    assert ranking.is_cut
