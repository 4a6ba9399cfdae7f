"""`evict`, as it is typed."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from issues.models import Event
from issues.retention import passes
from issues.retention.lease import claim
from projects.models import Project
from tests.factories import make_project
from tests.issues.retention.builders import issue_with

pytestmark = pytest.mark.django_db


def run(**options: Any) -> str:
    out = io.StringIO()
    call_command("evict", stdout=out, stderr=io.StringIO(), pause=0, **options)
    return out.getvalue()


@pytest.fixture
def old(project: Project) -> Project:
    issue_with(project, [3000, 2000, 1500, 1000])
    project.retention_days, project.retention_kept_days = 30, 36_000
    project.save()
    return project


def test_a_dry_run_takes_nothing(old: Project) -> None:
    said = json.loads(run(dry_run=True, as_json=True))
    assert said.pop("bytes") > 0
    assert said == {"events": 2, "by": {"age": 2}, "dry_run": True}
    assert "2 events would leave" in run(dry_run=True)
    assert Event.objects.count() == 4


def test_it_takes_what_has_to_go(old: Project) -> None:
    said = run()
    assert "2 events have left" in said
    assert "2 by age" in said
    assert Event.objects.count() == 2
    assert "0 events have left" in run()


def test_of_one_project(old: Project) -> None:
    other = make_project("Other")
    assert "0 events" in run(project=other.slug)
    assert "2 events" in run(project=old.slug)


def test_what_is_wrong_is_said(old: Project) -> None:
    with pytest.raises(CommandError, match="no project nowhere"):
        run(project="nowhere")
    assert claim(passes.NAME, timezone.now()) is not None
    with pytest.raises(CommandError, match="A running server is at it"):
        run()
