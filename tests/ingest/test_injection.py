"""What a sender writes stays data: in headers of answers, in names of files, in the log."""

import logging

import pytest
from django.test import Client
from django.urls import reverse

from bugsink_lite.logs import LineFormatter
from ingest import envelope, pipeline
from ingest.models import SdkSeen
from issues.digest import EventSink
from issues.models import Attachment
from projects.models import Project
from tests.ingest.door import auth, digest_all, request

pytestmark = pytest.mark.django_db

FORGED = "x\r\nSet-Cookie: a=b\r\n\r\n2026-05-01T10:00:00+0000 ERROR root: forged\u2028\x85\x1b[2J"
ID = "1" * 32


def lines(records: list[logging.LogRecord]) -> list[str]:
    formatter = LineFormatter()
    return "\n".join(map(formatter.format, records)).splitlines()


@pytest.mark.parametrize(
    ("sent", "saved"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("/", "attachment"),
        ("..", "attachment"),
        ("a/..", "attachment"),
        ("a\r\nSet-Cookie: a=b.txt", None),
        ('a".txt; filename="b.html', None),
        ("a\0.txt", None),
        ("\u202efdp.exe", None),
        ("😀" * 300 + ".txt", None),
    ],
)
def test_a_file_is_offered_under_its_own_name_alone(
    project: Project, viewer: Client, sent: str, saved: str | None
) -> None:
    items = [
        ({"type": "event"}, b'{"message":"m"}'),
        (
            {"type": "attachment", "filename": sent, "content_type": "text/html\r\nX: y"},
            b"<script>",
        ),
    ]
    body = envelope.build({"event_id": ID}, iter(items))
    assert request(f"/api/{project.pk}/envelope/", body, headers=auth(project)).status == 200
    digest_all()
    file = Attachment.objects.get()
    assert saved is None or file.name == saved
    assert "/" not in file.name
    assert "\\" not in file.name
    answer = viewer.get(reverse("issues:attachment", args=[project.slug, file.pk]))
    offered = answer["Content-Disposition"]
    assert offered.startswith("attachment;")
    assert not set("\r\n\0") & set(offered)
    assert answer["Content-Type"] == "application/octet-stream"
    assert not {"Set-Cookie", "X"} & set(answer.headers)


@pytest.mark.parametrize(
    ("path", "headers", "body"),
    [
        ("/api/{pk}/envelope/", {"Content-Encoding": FORGED}, b"{}"),
        ("/api/{pk}/security/", {"Content-Type": FORGED}, b"{}"),
        ("/api/{pk}/minidump/", {"Content-Type": FORGED}, b"{}"),
        ("/api/{pk}/store/", {}, FORGED.encode()),
        ("/api/{pk}/envelope/", {}, b"{}\n" + FORGED.encode()),
        ("/api/{pk}/cron/nightly/?status=%0d%0aSet-Cookie:%20a=b", {}, b""),
    ],
)
def test_no_answer_has_a_header_of_the_sender(
    project: Project, path: str, headers: dict[str, str], body: bytes
) -> None:
    answer = request(path.format(pk=project.pk), body, headers=auth(project) | headers)
    assert answer.status in (400, 415)
    assert "set-cookie" not in answer.headers
    for value in answer.headers.values():
        assert value.isascii()
        assert value.isprintable()


def test_the_log_has_a_line_for_each_record_and_none_of_the_sender(
    project: Project, monkeypatch, caplog
) -> None:
    def fail(*args: object) -> None:
        raise ValueError(FORGED)

    monkeypatch.setattr(EventSink, "store", fail)
    client = FORGED.replace("\r", "").replace("\n", "")
    headers = auth(project) | {"User-Agent": client}
    assert request(f"/api/{project.pk}/store/", b'{"message":"m"}', headers=headers).status == 200
    digest_all()
    assert pipeline.quarantine().counts() == {project.pk: 1}
    (record,) = [record for record in caplog.records if record.exc_info]
    written = lines(caplog.records)
    assert not [line for line in written if line.startswith(("2026-05-01", "Set-Cookie"))]
    assert all(line.isprintable() for line in written)
    # One line that is not indented for each record.
    assert len([line for line in written if not line.startswith("    ")]) == len(caplog.records)
    assert "forged" in lines([record])[-1]


def test_the_name_of_an_sdk_is_one_plain_line(project: Project) -> None:
    header = {"event_id": ID, "sdk": {"name": FORGED, "version": FORGED}}
    body = envelope.build(header, iter([({"type": "event"}, b'{"message":"m"}')]))
    assert request(f"/api/{project.pk}/envelope/", body, headers=auth(project)).status == 200
    digest_all()
    seen = SdkSeen.objects.get()
    assert seen.name.isprintable()
    assert seen.version.isprintable()
