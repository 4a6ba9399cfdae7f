import uuid
from dataclasses import replace
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from ingest import envelope, pipeline
from ingest.models import OutcomeCount
from issues.attachments import base_name, of_event
from issues.compress import pack_bytes, unpack_bytes
from issues.models import Attachment, AttachmentData, Event
from projects.models import Project
from tests.factories import make_project
from tests.ingest.conftest import fresh_pipeline  # noqa: F401  # an autouse fixture
from tests.ingest.door import auth, digest_all, request

pytestmark = pytest.mark.django_db

ID = uuid.UUID("9ec79c33ec9942ab8353589fcb2e04dc")
EVENT = ({"type": "event"}, b'{"message":"m"}')


def file(name: Any = "a.txt", data: bytes = b"abc", **headers: Any) -> tuple[dict[str, Any], bytes]:
    return {"type": "attachment", "filename": name, **headers}, data


def send(project: Project, *items: tuple[dict[str, Any], bytes], event_id: str = ID.hex) -> None:
    body = envelope.build({"event_id": event_id}, iter(items))
    assert request(f"/api/{project.pk}/envelope/", body, headers=auth(project)).status == 200


def outcomes() -> dict[tuple[str, str], int]:
    rows = OutcomeCount.objects.filter(category="attachment")
    return {(row.outcome, row.reason): row.quantity for row in rows}


def names() -> list[str]:
    return list(Attachment.objects.order_by("pk").values_list("name", flat=True))


def test_they_are_stored_with_their_event(project: Project) -> None:
    text = b"line\n" * 1000
    send(project, file("a.txt", text, content_type="text/plain"), EVENT, file("b.bin", b"\x00\xff"))
    digest_all()
    first, second = of_event(project.pk, ID)
    assert (first.name, first.content_type, first.size) == ("a.txt", "text/plain", 5000)
    assert (second.content_type, second.attachment_type) == (
        "application/octet-stream",
        "event.attachment",
    )
    assert AttachmentData.objects.get(pk=first.pk).load() == text
    assert len(AttachmentData.objects.get(pk=first.pk).data) < 500
    assert AttachmentData.objects.get(pk=second.pk).load() == b"\x00\xff"
    assert outcomes() == {("accepted", ""): 2}


def test_one_that_comes_later_joins_its_event(project: Project) -> None:
    send(project, EVENT)
    digest_all()
    send(project, file("late.txt"))
    digest_all()
    assert names() == ["late.txt"]


def test_without_an_event_there_is_none(project: Project) -> None:
    other = make_project("Other")
    send(other, EVENT)
    send(project, file())
    send(project, file(), event_id="")
    digest_all()
    assert names() == []
    assert outcomes() == {("invalid", "no event of this id"): 2}


def test_the_same_request_sent_again_stores_nothing_twice(project: Project) -> None:
    for _ in range(3):
        send(project, EVENT, file("a.txt"), file("a.txt", b"other"))
        digest_all()
    assert names() == ["a.txt", "a.txt"]
    assert outcomes() == {("accepted", ""): 2, ("duplicate", ""): 4}


@override_settings(MAX_ATTACHMENT_BYTES=10, MAX_EVENT_ATTACHMENTS_BYTES=15)
def test_what_is_too_large_is_dropped_and_the_event_kept(project: Project) -> None:
    send(project, EVENT, file("large", b"x" * 11), file("one", b"x" * 10), file("two", b"y" * 6))
    send(project, file("three", b"z" * 5), file("four", b"z"))
    digest_all()
    assert Event.objects.count() == 1
    assert names() == ["one", "three"]
    assert outcomes() == {
        ("accepted", ""): 2,
        ("too_large", "attachment too large"): 1,
        ("too_large", "too much attached to one event"): 2,
    }


def test_an_event_has_a_hundred_at_most(project: Project) -> None:
    send(project, EVENT, *(file(f"{n}", b"") for n in range(103)))
    digest_all()
    assert Attachment.objects.count() == 100
    assert outcomes()["too_large", "too much attached to one event"] == 3


def test_what_lay_in_quarantine_comes_back_with_its_attachment(project: Project) -> None:
    send(project, ({"type": "event"}, b"{oops"), file())
    digest_all()
    for entry in pipeline.quarantine().take(project.pk):
        # As after a fix of what could not be read.
        body = entry.record.body.replace(b"{oops", b'{"":1}').replace(b'"length":5', b'"length":6')
        pipeline.spool().append(replace(entry.record, body=body))
    digest_all()
    assert (Event.objects.get().event_id, names()) == (ID, ["a.txt"])
    assert outcomes() == {("quarantined", "its event is in quarantine"): 1, ("accepted", ""): 1}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\dumps\\x.dmp", "x.dmp"),
        ("dir/", "dir"),
        ("a\x00b\ud83d\n.txt", "a\ufffdb\ufffd .txt"),
        ("", "attachment"),
        (None, "attachment"),
        (["x"], "attachment"),
        ("///", "attachment"),
    ],
)
def test_a_name_is_a_base_name(project: Project, sent: Any, kept: str) -> None:
    send(project, EVENT, file(sent, content_type=["x"], attachment_type="\x00" * 200))
    digest_all()
    assert names() == [kept]


def test_a_long_name_keeps_its_ending() -> None:
    name = base_name("x" * 1000 + ".log")
    assert len(name) == 255
    assert name.endswith(".log")


@given(st.text())
def test_no_name_has_directories(text: str) -> None:
    name = base_name(text)
    assert 0 < len(name) <= 255
    assert not {"/", "\\", "\x00"} & set(name)


@given(st.binary(max_size=2000))
def test_bytes_come_back_as_they_were(data: bytes) -> None:
    assert unpack_bytes(*pack_bytes(data)) == data
