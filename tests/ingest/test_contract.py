"""The worked examples of the ingest contract, from the request to the stored event."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from ingest import pipeline
from ingest.models import OutcomeCount
from issues.models import Attachment, AttachmentData, Event, EventPayload, Feedback
from projects.models import Project, ProjectKey
from tests.ingest.door import digest_all, request

SAMPLES = Path(__file__).parents[1] / "samples" / "ingest-examples.json"
CASES = json.loads(SAMPLES.read_text())["cases"]

# Expectations that need the time of receipt are tested where it is an argument: tests/issues/payload.
TIMED = {"timestamp"}
# What is counted by its category, whatever becomes of it; and what is stored.
CATEGORIES = {
    "client_reports": "internal",
    "sessions": "session",
    "transactions": "transaction",
    "feedback": "feedback",
    "check_ins": "monitor",
    "logs": "log_item",
}
STORED = {"attachments", "skipped"}
# The answer of the endpoint for log lines.
COUNTED = ("accepted", "ignored", "duplicates")


@pytest.fixture
def projects(db: None) -> None:
    for number in (7, 8):
        name = f"P{number}"
        project = Project.objects.create(pk=number, name=name, slug=name.lower(), prefix=name)
        key = "c0ffee00" * 4 if number == 7 else "8" * 32
        ProjectKey.objects.create(project=project, public_key=key)


def body_of(case: dict[str, Any]) -> bytes:
    if "body" in case:
        return str(case["body"]).encode()
    return base64.b64decode(case["body_base64"])


@pytest.mark.parametrize("case", [pytest.param(c, id=c["id"]) for c in CASES])
@pytest.mark.usefixtures("projects")
def test_the_example_holds(case: dict[str, Any]) -> None:
    expected = case["expect"]
    for _ in range(2 if expected.get("repeat") else 1):
        answer = request(
            case["path"],
            body_of(case),
            method=case["method"],
            headers=case["headers"],
            chunked=case["headers"].get("Transfer-Encoding") == "chunked",
        )
        digest_all()
    assert answer.status == case["status"], answer.body
    assert answer.headers["access-control-allow-origin"] == "*"
    if answer.status == 200 and case["method"] == "POST":
        check_id(answer.json().get("id"), expected.get("id"), case)
    if answer.status >= 400:
        assert answer.headers["x-sentry-error"]
        assert answer.json()["detail"]
    if "events" in expected:
        assert Event.objects.count() == expected["events"]
    assert len(pipeline.quarantine().list(7)) == expected.get("invalid", 0)
    check_items(expected)
    if "/logs/" in case["path"] and answer.status == 200:
        check_lines(answer.json(), expected)
    if expected.get("events") == 1:
        check_event(expected)


def check_lines(told: dict[str, Any], expected: dict[str, Any]) -> None:
    assert {name: told[name] for name in COUNTED} == {
        name: expected.get(name, 0) for name in COUNTED
    }
    assert [each["index"] for each in told["rejected"]] == expected.get("rejected", [])
    assert all(each["reason"] for each in told["rejected"])


def check_items(expected: dict[str, Any]) -> None:
    for name in CATEGORIES.keys() & expected.keys():
        rows = OutcomeCount.objects.filter(category=CATEGORIES[name])
        assert sum(rows.values_list("quantity", flat=True)) == expected[name], name
        assert not rows.exclude(outcome__in=("accepted", "unsupported")).exists()
    if "feedback" in expected:
        assert Feedback.objects.count() == expected["feedback"]
    if "attachments" in expected:
        found = Attachment.objects.order_by("pk").values_list("name", "size", "event_id")
        assert [[name, size] for name, size, _ in found] == expected["attachments"]
        assert {event_id for _, _, event_id in found} == {Event.objects.get().event_id}
        for attachment in Attachment.objects.all():
            assert len(AttachmentData.objects.get(pk=attachment.pk).load()) == attachment.size
    if "skipped" in expected:
        skipped = OutcomeCount.objects.filter(outcome="unsupported", category="default")
        assert list(skipped.values_list("reason", flat=True)) == expected["skipped"]


def check_id(found: str | None, wanted: str | None, case: dict[str, Any]) -> None:
    if wanted == "*":
        assert found is not None
        assert len(found) == 32
        int(found, 16)
        assert found not in ("0" * 32, case.get("body", "")[:32])
    elif wanted is not None:
        assert found == wanted
        if case["expect"].get("events"):
            assert Event.objects.get().event_id.hex == wanted


def check_event(expected: dict[str, Any]) -> None:
    event = Event.objects.get()
    data = EventPayload.objects.get(pk=event.pk).load()
    found = {
        "title": lambda: event_title(event),
        "level": lambda: data["level"],
        "logger": lambda: data["logger"],
        "server_name": lambda: data["server_name"],
        "release": lambda: data["release"],
        "message": lambda: data["logentry"]["formatted"],
        "fingerprint": lambda: data.get("fingerprint", []),
        "exceptions": lambda: len(data.get("exception", {}).get("values", [])),
        "breadcrumbs": lambda: len(data["breadcrumbs"]["values"]),
        "user": lambda: data["user"],
        "extra": lambda: data["extra"],
        "frames": lambda: len(stack(data)["frames"]),
    }
    for name, wanted in expected.items():
        if name == "tags":
            assert wanted.items() <= data["tags"].items()
            assert "_grokparsefailure" not in data["tags"]
        elif name in found:
            assert found[name]() == wanted, name
        elif name == "request.url":
            assert wanted.startswith(data["request"]["url"])
        else:
            known = (
                {"id", "events", "repeat", "invalid", "cors", "rejected", *COUNTED} | TIMED | STORED
            )
            assert name in known | CATEGORIES.keys(), name


def event_title(event: Event) -> str:
    from issues.models import Issue

    return Issue.objects.get(pk=event.issue_id).title


def stack(data: dict[str, Any]) -> Any:
    values = data.get("exception", {}).get("values") or [{}]
    return values[-1].get("stacktrace") or data["stacktrace"]
