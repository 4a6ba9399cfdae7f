"""multipart/form-data: crash uploads and late attachments."""

import gzip
import json
import uuid
from collections.abc import Sequence

import pytest
from django.test import override_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import compression, envelope, minidump, multipart
from ingest.legacy import BodyError, WrongContentType
from ingest.multipart import Form
from issues.models import Attachment, AttachmentData, Event, EventPayload, Issue
from projects.models import Project
from tests.ingest.door import Answer, auth, digest_all, request, send

BOUNDARY = "----b0undary"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"
DUMP = b"MDMP\x93\xa7" + bytes(range(256)) * 4
ID = "9ec79c33ec9942ab8353589fcb2e04dc"

Part = tuple[str, str | None, bytes]  # field, file name, content


def form(*parts: Part, boundary: str = BOUNDARY) -> bytes:
    body = b""
    for field, name, content in parts:
        file = f'; filename="{name}"' if name is not None else ""
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"{file}\r\n'.encode()
        if name is not None:
            body += b"Content-Type: application/octet-stream\r\n"
        body += b"\r\n" + content + b"\r\n"
    return body + f"--{boundary}--\r\n".encode()


def upload(project: Project, *parts: Part, **headers: str) -> Answer:
    key = project.keys.get().public_key
    path = f"/api/{project.pk}/minidump/?sentry_key={key}"
    return request(path, form(*parts), headers={"Content-Type": TYPE, **headers})


def stored() -> dict[str, object]:
    return EventPayload.objects.get(pk=Event.objects.get().pk).load()


@pytest.mark.django_db
def test_a_minidump_becomes_an_event_with_its_files(project: Project) -> None:
    event = {"release": "game@1", "tags": {"a": "b"}, "extra": {"n": 1}}
    answer = upload(
        project,
        ("sentry", None, json.dumps(event).encode()),
        ("gpu", None, b"GTX"),
        ("upload_file_minidump", "C:\\dumps\\x.dmp", DUMP),
        ("log", "../../etc/game.log", b"last words"),
    )
    digest_all()
    row = Event.objects.get()
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/plain"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.body.decode() == str(row.event_id), "with dashes"
    data = stored()
    assert (data["platform"], data["level"], data["release"]) == ("native", "fatal", "game@1")
    assert data["extra"] == {"n": 1, "gpu": "GTX"}
    assert Issue.objects.get().title.startswith("Minidump")
    found = Attachment.objects.order_by("pk").values_list("name", "attachment_type", "size")
    assert list(found) == [
        ("x.dmp", "event.minidump", len(DUMP)),
        ("game.log", "event.attachment", 10),
    ]
    assert AttachmentData.objects.get(pk=Attachment.objects.earliest("pk").pk).load() == DUMP


@pytest.mark.django_db
@pytest.mark.parametrize(
    "parts",
    [
        [("sentry__1", None, b'{"release":'), ("sentry__2", None, b'"game@1","level":"error"}')],
        [("sentry[release]", None, b"game@1"), ("sentry[level]", None, b"error")],
    ],
)
def test_the_event_may_come_in_pieces(project: Project, parts: list[Part]) -> None:
    upload(project, *parts, ("upload_file_minidump", "x.dmp", gzip.compress(DUMP)))
    digest_all()
    data = stored()
    assert (data["release"], data["level"]) == ("game@1", "error")
    assert Attachment.objects.get().size == len(DUMP)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("parts", "status", "says"),
    [
        ([("gpu", None, b"GTX")], 400, "no file"),
        ([("upload_file_minidump", "x.dmp", b"")], 400, "no file"),
        ([("upload_file_minidump", "x.dmp", b"<html>")], 400, "no minidump"),
        ([("upload_file_minidump", "x.dmp", b"\x1f\x8bbroken")], 400, "broken"),
        ([("upload_file_minidump", "x", DUMP), ("sentry", None, b"{")], 400, "sentry"),
        ([(f"f{n}", "x", b"x") for n in range(150)], 413, "files"),
        ([(f"f{n}", None, b"x") for n in range(1500)], 413, "fields"),
        ([("a", None, b"x" * 3_000_000)], 413, "exceeded"),
    ],
)
def test_what_is_refused(project: Project, parts: Sequence[Part], status: int, says: str) -> None:
    answer = upload(project, *parts)
    assert answer.status == status
    assert says in answer.json()["detail"].lower()


@pytest.mark.django_db
@override_settings(MAX_ENVELOPE_BYTES=5000)
def test_a_packed_dump_stops_at_the_bound(project: Project) -> None:
    bomb = gzip.compress(b"MDMP" + bytes(100_000))
    assert upload(project, ("upload_file_minidump", "x.dmp", bomb)).status == 413


