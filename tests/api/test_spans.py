from datetime import UTC, datetime, timedelta, timezone

import pytest

from api.spans import Span, span
from api.stamps import read_stamp, stamp

NOW = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)


def test_stamps_end_in_z_whatever_zone_they_had() -> None:
    there = datetime(2026, 5, 1, 12, 0, tzinfo=timezone(timedelta(hours=2)))
    assert stamp(there) == "2026-05-01T10:00:00Z"
    assert stamp(NOW + timedelta(microseconds=250)) == "2026-05-01T10:00:00.000250Z"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-05-01T10:00:00.123456789Z", NOW + timedelta(microseconds=123_456)),
        ("2026-05-01T12:00:00+02:00", NOW),
        ("2026-05-01T10:00:00", NOW),
        ("soon", None),
        ("", None),
        (7, None),
        ("9999-12-31T23:59:59-14:00", None),
    ],
)
def test_incoming_stamps(text: object, found: datetime | None) -> None:
    assert read_stamp(text) == found


def test_a_period_counts_back_and_wins() -> None:
    assert span("14d", "2026-01-01", "2026-01-02", NOW) == Span(NOW - timedelta(days=14))
    assert span("", "", "", NOW) == Span()
    assert span("", "2026-01-01T00:00:00", "2026-01-02T00:00:00Z", NOW) == Span(
        datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    )


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        ("14", "", ""),
        ("0d", "", ""),
        ("999999w", "", ""),
        ("", "2026-01-01", ""),
        ("", "2026-01-02", "2026-01-01"),
        ("", "x", "2026-01-01"),
    ],
)
def test_what_is_no_time_is_said(period: str, start: str, end: str) -> None:
    with pytest.raises(ValueError, match=r"\."):
        span(period, start, end, NOW)
