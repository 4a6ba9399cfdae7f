"""Events as JSON lines: all of them, in order, and again from where it stopped."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from issues import exporting, merging
from issues.models import Event, EventPayload, Issue
from projects.models import PrefixAlias, Project
from tests.factories import NOW, make_event, make_issue, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def other(project: Project) -> Issue:
    return make_issue(project, "TypeError: x")


@pytest.fixture
def events(project: Project, issue: Issue, other: Issue) -> list[Event]:
    make_event(make_issue(make_project("Elsewhere")))
    return [make_event(issue if number % 2 else other) for number in range(7)]


def exported(project: Project, issue: Issue | None = None, **options: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in exporting.lines(project, issue, **options)]


def test_all_of_a_project(project: Project, events: list[Event]) -> None:
    rows = exported(project)
    assert [row["id"] for row in rows] == [event.pk for event in events]
    assert [row["event"]["event_id"] for row in rows] == [event.event_id.hex for event in events]
    assert rows[0]["received_at"] == "2026-05-01T10:00:00Z"


def test_of_an_issue(project: Project, issue: Issue, events: list[Event]) -> None:
    assert {row["issue"] for row in exported(project, issue)} == {issue.pk}
    assert len(exported(project, issue)) == 3


@pytest.mark.parametrize(("batch", "window"), [(2, 3), (1, 1), (100, 2)])
def test_batches_leave_nothing_out(
    project: Project, events: list[Event], batch: int, window: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "BATCH", batch)
    monkeypatch.setattr(exporting, "WINDOW", window)
    assert [row["id"] for row in exported(project)] == [event.pk for event in events]
    assert [row["id"] for row in exported(project, after=events[2].pk)] == [
        event.pk for event in events[3:]
    ]


def test_a_payload_that_is_gone_or_damaged_is_null(project: Project, events: list[Event]) -> None:
    EventPayload.objects.filter(pk=events[0].pk).delete()
    EventPayload.objects.filter(pk=events[1].pk).update(data=b"rubbish")
    rows = exported(project)
    assert [row["event"] is None for row in rows] == [True, True] + [False] * 5


def test_queries_depend_on_batches_not_on_events(project: Project, events: list[Event]) -> None:
    with CaptureQueriesContext(connection) as queries:
        exported(project)
    assert len(queries) == 3


# --- the command ---------------------------------------------------------------------------------


def ids(file: Path) -> list[int]:
    return [json.loads(line)["id"] for line in file.read_bytes().splitlines()]


def run(**options: Any) -> str:
    out = io.StringIO()
    call_command("export", stderr=out, **options)
    return out.getvalue()


def test_it_goes_on_where_it_was_cut(tmp_path: Path, project: Project, events: list[Event]) -> None:
    file = tmp_path / "events.jsonl"
    assert "7 events written" in run(project=project.slug, output=file)
    whole = file.read_bytes()
    for cut in (len(whole), len(whole) - 1, len(whole) - 700, 10, 1, 0):
        file.write_bytes(whole[:cut])
        run(project=project.slug, output=file)
        assert file.read_bytes() == whole


@pytest.mark.parametrize("content", [b"important\n", b"important", b'{"id": "x"}\n', b"{}\n"])
def test_another_file_is_left_alone(tmp_path: Path, project: Project, content: bytes) -> None:
    file = tmp_path / "thesis.txt"
    file.write_bytes(content)
    with pytest.raises(CommandError, match="holds something else"):
        run(project=project.slug, output=file)
    assert file.read_bytes() == content


def test_an_issue_by_its_names(
    tmp_path: Path, project: Project, issue: Issue, other: Issue, events: list[Event]
) -> None:
    PrefixAlias.objects.create(prefix="OLDER", project=project)
    names = (str(issue.pk), issue.short_id, issue.short_id.lower(), f"OLDER-{issue.number}")
    for number, name in enumerate(names):
        file = tmp_path / f"{number}.jsonl"
        run(issue=name, output=file)
        assert len(ids(file)) == 3
    short_id = issue.short_id
    merging.merge([issue, other], into=other, by=None, now=NOW)
    assert exporting.issue_named(short_id) == other


@pytest.mark.parametrize(
    "options",
    [
        {"project": "nowhere"},
        {"issue": "NO-1"},
        {"issue": "99999999999999999999999"},
        {"issue": "x"},
        {"issue": "-"},
    ],
)
def test_what_is_not_there_is_said(options: dict[str, str]) -> None:
    with pytest.raises(CommandError, match="There is no"):
        run(**options)
