"""From activity to a mail in the outbox, without the threads."""

from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.core import mail as outbox
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client, override_settings

from alerts import mail, sender
from alerts.announcer import announce
from alerts.models import Announcement, Cursor, Delivery, MailChoice, State
from issues import triage
from issues.models import Activity, Issue
from issues.states import Kind
from projects.models import Membership, Project, Role, Team, User
from tests.factories import NOW, join, make_issue, make_user

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def person(team: Team) -> User:
    user = make_user("ann@example.com", name="Ann")
    join(team, user, Role.VIEWER)
    return user


def happened(issue: Issue, kind: Kind = Kind.FIRST_SEEN) -> Activity:
    return Activity.objects.create(
        project_id=issue.project_id, issue=issue, kind=kind, at=NOW, data={}
    )


def send_all(now: object = NOW) -> int:
    count = 0
    while sender.send_due(now):  # type: ignore[arg-type]
        count += 1
    return count


@pytest.mark.usefixtures("person")
def test_a_member_hears_of_a_new_issue_once(project: Project) -> None:
    issue = make_issue(project, "KeyError: 'id'")
    happened(issue)
    for _ in range(3):
        announce(NOW)
        send_all()
    (mail,) = outbox.outbox
    assert mail.to == ["Ann <ann@example.com>"]
    assert mail.subject == f"[Shop] {issue.short_id} KeyError: 'id'"
    assert "New issue in Shop" in mail.body
    assert f"/issues/{issue.pk}/" in mail.body
    assert "/account/alerts/" in mail.extra_headers["List-Unsubscribe"]
    assert Delivery.objects.get().state == State.SENT


@pytest.mark.usefixtures("person")
def test_what_is_told_of_an_issue_is_one_thread(project: Project) -> None:
    issue = make_issue(project)
    happened(issue)
    announce(NOW)
    happened(issue, Kind.REGRESSED)
    announce(NOW)
    send_all()
    first, second = outbox.outbox
    assert "Regressed in Shop" in second.body
    assert first.subject == second.subject
    assert first.extra_headers["References"] == second.extra_headers["References"]
    assert first.extra_headers["Message-ID"] != second.extra_headers["Message-ID"]


@pytest.mark.usefixtures("person")
def test_other_activity_is_no_news(project: Project) -> None:
    issue = make_issue(project)
    for kind in set(Kind) - {Kind.FIRST_SEEN, Kind.REGRESSED}:
        happened(issue, kind)
    assert announce(NOW) == 0
    assert not Delivery.objects.exists()


@pytest.mark.usefixtures("person")
def test_an_issue_that_was_muted_meanwhile_is_not_told(project: Project) -> None:
    issue = make_issue(project)
    happened(issue)
    triage.mute([issue], by=None, now=NOW)
    announce(NOW)
    assert Announcement.objects.count() == 1
    assert not Delivery.objects.exists()


def test_who_does_not_want_mail_gets_none(project: Project, person: User) -> None:
    MailChoice.objects.create(user=person, wanted=False)
    happened(make_issue(project))
    announce(NOW)
    assert not Delivery.objects.exists()


def test_who_left_the_team_before_the_mail_leaves_gets_none(project: Project, person: User) -> None:
    happened(make_issue(project))
    announce(NOW)
    Membership.objects.filter(user=person).delete()
    send_all()
    assert Delivery.objects.get().state == State.DROPPED
    assert outbox.outbox == []


@pytest.mark.usefixtures("person")
@override_settings(ALERT_MAILS_PER_HOUR=3)
def test_a_storm_of_new_issues_is_few_mails(project: Project) -> None:
    template = make_issue(project)
    Issue.objects.bulk_create(
        Issue(
            project=project, number=n, title=f"E{n}", level=40, platform="python",
            first_seen=NOW, last_seen=NOW,
        )
        for n in range(2, 10_001)
    )  # fmt: skip
    issues = Issue.objects.filter(project=project)
    Activity.objects.bulk_create(
        Activity(project_id=project.pk, issue_id=pk, kind=Kind.FIRST_SEEN, at=NOW, data={})
        for pk in issues.values_list("pk", flat=True)
    )
    assert template.pk
    now = NOW
    while announce(now):
        send_all(now)
        now += 2 * MINUTE
    assert len(outbox.outbox) <= 3
    send_all(now + timedelta(hours=1))
    assert len(outbox.outbox) <= 4
    assert Announcement.objects.count() == 10_000
    assert sum(row.count for row in Delivery.objects.all()) == 10_000
    assert max(len(row.items) for row in Delivery.objects.all()) == 50
    assert max(len(mail.body) for mail in outbox.outbox) < 10_000


@pytest.mark.usefixtures("person")
def test_text_of_an_event_ends_no_header(project: Project) -> None:
    Project.objects.filter(pk=project.pk).update(name="Shop\r\nBcc: a@evil.example")
    happened(make_issue(project, "E: x\r\nBcc: b@evil.example\n\n<b>hi</b>"))
    User.objects.update(name="Ann\r\nCc: c@evil.example")
    announce(NOW)
    send_all()
    (mail,) = outbox.outbox
    head = mail.message().as_string().partition("\n\n")[0]
    names = [line.partition(":")[0].lower() for line in head.splitlines() if line[:1].strip()]
    assert {"bcc", "cc"}.isdisjoint(names)
    assert isinstance(mail, EmailMultiAlternatives)
    (html,) = mail.alternatives
    assert "<b>hi</b>" not in str(html[0])