@pytest.mark.django_db
@override_settings(MAX_EVENT_BYTES=2000)
def test_too_large_an_event_is_refused(project: Project) -> None:
    answer = upload(project, ("upload_file_minidump", "x", DUMP), ("extra", None, b"x" * 3000))
    assert answer.status == 413


@pytest.mark.django_db
@pytest.mark.parametrize("content_type", ["application/json", "", "multipart/mixed; boundary=x"])
def test_other_content_types_are_415(project: Project, content_type: str) -> None:
    headers = auth(project) | {"Content-Type": content_type}
    answer = request(f"/api/{project.pk}/minidump/", b"x", headers=headers)
    assert answer.status == 415


@pytest.mark.django_db
def test_late_attachments_join_their_event(project: Project) -> None:
    send(project, {"event_id": ID, "message": "m"})
    digest_all()
    path = f"/api/{project.pk}/events/{uuid.UUID(ID)}/attachments/"
    body = form(("file", "late.txt", b"late"), ("file", "more.txt", b"more"))
    headers = auth(project) | {"Content-Type": TYPE}
    for _ in range(2):
        answer = request(path, body, headers=headers)
        assert (answer.status, answer.json()) == (200, {"id": ID})
    digest_all()
    found = Attachment.objects.order_by("pk").values_list("name", "event_id")
    assert list(found) == [("late.txt", uuid.UUID(ID)), ("more.txt", uuid.UUID(ID))]


@pytest.mark.django_db
def test_late_attachments_need_an_id_and_a_file(project: Project) -> None:
    headers = auth(project) | {"Content-Type": TYPE}
    path = f"/api/{project.pk}/events/{{}}/attachments"
    assert request(path.format("1"), form(("f", "x", b"x")), headers=headers).status == 404
    assert request(path.format(ID), form(("f", None, b"x")), headers=headers).status == 400


def test_a_form_is_read() -> None:
    found = multipart.parse(form(("a", None, "ä".encode()), ("f", "p/q.txt", b"\r\n--x\r\n")), TYPE)
    assert found.fields == (("a", "ä"),)
    [file] = found.files
    assert (file.field, file.name, file.data) == ("f", "q.txt", b"\r\n--x\r\n")


@pytest.mark.parametrize(
    ("body", "content_type", "error"),
    [
        (b"", "text/plain", WrongContentType),
        (b"x", "multipart/form-data", BodyError),
        (b"x", "multipart/form-data; boundary=" + "x" * 300, BodyError),
        (b"x", "multipart/form-data; boundary=\xe9", BodyError),
    ],
)
def test_what_is_no_form(body: bytes, content_type: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        multipart.parse(body, content_type)


NAMES = st.text(st.characters(codec="utf-8", exclude_characters='"\r\n\\;%'), max_size=20)
CONTENT = st.binary(max_size=200).filter(lambda content: b"--" + BOUNDARY.encode() not in content)


@given(st.lists(st.tuples(NAMES, CONTENT), max_size=8))
def test_files_come_out_as_they_went_in(files: list[tuple[str, bytes]]) -> None:
    body = form(*((f"f{n}", f"n{n}", content) for n, (_, content) in enumerate(files)))
    found = multipart.parse(body, TYPE)
    assert [file.data for file in found.files] == [content for _, content in files]


@settings(max_examples=300)
@given(st.binary(max_size=400), st.text(max_size=40))
def test_no_body_makes_the_reader_fail(noise: bytes, boundary: str) -> None:
    whole = form(("sentry[a][b]", None, noise), ("upload_file_minidump", "x", b"MDMP" + noise))
    for body, content_type in (
        (noise, TYPE),
        (whole[: len(noise) * 2], TYPE),
        (whole + noise, TYPE),
        (whole, f"multipart/form-data; boundary={boundary}"),
    ):
        try:
            read = multipart.parse(body, content_type)
            _, raw = minidump.to_envelope(read, new_id=ID, event_limit=100_000, dump_limit=100_000)
        except (BodyError, WrongContentType, compression.TooLarge):
            continue
        assert envelope.frame(raw).event_id == ID


def test_flattened_fields_keep_to_their_depth() -> None:
    deep = "sentry" + "[a]" * 50
    fields = ((deep, "x"), ("sentry[a]", "1"), ("sentry[a][b]", "2"), ("sentry[]", "3"))
    form_ = Form(fields, (multipart.File("upload_file_minidump", "x", "", DUMP),))
    _, raw = minidump.to_envelope(form_, new_id=ID, event_limit=10_000, dump_limit=10_000)
    framed = envelope.frame(raw)
    event = json.loads(framed.payload(framed.items[0]))
    assert event["a"] == "1"
