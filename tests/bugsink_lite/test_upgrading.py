"""What `upgrade --check` foretells."""

import pytest
from django.db import migrations, models
from django.db.migrations import Migration

from bugsink_lite import upgrading

pytestmark = pytest.mark.django_db

SIZES = {"issues_event": 40 << 20, "issues_issue": 1 << 20, "projects_project": 1 << 20}


def step(*operations: object) -> upgrading.Step:
    Next = type("Next", (Migration,), {"operations": list(operations)})
    migration = Next("0099_next", "issues")
    return upgrading._step(migration, SIZES, 50 << 20)


def test_without_anything_to_do_nothing_is_foretold() -> None:
    found = upgrading.outlook()
    assert (found.steps, found.seconds, found.disk, found.fits) == ([], 0, 0, True)


def test_an_index_goes_through_its_table() -> None:
    index = models.Index(fields=["project_id"], name="x")
    found = step(migrations.AddIndex("Event", index))
    assert found.name == "issues.0099_next"
    assert found.bytes == 40 << 20
    assert found.seconds == pytest.approx(2.1)
    assert found.does == ["Create index x on field(s) project_id of model Event"]


def test_a_new_table_costs_nothing() -> None:
    found = step(migrations.CreateModel("New", [("id", models.BigAutoField(primary_key=True))]))
    assert (found.bytes, found.seconds) == (0, upgrading.EACH_SECONDS)


def test_of_code_the_worst_is_assumed() -> None:
    found = step(migrations.RunPython(migrations.RunPython.noop))
    assert found.bytes == 41 << 20


def test_what_is_only_said_of_the_state_costs_nothing() -> None:
    gone = migrations.DeleteModel("Event")
    found = step(migrations.SeparateDatabaseAndState(state_operations=[gone]))
    assert found.bytes == 0


def test_every_table_has_a_size() -> None:
    sizes = upgrading.table_sizes()
    assert {"issues_event", "projects_project"} <= set(sizes)
    assert all(size >= 0 for size in sizes.values())
