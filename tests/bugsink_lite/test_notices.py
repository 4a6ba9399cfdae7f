"""The product tells its administrators by itself: once."""

import smtplib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from bugsink_lite import notices
from issues.models import SizeSample
from projects import mailing
from projects.models import MonthCount, Project, ServerProcess, Trouble, TroubleMail
from tests.factories import make_project, make_user

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)
GIB = 1 << 30


@pytest.fixture(autouse=True)
def _nothing_known(settings: Settings) -> Iterator[None]:
    settings.EMAIL_URL = "smtp://mail.example.com"
    mailing.results.take()
    notices._shown, notices._mail_after = (), float("-inf")
    yield
    notices._shown, notices._mail_after = (), float("-inf")
    mailing.results.take()


def process(host: str = "one", **fields: Any) -> ServerProcess:
    values: dict[str, Any] = {
        "name": f"{host}:1:a", "host": host, "pid": 1, "version": "1", "digests": True,
        "started_at": NOW, "seen_at": NOW, "disk_total": 100 * GIB, "disk_free": 50 * GIB,
    }  # fmt: skip
    return ServerProcess.objects.create(**values | fields)


def told(now: datetime = NOW) -> dict[str, str]:
    notices.tell(now)
    return {row.kind: row.words for row in Trouble.objects.order_by("pk")}


def test_all_is_well() -> None:
    process(oldest_at=NOW - timedelta(seconds=20), spool_records=3)
    assert told() == {}
    assert mail.outbox == []


def test_events_that_wait(settings: Settings) -> None:
    settings.WARN_LAG_SECONDS = 60
    process(oldest_at=NOW - timedelta(minutes=7), spool_records=1234)
    assert told() == {
        "lag": "On one events wait for 7 minutes until they are stored. 1,234 records wait."
    }


def test_a_machine_that_is_silent_and_holds_events() -> None:
    process(seen_at=NOW - timedelta(minutes=30), spool_records=1)
    process("two", seen_at=NOW - timedelta(minutes=30))
    (words,) = told().values()
    assert words.startswith("one has not been heard of for 30 minutes. 1 record waits there.")


def test_the_latest_word_of_a_machine_counts() -> None:
    long_ago = NOW - timedelta(minutes=30)
    process(seen_at=long_ago, spool_records=5, name="one:0:x")
    process()
    assert told() == {}


def test_a_disk_that_fills() -> None:
    process(disk_free=GIB)
    assert "1.1 GB left of 107.4 GB" in told()["disk"]


def test_a_database_at_its_limit(settings: Settings) -> None:
    SizeSample.objects.create(hour=NOW, allocated=21 * GIB, used=21 * GIB)
    assert told() == {}
    settings.RETENTION_BYTES = 20 * GIB
    assert "more than the 21.5 GB of RETENTION_BYTES" in told(NOW + timedelta(minutes=2))["space"]


def test_a_quota_that_is_used_up(project: Project) -> None:
    project.monthly_quota = 1000
    project.save()
    MonthCount.objects.create(project_id=project.pk, month=date(2026, 5, 1), events=999)
    MonthCount.objects.create(project_id=project.pk, month=date(2026, 4, 1), events=5000)
    assert told() == {}
    MonthCount.objects.filter(month=date(2026, 5, 1)).update(events=1000)
    assert "Shop has used up its quota of 1,000" in told(NOW + timedelta(minutes=2))["quota"]
    notices.refresh()
    (shown,) = notices.shown()
    assert shown.url == f"/projects/{project.slug}/settings/limits/"


def test_it_is_over_when_it_is_over() -> None:
    row = process(disk_free=GIB)
    assert list(told()) == ["disk"]
    since = Trouble.objects.get().since
    row.disk_free = GIB // 2
    row.save()
    told(NOW + timedelta(minutes=2))
    again = Trouble.objects.get()
    assert (again.since, "0.5 GB" in again.words) == (since, True)
    row.disk_free = 50 * GIB
    row.save()
    assert told(NOW + timedelta(minutes=4)) == {}


# --- mail ----------------------------------------------------------------------------------------


