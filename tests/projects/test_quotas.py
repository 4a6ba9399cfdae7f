from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from django.utils import timezone as clock

from projects.keys import load_keys
from projects.models import MonthCount, Project, ProjectKey
from projects.quotas import end_of_month, exceeded_until, month_of
from projects.ref import ProjectRef, Rates

MAY = date(2026, 5, 1)


def test_a_month_is_one_of_utc() -> None:
    west = timezone(timedelta(hours=-8))
    assert month_of(datetime(2026, 4, 30, 20, 0, tzinfo=west)) == MAY
    assert end_of_month(MAY) == datetime(2026, 6, 1, tzinfo=UTC)
    assert end_of_month(date(2026, 12, 1)) == datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("quota", "stored", "is_exceeded"), [(0, 10**9, False), (10, 9, False), (10, 10, True)]
)
def test_a_quota_is_exceeded_until_the_month_ends(
    quota: int, stored: int, is_exceeded: bool
) -> None:
    until = datetime(2026, 6, 1, tzinfo=UTC) if is_exceeded else None
    assert exceeded_until(quota, stored, MAY) == until


def test_keys_know_the_limits(project: Project, django_assert_num_queries) -> None:
    ProjectKey.objects.update(rate_per_minute=1, rate_per_hour=2)
    Project.objects.update(rate_per_minute=3, rate_per_hour=4)
    key = project.keys.get().public_key
    with django_assert_num_queries(1):
        assert load_keys() == {key: ProjectRef(project.pk, True, Rates(1, 2), Rates(3, 4), 0.0)}
    now = clock.now()
    MonthCount.objects.create(project_id=project.pk, month=month_of(now), events=100)
    assert load_keys()[key].exceeded_until == 0.0
    Project.objects.update(monthly_quota=100)
    assert load_keys()[key].exceeded_until == end_of_month(month_of(now)).timestamp()
    Project.objects.update(monthly_quota=101)
    assert load_keys()[key].exceeded_until == 0.0, "raised, and has room again"


def test_last_month_does_not_count(project: Project) -> None:
    Project.objects.update(monthly_quota=1)
    last_month = month_of(clock.now()) - timedelta(days=1)
    MonthCount.objects.create(project_id=project.pk, month=month_of_day(last_month), events=100)
    assert load_keys()[project.keys.get().public_key].exceeded_until == 0.0


def month_of_day(day: date) -> date:
    return day.replace(day=1)
