"""Whether, and where, the address of a connection comes into an event."""

import json
from typing import Any

import pytest

from ingest import lane, pipeline
from ingest.spool import SpoolReader, sdk_of
from issues.models import Event, EventPayload
from projects import keys
from projects.models import Project
from tests.ingest.door import auth, digest_all, request
from tests.wire import envelope, new_event_id

SENDER = "203.0.113.7"
pytestmark = pytest.mark.django_db


@pytest.fixture
def keeping(project: Project) -> Project:
    project.store_ip = True
    project.save()
    keys.cache().refresh()
    return project


def send(project: Project, event: dict[str, Any], sender: str = SENDER) -> dict[str, Any]:
    """-> the user as stored. The proxy is this machine's."""
    event_id = new_event_id()
    headers = auth(project) | {"X-Forwarded-For": f"198.51.100.1, {sender}"}
    path = f"/api/{project.pk}/envelope/"
    answer = request(path, envelope(event, event_id), headers=headers, address="127.0.0.1")
    assert answer.status == 200
    digest_all()
    stored = EventPayload.objects.get(pk=Event.objects.get(event_id=event_id).pk).load()
    user: dict[str, Any] = stored.get("user") or {}
    return user


@pytest.mark.parametrize(
    "event",
    [
        pytest.param({"user": {"ip_address": "{{auto}}"}}, id="old SDKs"),
        pytest.param({"sdk": {"settings": {"infer_ip": "auto"}}}, id="current SDKs"),
        pytest.param({"platform": "javascript"}, id="old browsers"),
        pytest.param({"platform": "javascript", "user": None}, id="no user"),
        pytest.param({"platform": "javascript", "user": []}, id="no user either"),
    ],
)
def test_filled_in_where_asked_for(event: dict[str, Any], keeping: Project) -> None:
    assert send(keeping, {"message": "m", **event}) == {"ip_address": SENDER}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        pytest.param({"platform": "python"}, None, id="nobody asked"),
        pytest.param(
            {"platform": "javascript", "user": {"ip_address": "192.0.2.1"}}, "192.0.2.1", id="named"
        ),
        pytest.param(
            {"platform": "javascript", "sdk": {"settings": {"infer_ip": "never"}}}, None, id="never"
        ),
        pytest.param(
            {"platform": "javascript", "user": {"ip_address": None}}, SENDER, id="null is absent"
        ),
    ],
)
def test_not_otherwise(event: dict[str, Any], expected: str | None, keeping: Project) -> None:
    assert send(keeping, {"message": "m", **event}).get("ip_address") == expected


def test_the_rest_of_the_user_stays(keeping: Project) -> None:
    asked = {"id": "7", "email": "a@example.com", "ip_address": "{{auto}}", "plan": "gold"}
    assert send(keeping, {"user": asked}) == asked | {"ip_address": SENDER}
    assert send(keeping, {"user": "ada", "platform": "javascript"}) == {
        "username": "ada",
        "ip_address": SENDER,
    }


def test_none_is_written_down_without_the_option(project: Project) -> None:
    assert send(project, {"user": {"id": "7", "ip_address": "{{auto}}"}}) == {"id": "7"}


def test_the_spool_knows_it_only_where_it_is_kept(project: Project) -> None:
    body = envelope({"message": "m"}, new_event_id())
    records = []
    for keeps in (False, True):
        project.store_ip = keeps
        project.save()
        keys.cache().refresh()
        fields = "".join(f"{name}: {value}\r\n" for name, value in auth(project).items())
        data = f"POST /api/{project.pk}/envelope/ HTTP/1.1\r\n{fields}Content-Length: {len(body)}\r\n\r\n"
        found = lane.look(data.encode() + body, SENDER)
        assert found is not None
        records.append(found.record)
        assert found.record.sender == (SENDER if keeps else "")
        assert found.record.sdk == sdk_of(found.record.client) == "demo/1.0"
    pipeline.spool().append(records[-1])
    reader = SpoolReader(pipeline.spool().path, ours=True)
    try:
        assert [each.sender for each in reader.read_batch(0, records=9, size=9)] == [SENDER]
    finally:
        reader.close()
        digest_all()
    keeping = json.loads((pipeline.spool().path.parent / "keys.json").read_text())
    assert [row[-1] for row in keeping] == [True]
