"""Space is measured, and given back."""

import os
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from issues.models import EventPayload, SizeSample
from issues.retention import sizes, space, tables
from projects.models import Project
from tests.issues.retention.builders import NOW, days_ago, evict, issue_with


@pytest.mark.django_db
def test_what_is_stored_is_less_than_what_is_allocated(project: Project) -> None:
    issue_with(project, [3, 2, 1])
    found = space.measure()
    assert 0 < found.used <= found.allocated
    assert space.database_bytes() == found.allocated


def fill(project: Project, count: int, size: int) -> None:
    EventPayload.objects.bulk_create(
        EventPayload(id=10_000 + n, project_id=project.pk, size=size, data=os.urandom(size))
        for n in range(count)
    )


@pytest.mark.django_db(transaction=True)
def test_deleted_rows_are_not_counted_as_used(project: Project) -> None:
    before = space.measure()
    fill(project, 400, 20_000)
    full = space.measure()
    assert full.used - before.used > 400 * 20_000 * 0.95
    EventPayload.objects.filter(pk__gte=10_000).delete()
    after = space.measure()
    assert after.used - before.used < 400 * 20_000 * 0.05


@pytest.mark.django_db(transaction=True)
def test_sqlite_gives_the_disk_back_in_small_steps(project: Project) -> None:
    if not settings.IS_SQLITE:
        assert space.give_back(1) is False, "PostgreSQL does it by itself, within its files"
        return
    assert space.is_incremental()
    path = Path(str(connection.settings_dict["NAME"]))
    fill(project, 800, 20_000)
    connection.connection.executescript("PRAGMA wal_checkpoint(TRUNCATE)")
    large = path.stat().st_size
    EventPayload.objects.filter(pk__gte=10_000).delete()
    steps = 1
    while space.give_back(0):
        steps += 1
    connection.connection.executescript("PRAGMA wal_checkpoint(TRUNCATE)")
    assert steps > 3
    assert path.stat().st_size < large - 12_000_000


@pytest.mark.django_db
def test_a_size_is_written_down_once_in_an_hour() -> None:
    assert sizes.note(NOW) is True
    assert sizes.note(NOW.replace(minute=59)) is False
    assert sizes.note(days_ago(-100)) is True
    (kept,) = SizeSample.objects.all()
    assert kept.hour == days_ago(-100), "the old one is forgotten"
    found, packing, at = sizes.latest()
    assert at == days_ago(-100)
    assert {"Events", "Payloads", tables.OTHERS} <= {size.name for size in found}
    assert packing.payloads == 0


@pytest.mark.django_db
def test_tables_and_packing(project: Project) -> None:
    issue_with(project, [3, 2, 1])
    found = tables.sizes()
    rows = {size.name: size.rows for size in found}
    assert all(size.bytes for size in found if size.name == "Payloads")
    if settings.IS_SQLITE:
        assert (rows["Events"], rows["Issues"]) == (3, 1)
    packing = tables.packing()
    assert (packing.payloads, packing.beside_exemplar) == (3, 0)
    assert 0 < packing.packed < packing.sent


@pytest.mark.django_db
def test_evicting_frees_what_was_used(project: Project) -> None:
    issue_with(project, list(range(200, 0, -1)))
    project.retention_days = 30
    project.save()
    before = space.measure().used
    evict()
    assert space.measure().used < before


@pytest.mark.django_db
def test_a_large_sqlite_file_is_not_read_for_it(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then only what payloads take is reckoned, from the latest ones."""
    monkeypatch.setattr(tables, "WALKED_BYTES", 0)
    issue_with(project, [3, 2, 1])
    found = {size.name: size.bytes for size in tables.sizes()}
    if settings.IS_SQLITE:
        assert found["Tags"] is None
        assert found["Payloads"] == tables.packing().packed