class Broken(EmailBackend):
    """A server of mail that is away, or says no for good."""

    error: Exception = SMTPServerDisconnected("gone")

    def send_messages(self, messages: object) -> int:
        raise self.error


BROKEN = f"{__name__}.Broken"


@pytest.mark.usefixtures("person")
def test_a_server_that_is_away_is_tried_again_until_it_is_given_up(project: Project) -> None:
    happened(make_issue(project))
    announce(NOW)
    now = NOW
    with override_settings(EMAIL_BACKEND=BROKEN):
        for _ in range(20):
            send_all(now)
            now += timedelta(hours=6)
    row = Delivery.objects.get()
    assert (row.state, row.attempts) == (State.FAILED, 7)
    assert "hung up" in row.error


@pytest.mark.usefixtures("person")
def test_it_is_sent_as_soon_as_the_server_is_back(project: Project) -> None:
    happened(make_issue(project))
    announce(NOW)
    with override_settings(EMAIL_BACKEND=BROKEN):
        assert send_all() == 1
    assert send_all() == 0  # not at once
    assert send_all(NOW + 2 * MINUTE) == 1
    assert len(outbox.outbox) == 1
    assert Delivery.objects.get().error == ""


@pytest.mark.usefixtures("person")
def test_a_refused_recipient_is_not_asked_for_again(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Broken, "error", SMTPRecipientsRefused({"a": (550, b"no such user")}))
    happened(make_issue(project))
    announce(NOW)
    with override_settings(EMAIL_BACKEND=BROKEN):
        send_all()
    row = Delivery.objects.get()
    assert (row.state, row.attempts) == (State.FAILED, 1)
    assert "no such user" in row.error


@pytest.mark.usefixtures("person")
def test_what_a_killed_process_had_in_hand_is_sent_by_another(project: Project) -> None:
    happened(make_issue(project))
    announce(NOW)
    Delivery.objects.update(state=State.SENDING, claimed_until=NOW + sender.CLAIM)
    assert send_all(NOW + MINUTE) == 0
    assert send_all(NOW + sender.CLAIM) == 1
    assert len(outbox.outbox) == 1


@pytest.mark.usefixtures("person")
def test_a_clock_that_is_set_back_a_year_holds_nothing_up(project: Project) -> None:
    happened(make_issue(project))
    announce(NOW + timedelta(days=365))
    send_all(NOW)
    assert len(outbox.outbox) == 1


@pytest.mark.usefixtures("person")
def test_activity_that_is_committed_late_is_announced(project: Project) -> None:
    """Its primary key is smaller than one that was announced before."""
    late, early = happened(make_issue(project)), happened(make_issue(project))
    key = late.pk
    late.delete()
    announce(NOW)
    announce(NOW)
    announce(NOW + MINUTE)
    late.pk = key
    late.save(force_insert=True)
    announce(NOW + 2 * MINUTE)
    announced = set(Announcement.objects.values_list("activity_id", flat=True))
    assert announced == {key, early.pk}


@pytest.mark.usefixtures("person")
def test_what_is_long_over_is_forgotten_and_not_told_again(project: Project) -> None:
    happened(make_issue(project))
    now = NOW
    for _ in range(4):
        announce(now)
        send_all(now)
        now += timedelta(days=20)
    sender.forget(now)
    assert (Announcement.objects.count(), Delivery.objects.count()) == (0, 0)
    assert announce(now) == 0
    assert Cursor.objects.count() == 1


@override_settings(EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend")
@pytest.mark.usefixtures("person")
def test_without_a_server_of_mail_nothing_is_made(project: Project) -> None:
    assert not mail.is_possible()
    happened(make_issue(project))
    announce(NOW)
    assert not Delivery.objects.exists()


def test_the_page_takes_the_choice_and_shows_ones_own(
    project: Project, viewer: Client, owner: Client
) -> None:
    happened(make_issue(project))
    announce(NOW)
    send_all()
    page = viewer.get("/account/alerts/").content.decode()
    assert page.count("badge good") == 1
    assert 'name="wanted" checked' in page
    viewer.post("/account/alerts/", {})
    assert 'name="wanted" checked' not in viewer.get("/account/alerts/").content.decode()
    assert 'name="wanted" checked' in owner.get("/account/alerts/").content.decode()


def test_without_a_server_of_mail_nothing_is_promised() -> None:
    """Django's setting names what notes how mail fares; behind it stands what EMAIL_URL chose."""
    dummy = "django.core.mail.backends.dummy.EmailBackend"
    with override_settings(EMAIL_BACKEND="projects.mailing.Backend", MAIL_BACKEND=dummy):
        assert not mail.is_possible()
    smtp = "django.core.mail.backends.smtp.EmailBackend"
    with override_settings(EMAIL_BACKEND="projects.mailing.Backend", MAIL_BACKEND=smtp):
        assert mail.is_possible()
