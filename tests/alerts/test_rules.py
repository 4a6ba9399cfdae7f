from datetime import UTC, datetime, timedelta

import pytest

from alerts.rules import BACKOFF, GATHER, HOUR, Plan, next_try, plan

NOW = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def ago(*minutes: int) -> list[datetime]:
    return [NOW - each * MINUTE for each in minutes]


@pytest.mark.parametrize(
    ("new", "made", "wanted"),
    [
        pytest.param(1, [], Plan(False, NOW), id="one comes at once"),
        pytest.param(3, [], Plan(False, NOW), id="so do a few"),
        pytest.param(4, [], Plan(True, NOW + GATHER), id="more come together"),
        pytest.param(1, ago(*[5] * 4), Plan(False, NOW), id="there is room"),
        pytest.param(2, ago(*[5] * 4), Plan(True, NOW + GATHER), id="room for one"),
        pytest.param(1, ago(*[5] * 5), Plan(True, NOW + 55 * MINUTE), id="the hour is full"),
        pytest.param(1, ago(50, 5, 4, 3, 2), Plan(True, NOW + 10 * MINUTE), id="the first to go"),
        pytest.param(1, ago(60, *[5] * 4), Plan(False, NOW), id="an hour old"),
        pytest.param(1, ago(*[-90] * 9), Plan(False, NOW), id="the clock was set back"),
    ],
)
def test_messages_are_bounded_by_the_hour(new: int, made: list[datetime], wanted: Plan) -> None:
    assert plan(NOW, new, made, per_hour=5) == wanted


def test_a_full_hour_is_never_exceeded() -> None:
    """Whatever arrives, one look a minute for a day."""
    made: list[datetime] = []
    for minute in range(24 * 60):
        now = NOW + minute * MINUTE
        found = plan(now, 1, made, per_hour=5)
        if not found.together:
            made.append(now)
    for at in made:
        assert sum(at - HOUR < each <= at for each in made) <= 5


def test_tries_come_at_longer_intervals_and_end() -> None:
    waits = [next_try(NOW, n) for n in range(1, len(BACKOFF) + 1)]
    assert waits == [NOW + wait for wait in BACKOFF]
    assert next_try(NOW, len(BACKOFF) + 1) is None
