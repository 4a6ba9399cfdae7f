"""The administrators' page."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from bugsink_lite import notices
from ingest.models import OutcomeCount
from issues.models import Eviction, SizeSample, Sweep
from issues.retention import passes, sizes
from projects.models import Project, ServerProcess
from tests.factories import make_project
from tests.ingest.conftest import fresh_pipeline  # noqa: F401  # an autouse fixture

pytestmark = pytest.mark.django_db
URL = "/settings/system/"
GIB = 1 << 30


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    notices._shown = ()
    yield
    notices._shown = ()


def text(client: Client) -> str:
    answer = client.get(URL)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def grow(per_day: int, *, now_used: int, days: int = 3) -> None:
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    for hours in range(days * 24 + 1):
        used = now_used - per_day * hours // 24
        SizeSample.objects.create(hour=now - timedelta(hours=hours), allocated=used, used=used)


def process(number: int, project: Project | None = None) -> None:
    now = timezone.now()
    ServerProcess.objects.create(
        name=f"web-{number}:1:a", host=f"web-{number}", pid=100 + number, version="0.0.1",
        digests=True, started_at=now - timedelta(days=3), seen_at=now, spool_records=7,
        spool_bytes=1000, oldest_at=now - timedelta(seconds=90), disk_total=GIB, disk_free=GIB // 2,
    )  # fmt: skip


def test_an_empty_installation(administrator: Client) -> None:
    page = text(administrator)
    assert "healthy" in page
    assert "a forecast needs six hours" in page
    assert "Nothing arrived in 24 hours." in page


def test_backlog_lag_and_processes(administrator: Client) -> None:
    process(1)
    process(2)
    page = text(administrator)
    assert re.search(r"Backlog 14 records, 2\.0 KB", page.replace("\xa0", " "))
    assert re.search(r"Digest lag 9\d s", page)
    assert "web-2 102 may digest" in page


def test_outcomes_of_all_projects(administrator: Client, project: Project) -> None:
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    for where in (project, make_project("Other")):
        for outcome, quantity in (("accepted", 90), ("invalid", 10)):
            OutcomeCount.objects.create(
                project_id=where.pk, hour=hour, outcome=outcome, category="error",
                reason="unreadable_body" if outcome == "invalid" else "", quantity=quantity,
            )  # fmt: skip
    page = text(administrator)
    assert "accepted 180 90 % error" in page
    assert "invalid 20 10 % error: unreadable_body" in page


def test_the_days_that_are_left(administrator: Client, settings: Settings) -> None:
    settings.RETENTION_BYTES = 20 * GIB
    grow(GIB, now_used=10 * GIB)
    page = text(administrator).replace("\xa0", " ")
    # SQLite says how large it is now, PostgreSQL how large it was in the last sample.
    assert re.search(r"the limit is reached in about (9|10|19|20) days", page)
    assert "Grows 1.0 GB a day" in page
    shrunk = SizeSample.objects.order_by("hour")
    for number, sample in enumerate(shrunk):
        SizeSample.objects.filter(pk=sample.pk).update(used=10 * GIB - number)
    assert "no end in sight" in text(administrator)


def test_what_retention_did(administrator: Client, project: Project) -> None:
    now = timezone.now()
    Eviction.objects.create(
        project_id=project.pk, day=now.date(), reason="age", events=1234, bytes=5 << 20
    )
    Sweep.objects.create(name=passes.NAME, finished_at=now - timedelta(minutes=5))
    page = text(administrator).replace("\xa0", " ")
    assert "Too old 1,234 · 5.0 MB" in page
    assert "Last pass 5 min ago" in page


@pytest.mark.parametrize("many", [1, 6])
def test_it_costs_as_many_queries_whatever_there_is(
    administrator: Client, many: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(many):
        process(number)
        make_project(f"P{number}")
    grow(GIB, now_used=10 * GIB, days=many)
    sizes.note()
    # Session, user; what each part says. SQLite tells its pages one by one, PostgreSQL its size at once.
    with django_assert_num_queries(14 if connection.vendor == "sqlite" else 11):
        administrator.get(URL)
