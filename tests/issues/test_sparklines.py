from datetime import UTC, datetime, timedelta

import pytest

from issues.sparklines import RANGES, chart, hour_keys, is_rising, shares, spark

NOW = datetime(2026, 5, 1, 10, 40, tzinfo=UTC)
DAY = RANGES["24h"]


@pytest.mark.parametrize("key", RANGES)
def test_the_last_bar_holds_now_and_the_first_begins_the_range(key: str) -> None:
    span = RANGES[key]
    assert span.index(NOW, NOW) == span.bars - 1
    assert span.index(span.start(NOW), NOW) == 0
    assert span.index(span.start(NOW) - timedelta(seconds=1), NOW) is None
    assert len(span.starts(NOW)) == span.bars


@pytest.mark.parametrize("key", RANGES)
def test_every_hour_of_the_range_falls_into_a_bar(key: str) -> None:
    span = RANGES[key]
    keys = hour_keys(span, NOW)
    assert set(keys.values()) == set(range(span.bars))
    assert keys[f"{NOW:%Y-%m-%d %H}"[: span.key_length]] == span.bars - 1


def test_a_sparkline_is_a_path_with_a_sentence() -> None:
    shown = spark([0] * 22 + [2, 8], DAY)
    assert shown.path.count("M") == 24
    assert shown.path.endswith("M90 18v-4M94 18v-18")
    assert shown.label == "10 events in 24 hours, at most 8 in one hour"
    assert shown.total == 10


def test_few_events_do_not_look_like_a_storm() -> None:
    assert spark([0] * 23 + [1], DAY).path.endswith("v-4")


def test_no_events_say_so() -> None:
    assert spark([0] * 24, DAY).label == "no events in 24 hours"


@pytest.mark.parametrize(
    ("counts", "rising"),
    [
        pytest.param([0] * 21 + [5, 9, 20], True, id="from nothing"),
        pytest.param([5] * 24, False, id="level"),
        pytest.param([0] * 23 + [3], False, id="too few to tell"),
        pytest.param([50] * 12 + [10] * 12, False, id="falling"),
        pytest.param([], False, id="nothing"),
    ],
)
def test_rising_is_well_above_what_was_usual(counts: list[int], rising: bool) -> None:
    assert is_rising(counts) is rising


def test_a_chart_sets_the_shown_events_bar_apart() -> None:
    shown = chart([1] * 24, DAY, NOW, current=NOW - timedelta(hours=1))
    assert [index for index, bar in enumerate(shown.bars) if bar.tone] == [22]
    assert shown.label == "24 events in 24 hours, at most 1 per hour"
    assert shown.highest == 4


def test_empty_hours_have_no_bar() -> None:
    assert len(chart([0, 3] * 12, DAY, NOW).bars) == 12


def test_marks_that_would_overlap_are_left_out() -> None:
    marks = [(NOW - timedelta(hours=hours), f"1.{hours}") for hours in (20, 19, 2, 100)]
    assert [mark.label for mark in chart([0] * 24, DAY, NOW, marks=marks).marks] == ["1.20", "1.2"]


def test_shares_fill_the_bar() -> None:
    found = shares([0.5, 0.3, 0.2])
    assert [share.tone for share in found] == ["now", "", "less"]
    last = found[-1]
    assert float(last.x[:-1]) + float(last.width[:-1]) == pytest.approx(100, abs=0.3)
