import json
import uuid
from datetime import timedelta
from typing import Any

import pytest

from bugsink_lite.clerk import drop_unlinked
from ingest import envelope
from ingest.models import OutcomeCount
from issues import feedback
from issues.models import Attachment, Event, Feedback, Issue
from projects.models import Project
from tests.factories import make_project
from tests.ingest.conftest import fresh_pipeline  # noqa: F401  # an autouse fixture
from tests.ingest.door import auth, digest_all, request

pytestmark = pytest.mark.django_db

ID = uuid.UUID("9ec79c33ec9942ab8353589fcb2e04dc")
OWN = uuid.UUID("11111111222233334444555555555555")
REPORT = {"event_id": ID.hex, "name": "Ann", "email": "ann@example.com", "comments": "It broke."}


def send(project: Project, kind: str, payload: Any, event_id: str = "", *more: Any) -> None:
    items = [({"type": kind}, json.dumps(payload).encode()), *more]
    headers = {"event_id": event_id} if event_id else {}
    body = envelope.build(headers, iter(items))
    assert request(f"/api/{project.pk}/envelope/", body, headers=auth(project)).status == 200


def said(**changes: Any) -> dict[str, Any]:
    words = {
        "message": "too slow",
        "contact_email": "bob@example.com",
        "name": "Bob",
        "url": "https://shop.example/cart",
        "associated_event_id": ID.hex,
        "replay_id": OWN.hex,
        "source": "widget",
    }
    return {"release": "web@1", "environment": "live", "contexts": {"feedback": words | changes}}


def outcomes() -> dict[str, int]:
    rows = OutcomeCount.objects.filter(category="feedback").values_list("outcome", "quantity")
    return dict(rows)


@pytest.mark.parametrize("first", ["event", "user_report", "both at once"])
def test_a_report_is_linked_whichever_comes_first(project: Project, first: str) -> None:
    sending = [("event", {"message": "m"}), ("user_report", REPORT)]
    for kind, payload in sending if first != "user_report" else sending[::-1]:
        send(project, kind, payload, ID.hex)
        if first != "both at once":
            digest_all()
    digest_all()
    issue = Issue.objects.get()
    [found] = feedback.of_issue(issue)
    assert (found.name, found.email, found.message) == ("Ann", "ann@example.com", "It broke.")
    assert found.event_id == Event.objects.get().event_id
    assert feedback.of_event(project.pk, ID) == [found]
    assert outcomes() == {"accepted": 1}


def test_feedback_is_kept_whole(project: Project) -> None:
    screenshot = ({"type": "attachment", "filename": "shot.png"}, b"\x89PNG")
    send(project, "feedback", said(), OWN.hex, screenshot)
    digest_all()
    found = Feedback.objects.get()
    assert (found.feedback_id, found.event_id, found.replay_id) == (OWN, ID, OWN)
    assert (found.message, found.name, found.email) == ("too slow", "Bob", "bob@example.com")
    assert (found.url, found.source) == ("https://shop.example/cart", "widget")
    assert (found.release, found.environment) == ("web@1", "live")
    assert Attachment.objects.get().event_id == OWN
    assert not Event.objects.exists(), "no issue of the error kind"


def test_feedback_sent_as_an_event_is_feedback(project: Project) -> None:
    send(project, "event", said() | {"type": "feedback", "event_id": OWN.hex})
    digest_all()
    assert Feedback.objects.get().message == "too slow"
    assert not Event.objects.exists()


def test_the_event_of_another_project_is_not_meant(project: Project) -> None:
    other = make_project("Other")
    send(other, "event", {"message": "m"}, ID.hex)
    send(project, "user_report", REPORT)
    digest_all()
    assert Feedback.objects.get().grouphash_id is None


def test_the_same_words_sent_again_are_a_duplicate(project: Project) -> None:
    for _ in range(2):
        send(project, "user_report", REPORT)
        send(project, "feedback", said(), OWN.hex)
    send(project, "user_report", REPORT | {"comments": "And again."})
    digest_all()
    assert Feedback.objects.count() == 3
    assert outcomes() == {"accepted": 3, "duplicate": 2}


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("user_report", {"event_id": ID.hex}),
        ("user_report", {"comments": ["x"], "name": "  "}),
        ("feedback", {"message": "not here"}),
        ("feedback", {"contexts": {"feedback": {"message": ""}}}),
        ("feedback", {"contexts": ["feedback"]}),
    ],
)
def test_without_a_word_there_is_no_feedback(project: Project, kind: str, payload: Any) -> None:
    send(project, kind, payload)
    digest_all()
    assert not Feedback.objects.exists()
    assert outcomes() == {"invalid": 1}


def test_hostile_values_are_cut_and_mended(project: Project) -> None:
    odd = {
        "message": "\x00\ud83d" + "x" * 20_000,
        "name": 7,
        "contact_email": "a" * 900,
        "url": "https://x.example/\n" + "u" * 9000,
        "associated_event_id": {"a": 1},
        "replay_id": "0" * 32,
        "source": "\ud83d" * 100,
    }
    send(project, "feedback", said(**odd) | {"release": [1], "environment": "e\x00" * 200})
    digest_all()
    found = Feedback.objects.get()
    assert found.message.startswith("\ufffd\ufffdxxx")
    assert (len(found.message), len(found.email), found.name) == (8192, 254, "7")
    assert (found.event_id, found.replay_id) == (None, None)


def test_secrets_that_people_copy_are_taken_out(project: Project) -> None:
    words = "My card 4111 1111 1111 1111 was refused."
    send(project, "user_report", REPORT | {"comments": words})
    send(project, "feedback", said(url="https://x.example/?token=abc123"), OWN.hex)
    digest_all()
    report, widget = Feedback.objects.order_by("pk")
    assert report.message == "My card [Filtered] was refused."
    assert "abc123" not in widget.url
    assert widget.message == "too slow"


def test_a_report_whose_event_never_came_is_dropped_after_a_day(project: Project) -> None:
    send(project, "user_report", REPORT)
    send(project, "user_report", {"comments": "About nothing."})
    send(project, "user_report", REPORT | {"event_id": OWN.hex})
    send(project, "event", {"message": "m"}, OWN.hex)
    # Feedback stands for itself, whatever it calls itself.
    send(project, "feedback", said(source="user_report"), OWN.hex)
    digest_all()
    arrived = Feedback.objects.latest("received_at").received_at
    drop_unlinked(arrived + timedelta(hours=23))
    assert Feedback.objects.count() == 4
    later = arrived + timedelta(hours=24, seconds=1)
    for _ in range(2):
        drop_unlinked(later)
        assert set(Feedback.objects.values_list("message", flat=True)) == {"It broke.", "too slow"}
        assert Feedback.objects.filter(event_id=OWN).count() == 1
        assert outcomes() == {"accepted": 2, "invalid": 2}
    assert OutcomeCount.objects.get(outcome="invalid").reason == "no event within a day"
