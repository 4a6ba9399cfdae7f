"""What a project has set reaches its events, and no secret reaches a table."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction

from ingest.items import Disposal, ReceivedItem
from issues.digest import EventSink
from issues.models import Event, EventPayload, Issue
from projects.models import Project
from tests.factories import make_project

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)
SECRET = "hunter2"


def digest(project: Project, *events: dict[str, Any]) -> list[Disposal | None]:
    items = [ReceivedItem(project.pk, "event", event, uuid.uuid4().hex, NOW) for event in events]
    sink = EventSink()
    prepared = sink.prepare(items)
    with transaction.atomic():
        return sink.store(prepared, NOW)


def secretive() -> dict[str, Any]:
    url = f"postgres://bob:{SECRET}@db/shop"
    return {
        "exception": [{"type": "OperationalError", "value": f"cannot connect to {url}"}],
        "transaction": f"/reset?token={SECRET}",
        "logger": f"auth?token={SECRET}",
        "server_name": f"https://a:{SECRET}@web",
        "user": {"id": f"https://a:{SECRET}@web"},
        "tags": {"dsn": url, "password": SECRET},
        "fingerprint": ["{{ default }}", url],
        "request": {"url": f"https://a:{SECRET}@shop.example/?token={SECRET}"},
        "errors": [{"type": "invalid_data", "name": "password", "value": SECRET}],
        "extra": {"password": SECRET},
    }


def everything_stored() -> str:
    """All rows of all tables as text, payloads unpacked."""
    texts = [str(payload.load()) for payload in EventPayload.objects.all()]
    for model in apps.get_models():
        columns = ", ".join(
            connection.ops.quote_name(str(f.column)) for f in model._meta.concrete_fields
        )
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {columns} FROM {connection.ops.quote_name(model._meta.db_table)}"
            )
            texts += [str(row) for row in cursor.fetchall()]
    return "\n".join(texts)


def test_no_secret_reaches_the_database(project: Project) -> None:
    assert digest(project, secretive()) == [None]
    assert SECRET not in everything_stored()
    assert Issue.objects.get().title == "OperationalError: cannot connect to postgres://[Filtered]@db/shop"  # fmt: skip


def test_the_project_may_switch_it_off(project: Project) -> None:
    Project.objects.update(scrub_data=False)
    digest(project, secretive())
    assert SECRET in Issue.objects.get().title
    assert EventPayload.objects.get().load()["extra"] == {"password": SECRET}


def test_the_projects_own_rules_apply_to_it_alone(project: Project) -> None:
    other = make_project("Other")
    Project.objects.filter(pk=project.pk).update(
        scrub_extra_names="kunden_nr\n\n  iban_alt ",
        scrub_safe_names="session_kind",
        scrub_patterns="EMP-######\n*",
    )
    extra = {"Kunden-Nr": "4711", "session_kind": "web", "by": "EMP-004711"}
    with transaction.atomic():
        sink = EventSink()
        items = [
            ReceivedItem(p.pk, "event", {"extra": dict(extra)}, uuid.uuid4().hex, NOW)
            for p in (project, other)
        ]
        sink.store(sink.prepare(items), NOW)
    kept = {
        event.project_id: EventPayload.objects.get(pk=event.pk).load()["extra"]
        for event in Event.objects.all()
    }
    assert kept[project.pk] == {"Kunden-Nr": "[Filtered]", "session_kind": "web", "by": "[Filtered]"}  # fmt: skip
    assert kept[other.pk] == {**extra, "session_kind": "[Filtered]"}


def test_filtered_events_are_not_stored_and_say_why(project: Project) -> None:
    Project.objects.update(filter_environments="dev\ntest-*", filter_crawlers=True)
    crawler = {"url": "https://x/", "headers": {"User-Agent": "Googlebot/2.1"}}
    fates = digest(
        project,
        {"message": "a", "environment": "dev"},
        {"message": "b", "environment": "prod"},
        {"message": "c", "request": crawler},
        {"message": "d", "environment": "test-7"},
    )
    gone = Disposal("filtered", "environment")
    assert fates == [gone, None, Disposal("filtered", "crawler"), gone]
    assert list(Issue.objects.values_list("title", flat=True)) == ["b"]


def test_a_batch_needs_three_queries_for_its_options(
    project: Project, django_assert_num_queries
) -> None:
    other = make_project("Other")
    items = [
        ReceivedItem(p.pk, "event", {"message": "m"}, uuid.uuid4().hex, NOW)
        for p in (project, other, project)
    ]
    with django_assert_num_queries(3):
        EventSink().prepare(items)
