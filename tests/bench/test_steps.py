"""The benchmark's budget runs, and finds the functions that it watches."""

from collections.abc import Iterator

import pytest

from bench import steps
from bench.payloads import bodies
from ingest import pipeline
from issues.models import Event
from projects.models import Project
from tests.ingest.door import digest_all

EVENTS = 20


@pytest.fixture(autouse=True)
def _own_spool() -> Iterator[None]:
    pipeline.close()
    yield
    pipeline.close()


@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_the_budget_of_some_events(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    digest_all()  # what tests before this one have left in the spool
    before = Event.objects.count()
    budget = steps.measure(project.pk, bodies("3k", 4, seed=2), bodies("3k", EVENTS))
    assert Event.objects.count() == before + EVENTS + 4
    assert budget.as_sent == EVENTS
    for once_an_event in ("inflate", "frame", "sketch", "gate", "normalise", "group", "pack"):
        assert budget.steps[once_an_event].calls == EVENTS
    assert budget.steps["db: commit"].calls >= 1
    assert 0 < budget.yardstick < budget.cpu
    steps.show("3k", budget)
    assert "20 events, 1 process, 100% kept as sent" in capsys.readouterr().out
