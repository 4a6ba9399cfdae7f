from datetime import UTC, datetime, timedelta

import pytest

from issues.payload.times import iso, parse_time

RECEIVED = datetime(2026, 5, 1, 10, 0, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("sent", "time"),
    [
        (1777629600.25, "2026-05-01T10:00:00.250Z"),
        (1777629600250, "2026-05-01T10:00:00.250Z"),
        (1777629600250000, "2026-05-01T10:00:00.250Z"),
        (1777629600250000000, "2026-05-01T10:00:00.250Z"),
        ("1777629600.25", "2026-05-01T10:00:00.250Z"),
        ("1777629600250", "2026-05-01T10:00:00.250Z"),
        (0, "1970-01-01T00:00:00.000Z"),
        ("2026-05-01T10:00:00", "2026-05-01T10:00:00.000Z"),
        ("2026-05-01T10:00", "2026-05-01T10:00:00.000Z"),
        ("2026-05-01T10:00:00Z", "2026-05-01T10:00:00.000Z"),
        ("2026-05-01T10:00:00.1Z", "2026-05-01T10:00:00.100Z"),
        ("2026-05-01T10:00:00.Z", "2026-05-01T10:00:00.000Z"),
        ("2026-05-01T10:00:00.123Z", "2026-05-01T10:00:00.123Z"),
        ("2026-05-01T10:00:00.123456Z", "2026-05-01T10:00:00.123Z"),
        ("2026-05-01T10:00:00.123456789Z", "2026-05-01T10:00:00.123Z"),
        ("2026-05-01T10:00:00,905", "2026-05-01T10:00:00.905Z"),
        ("2026-05-01 10:00:00.905 UTC", "2026-05-01T10:00:00.905Z"),
        ("2026-05-01T12:00:00+02:00", "2026-05-01T10:00:00.000Z"),
        ("2026-05-01T05:30:00.5-0430", "2026-05-01T10:00:00.500Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.000Z"),
        ("2200-12-31T23:59:59Z", "2200-12-31T23:59:59.000Z"),
    ],
)
def test_reads_every_form_of_time(sent, time) -> None:
    parsed = parse_time(sent)
    assert parsed is not None
    assert iso(parsed) == time


@pytest.mark.parametrize(
    "sent",
    [
        None, True, "", "soon", "%{@timestamp}", [], {}, -1, "-1", 1e300, 10**400, "1e99",
        float("nan"), float("inf"), "NaN", "1_000", "٢٠٢٦", "2026-05-01", "2026-13-01T00:00:00Z",
        "2026-02-30T00:00:00.000000Z", "2026-W01-1T10:00:00.000000Z", "1969-12-31T23:59:59Z",
        "2201-01-01T00:00:00.000000Z",
        "0001-01-01T00:00:00+23:59", "2026-05-01T10:00:00.1234567890",
        "1970-01-01T00:00:00+02:00", "9" * 400,
    ],
)  # fmt: skip
def test_everything_else_is_no_time(sent) -> None:
    assert parse_time(sent) is None


@pytest.mark.parametrize(
    ("sent", "ago", "time", "reason"),
    [
        pytest.param("2026-05-01T09:00:00Z", 0, "09:00:00.000", None, id="an honest clock"),
        pytest.param("2026-05-01T09:00:00Z", 54, "09:00:00.000", None, id="a slow network"),
        pytest.param("2026-05-01T09:00:00Z", 60, "10:00:00.000", "clock_drift", id="a slow clock"),
        pytest.param("2026-05-01T10:30:00Z", -60, "09:30:00.000", "clock_drift", id="a fast one"),
        pytest.param("2026-05-01T10:01:05Z", 0, "10:01:05.000", None, id="just ahead"),
        pytest.param("2026-05-01T10:01:06Z", 0, "10:00:05.000", "future_timestamp", id="ahead"),
        pytest.param("2026-03-01T10:00:00Z", 0, "10:00:05.000", "past_timestamp", id="too old"),
        pytest.param("soon", 0, "10:00:05.000", "invalid_data", id="no time"),
        pytest.param(None, 0, "10:00:05.000", None, id="none sent"),
    ],
)
def test_corrects_what_a_wrong_clock_said(sent, ago, time, reason, read) -> None:
    event = read({"timestamp": sent}, sent_at=RECEIVED - timedelta(minutes=ago))
    assert event.data["timestamp"] == f"2026-05-01T{time}Z"
    assert iso(event.timestamp) == event.data["timestamp"]
    assert [note["reason"] for note in event.notes] == ([reason] if reason else [])
    assert event.received_at == RECEIVED


def test_an_event_kept_on_a_phone_for_a_week_keeps_its_time(read) -> None:
    event = read({"timestamp": "2026-04-24T10:00:00Z"}, sent_at=RECEIVED)
    assert event.data["timestamp"] == "2026-04-24T10:00:00.000Z"


@pytest.mark.parametrize(
    ("timestamp", "sent_at"),
    [
        pytest.param("2026-05-01T09:00:05Z", RECEIVED - HOUR, id="drift"),
        pytest.param("2027-05-01T09:00:05Z", None, id="future"),
        pytest.param("2020-05-01T09:00:05Z", None, id="past"),
    ],
)
def test_breadcrumbs_keep_their_distance(timestamp, sent_at, read) -> None:
    sent = parse_time(timestamp)
    assert sent is not None
    before = sent - timedelta(seconds=7)
    crumbs = [{"message": "a", "timestamp": iso(before)}, {"message": "b", "timestamp": "?"}]
    event = read({"timestamp": timestamp, "breadcrumbs": crumbs}, sent_at=sent_at)
    assert event.timestamp == RECEIVED
    assert event.data["breadcrumbs"]["values"] == [
        {"message": "a", "timestamp": "2026-05-01T09:59:58.000Z"},
        {"message": "b"},
    ]


def test_an_absurd_sent_at_is_survived(read) -> None:
    for year in (1, 9999):
        event = read(
            {"timestamp": 1777629600, "breadcrumbs": [{"timestamp": 1777629600, "message": "x"}]},
            sent_at=datetime(year, 1, 1, tzinfo=UTC),
        )
        assert event.timestamp == RECEIVED
