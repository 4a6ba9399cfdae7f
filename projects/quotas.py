"""Windows and thresholds -> exceeded until when. Pure."""

from datetime import UTC, date, datetime, timedelta


def month_of(at: datetime) -> date:
    """The first day of the month in UTC. at: aware."""
    return at.astimezone(UTC).date().replace(day=1)


def end_of_month(month: date) -> datetime:
    """When the next one begins."""
    following = (month.replace(day=1) + timedelta(days=32)).replace(day=1)
    return datetime(following.year, following.month, 1, tzinfo=UTC)


def exceeded_until(quota: int, stored: int, month: date) -> datetime | None:
    """None while there is room. quota: events in a month, 0: no limit; stored: events of `month`."""
    return end_of_month(month) if 0 < quota <= stored else None
