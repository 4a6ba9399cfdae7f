"""How long events may stay, and what the largest issues give."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issues.retention.policy import Policy, Worth, water_level

NOW = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)

counts = st.lists(st.integers(0, 50), max_size=12)


@given(counts, st.integers(0, 300))
def test_the_cap_is_the_largest_that_fits(found: list[int], most: int) -> None:
    cap = water_level(found, most)
    assert sum(min(count, cap) for count in found) <= most
    if cap < max(found, default=0):
        assert sum(min(count, cap + 1) for count in found) > most


@pytest.mark.parametrize(
    ("found", "most", "cap"),
    [
        pytest.param(
            [100, 3, 1], 10, 6, id="the largest gives, the small ones keep what they have"
        ),
        pytest.param([10, 10], 15, 7, id="two alike share"),
        pytest.param([5, 4], 9, 5, id="nothing has to go"),
        pytest.param([1, 1, 1], 2, 0, id="less than one for each"),
        pytest.param([], 5, 0, id="nothing there"),
    ],
)
def test_the_largest_issues_give(found: list[int], most: int, cap: int) -> None:
    assert water_level(found, most) == cap


@pytest.mark.parametrize(
    ("policy", "ordinary", "worth"),
    [
        pytest.param(Policy(), None, None, id="for ever"),
        pytest.param(Policy(days=30, kept_days=90), 30, 90, id="what says most stays longer"),
        pytest.param(Policy(days=30), 30, None, id="or for ever"),
        pytest.param(Policy(days=90, kept_days=30), 90, 90, id="never shorter than the others"),
        pytest.param(Policy(kept_days=30), None, 30, id="ordinary ones for ever"),
        pytest.param(Policy(days=4_000_000), None, None, id="longer than there are years"),
    ],
)
def test_age(policy: Policy, ordinary: int | None, worth: int | None) -> None:
    def days(at: datetime | None) -> int | None:
        return None if at is None else (NOW - at) // timedelta(days=1)

    assert days(policy.cutoff(Worth.ORDINARY, NOW)) == ordinary
    assert {days(policy.cutoff(each, NOW)) for each in Worth if each} == {worth}