def test_one_mail_for_each_kind_and_day() -> None:
    make_user("mira@example.com", is_admin=True)
    make_user("gone@example.com", is_admin=True, is_active=False)
    make_user("other@example.com")
    process(disk_free=GIB)
    process("two", disk_free=GIB)
    for minutes in (0, 2, 4):
        told(NOW + timedelta(minutes=minutes))
    (sent,) = mail.outbox
    assert sent.bcc == ["mira@example.com"]
    assert sent.to == []
    assert sent.subject == "Bugsink Lite: the disk is filling"
    assert "On one" in str(sent.body)
    assert "On two" in str(sent.body)
    assert "http://localhost:8000/settings/system/#trouble" in str(sent.body)
    ServerProcess.objects.update(seen_at=NOW + timedelta(days=1))
    told(NOW + timedelta(days=1))
    assert len(mail.outbox) == 2


def test_two_processes_do_not_both_write() -> None:
    make_user("mira@example.com", is_admin=True)
    process(disk_free=GIB)
    assert notices.tell(NOW) is True
    assert notices.tell(NOW + timedelta(seconds=10)) is False, "it was looked at a moment ago"
    assert notices.write(NOW) == 0, "somebody else has it"
    assert len(mail.outbox) == 1
    assert TroubleMail.objects.count() == 1


def test_without_mail_nothing_is_claimed(settings: Settings) -> None:
    settings.EMAIL_URL = ""
    make_user("mira@example.com", is_admin=True)
    process(disk_free=GIB)
    told()
    assert mail.outbox == []
    assert not TroubleMail.objects.exists()


class Broken(BaseEmailBackend):
    def send_messages(self, email_messages: Any) -> int:
        raise smtplib.SMTPAuthenticationError(535, b"no")


def test_a_mail_that_fails_is_told_on_the_pages_and_tried_again(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "projects.mailing.Backend"
    settings.MAIL_BACKEND = "tests.bugsink_lite.test_notices.Broken"
    make_user("mira@example.com", is_admin=True)
    process(disk_free=GIB)
    told()
    assert not TroubleMail.objects.exists()
    notices.note_mail(NOW)
    row = Trouble.objects.get(kind="mail")
    assert row.words.startswith("Mail does not go out. The server refused user name or password")
    settings.MAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert notices.write(NOW) == 0, "not at once"
    notices._mail_after = float("-inf")
    assert notices.write(NOW) == 1
    notices.note_mail(NOW)
    assert not Trouble.objects.filter(kind="mail").exists()
    assert len(mail.outbox) == 1


def test_every_mail_is_watched(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "projects.mailing.Backend"
    settings.MAIL_BACKEND = "tests.bugsink_lite.test_notices.Broken"
    with pytest.raises(smtplib.SMTPAuthenticationError):
        EmailMessage("s", "t", None, ["a@example.com"]).send()
    result = mailing.results.take()
    assert result is not None
    assert "535" in result.trouble
    assert mailing.results.take() is None


# --- pages ---------------------------------------------------------------------------------------


def test_administrators_see_it_on_every_page_and_nobody_else(
    administrator: Client, owner: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    process(disk_free=GIB)
    told()
    with django_assert_num_queries(1):
        notices.refresh()
    words = "the disk of the data directory has 1.1 GB left"
    for address in ("/account/", "/settings/teams/"):
        page = administrator.get(address).content.decode()
        assert words in page
        assert 'href="/settings/system/#trouble"' in page
    assert words not in owner.get("/account/").content.decode()
    assert words not in Client().get("/accounts/login/").content.decode()


def test_names_are_text(administrator: Client) -> None:
    project = make_project("<b>Shop</b>", slug="shop")
    project.monthly_quota = 1
    project.save()
    MonthCount.objects.create(project_id=project.pk, month=date(2026, 5, 1), events=5)
    told()
    notices.refresh()
    page = administrator.get("/account/").content.decode()
    assert "&lt;b&gt;Shop&lt;/b&gt; has used up" in page


def test_a_process_says_how_it_is(settings: Settings) -> None:
    notices.report(True, NOW)
    notices.report(False, NOW + timedelta(seconds=30))
    (row,) = ServerProcess.objects.all()
    assert (row.version, row.digests, row.seen_at) == (
        settings.VERSION,
        False,
        NOW + timedelta(seconds=30),
    )
    assert row.disk_total > row.disk_free > 0
    notices.leave()
    assert not ServerProcess.objects.exists()
