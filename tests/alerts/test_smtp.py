"""Over a real connection: what a server of mail is told, and what of its answers is final."""

import email
import socket
import threading
from collections.abc import Iterator
from email.message import Message

import pytest
from django.test import Client, override_settings
from pytest_django import DjangoAssertNumQueries

from alerts import sender
from alerts.announcer import announce
from alerts.models import Delivery, State
from projects.models import Project
from tests.alerts.test_announcer import happened, send_all
from tests.factories import NOW, make_issue

pytestmark = pytest.mark.django_db


class MailServer:
    """Speaks as much of RFC 5321 as a client needs. answer: to the recipient."""

    def __init__(self) -> None:
        self.answer = b"250 ok"
        self.mails: list[Message] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb", buffering=0) as lines:
                self._talk(lines)

    def _talk(self, lines: socket.SocketIO) -> None:
        lines.write(b"220 here\r\n")
        while line := lines.readline():
            match line[:4].upper():
                case b"DATA":
                    lines.write(b"354 go on\r\n")
                    content = b"".join(iter(lines.readline, b".\r\n"))
                    self.mails.append(email.message_from_bytes(content))
                    lines.write(b"250 taken\r\n")
                case b"RCPT":
                    lines.write(self.answer + b"\r\n")
                case _:
                    lines.write(b"221 bye\r\n" if line[:4].upper() == b"QUIT" else b"250 ok\r\n")


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    with override_settings(
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=server.port,
    ):
        yield server
    server.close()


@pytest.mark.usefixtures("viewer")
def test_a_mail_arrives_in_both_forms(project: Project, mail_server: MailServer) -> None:
    happened(make_issue(project, "KeyError: 'naïve'"))
    announce(NOW)
    send_all()
    (mail,) = mail_server.mails
    parts = [part.get_content_type() for part in mail.walk()]
    assert parts == ["multipart/alternative", "text/plain", "text/html"]
    assert mail["To"] == "viewer@example.com"
    assert mail["Auto-Submitted"] == "auto-generated"


@pytest.mark.usefixtures("viewer")
def test_a_refusal_for_good_and_one_for_now(project: Project, mail_server: MailServer) -> None:
    happened(make_issue(project))
    announce(NOW)
    mail_server.answer = b"450 try again later"
    send_all()
    assert Delivery.objects.get().state == State.WAITING
    mail_server.answer = b"550 no such user"
    send_all(NOW + sender.CLAIM)
    row = Delivery.objects.get()
    assert row.state == State.FAILED
    assert "no such user" in row.error


def test_the_page_asks_as_much_for_many_rows(
    project: Project, viewer: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    happened(make_issue(project))
    announce(NOW)
    with django_assert_num_queries(5):
        viewer.get("/account/alerts/")
    for _ in range(3):
        happened(make_issue(project))
    announce(NOW)
    with django_assert_num_queries(5):
        viewer.get("/account/alerts/")
