"""When the room will be used up."""

from datetime import UTC, datetime, timedelta

import pytest

from issues.retention.forecast import days_left, growth

START = datetime(2026, 5, 1, tzinfo=UTC)


def samples(hours: int, per_day: float, *, size: float = 1e9) -> list[tuple[datetime, int]]:
    return [
        (START + timedelta(hours=hour), int(size + per_day * hour / 24))
        for hour in range(hours + 1)
    ]


@pytest.mark.parametrize("per_day", [48e6, 0.0, -24e6])
def test_a_straight_line_is_found(per_day: float) -> None:
    found = growth(samples(72, per_day))
    assert found is not None
    assert found.per_day == pytest.approx(per_day, rel=1e-3, abs=1)
    assert found.days == 3


def test_only_the_last_days_count() -> None:
    old = [(at - timedelta(days=30), 10**12) for at, _ in samples(24, 0)]
    found = growth([*old, *samples(72, 48e6)])
    assert found is not None
    assert found.per_day == pytest.approx(48e6, rel=1e-3)


def test_a_few_hours_say_nothing() -> None:
    assert growth([]) is None
    assert growth(samples(5, 1e9)) is None


def test_days_left() -> None:
    found = growth(samples(72, 48e6))
    assert days_left(480_500_000, found) == 10
    assert days_left(0, found) == 0
    assert days_left(-5, None) == 0
    assert days_left(10**9, None) is None
    assert days_left(10**9, growth(samples(72, -1e6))) is None
    assert days_left(10**18, found) is None, "beyond what anybody plans for"
