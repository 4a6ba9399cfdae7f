from datetime import UTC, datetime, timedelta, timezone

import pytest

from issues.period import period
from issues.sparklines import HOUR

NOW = datetime(2026, 5, 1, 10, 30, tzinfo=UTC)


def test_without_a_choice_the_list_is_about_all_time() -> None:
    found, problem = period("", "", "", now=NOW, zone=UTC)
    assert (found.since, found.until, found.chart.key, problem) == (None, None, "24h", "")


def test_the_last_days() -> None:
    found, _ = period("7d", "", "", now=NOW, zone=UTC)
    assert (found.since, found.until, found.chart.key) == (NOW - timedelta(days=7), None, "7d")


def test_from_one_moment_to_another_in_the_users_time_zone() -> None:
    zone = timezone(timedelta(hours=2))
    found, _ = period("", "2026-02-01T08:00", "2026-02-03", now=NOW, zone=zone)
    assert found.since == datetime(2026, 2, 1, 6, tzinfo=UTC)
    assert found.until == datetime(2026, 2, 3, 22, tzinfo=UTC)  # all of the third
    assert found.is_absolute


@pytest.mark.parametrize("days", [0.1, 1, 3, 7, 20, 60, 200, 365])
def test_the_bars_hold_the_whole_time(days: float) -> None:
    since = NOW - timedelta(days=days)
    found, problem = period("", since.isoformat(), "", now=NOW, zone=UTC)
    assert problem == ""
    assert found.chart.index(since, found.end) is not None
    assert found.chart.index(found.end, found.end) == found.chart.bars - 1
    assert found.chart.bars <= 64
    assert found.chart.bars * found.chart.hours * HOUR <= timedelta(days=days) * 1.5 + 4 * HOUR


@pytest.mark.parametrize(
    ("start", "end", "says"),
    [
        ("", "2026-02-01", "has a beginning"),
        ("2026-02-03", "2026-02-01", "ends before"),
        ("2026-06-01", "", "ends before"),
        ("2020-01-01", "2026-01-01", "up to a year"),
        ("yesterday", "", "is no time"),
        ("0001-01-01", "", "is no time"),
        ("9999-12-31T23:59", "9999-12-31", "is no time"),
    ],
)
def test_what_is_no_time(start: str, end: str, says: str) -> None:
    found, problem = period("", start, end, now=NOW, zone=UTC)
    assert says in problem
    assert found.since is None
