"""What administrators do with accounts, and the settings of mail."""

import smtplib
import ssl
from typing import Any

import pytest
from django.core import mail
from django.test import Client, override_settings
from django.urls import reverse

from projects import smtp
from projects.models import Role, Team, User
from projects.sessions import browser, handle_of
from tests.factories import PASSWORD, join, make_user

pytestmark = pytest.mark.django_db
WITH_MAIL = {
    "EMAIL_URL": "smtp://x",
    "EMAIL_HOST": "127.0.0.1",
    "EMAIL_PORT": 1,
    "EMAIL_HOST_USER": "me",
    "EMAIL_HOST_PASSWORD": "hunter2",
    "EMAIL_USE_TLS": True,
    "EMAIL_USE_SSL": False,
}


def post(client: Client, name: str, user: User) -> str:
    answer = client.post(reverse(f"projects:person_{name}", args=[user.pk]), follow=True)
    user.refresh_from_db()
    return answer.content.decode()


def test_who_is_switched_off_is_out_at_once(administrator: Client) -> None:
    ada = make_user("ada@example.com")
    client = Client()
    client.force_login(ada)
    post(administrator, "deactivate", ada)
    assert not ada.is_active
    assert client.get(reverse("issues:home")).status_code == 302
    assert client.post(reverse("account_login"), {"login": ada.email, "password": PASSWORD})
    assert client.get(reverse("issues:home")).status_code == 302
    post(administrator, "activate", ada)
    assert ada.is_active


def test_administrators_are_made_and_unmade(administrator: Client) -> None:
    ada = make_user("ada@example.com")
    post(administrator, "promote", ada)
    assert ada.is_admin
    post(administrator, "demote", ada)
    assert not ada.is_admin


def test_the_last_administrator_stays(administrator: Client) -> None:
    me = User.objects.get(email="administrator@example.com")
    make_user("off@example.com", is_admin=True, is_active=False)
    assert "last administrator" in post(administrator, "demote", me)
    assert "your own account" in post(administrator, "deactivate", me)
    assert me.is_admin
    assert me.is_active


def test_people_are_found_and_paged(
    administrator: Client, team: Team, django_assert_num_queries: Any
) -> None:
    for number in range(120):
        make_user(f"p{number:03}@example.com", name="Pat" if number % 2 else "Quin")
    url = reverse("projects:people")
    first = administrator.get(url)
    assert len(first.context["rows"]) == 100
    second = administrator.get(url, {"after": first.context["next"]})
    assert len(second.context["rows"]) == 21
    assert len(administrator.get(url, {"query": "quin"}).context["rows"]) == 60
    with django_assert_num_queries(6):
        administrator.get(url)


def test_an_administrator_invites_into_a_team(administrator: Client, team: Team) -> None:
    data = {"email": "nia@example.com", "role": "20", "team": team.slug}
    page = administrator.post(reverse("projects:person_invite"), data)
    assert page.context["invited"].invitation.team == team
    lost = administrator.post(reverse("projects:person_invite"), data | {"team": "none"})
    assert lost["Location"] == reverse("projects:people")


@override_settings(**WITH_MAIL)
def test_the_mail_page_shows_no_secret(administrator: Client) -> None:
    page = administrator.get(reverse("projects:mail")).content.decode()
    assert "127.0.0.1" in page
    assert "STARTTLS" in page
    assert "hunter2" not in page


@override_settings(**WITH_MAIL)
def test_a_test_mail_is_sent(administrator: Client) -> None:
    page = administrator.post(reverse("projects:mail_test"), {"to": "a@example.com"})
    assert page.context["sent"]
    assert mail.outbox[0].to == ["a@example.com"]
    wrong = administrator.post(reverse("projects:mail_test"), {"to": "a\r\nBcc: b@example.com"})
    assert wrong.context["wrong"]
    assert len(mail.outbox) == 1


@override_settings(**WITH_MAIL, EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend")
def test_a_test_that_fails_says_why(administrator: Client) -> None:
    page = administrator.post(reverse("projects:mail_test"), {"to": "a@example.com"})
    assert "Nothing listens at 127.0.0.1:1" in page.content.decode()
    assert "hunter2" not in page.content.decode()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            smtplib.SMTPAuthenticationError(535, b"5.7.8 no"),
            "refused user name or password. (SMTPAuth",
        ),
        (smtplib.SMTPRecipientsRefused({"a": (550, b"no such user")}), "550 no such user"),
        (smtplib.SMTPSenderRefused(553, b"not yours", "x"), "refused the sender"),
        (smtplib.SMTPServerDisconnected("gone"), "hung up"),
        (smtplib.SMTPNotSupportedError("no"), "does not offer"),
        (smtplib.SMTPDataError(554, b"spam"), "554 spam"),
        (ssl.SSLCertVerificationError("bad"), "is not trusted"),
        (TimeoutError(), "did not answer within"),
        (UnicodeError("x"), "could not be sent"),
    ],
)
def test_errors_of_mail_in_words(error: Exception, words: str) -> None:
    with override_settings(**WITH_MAIL):
        assert words in smtp.in_words(error)


def test_sign_ins_are_listed_and_ended(db: None) -> None:
    ada = make_user("ada@example.com")
    here, there = Client(), Client()
    for client, agent in ((here, "Firefox/140.0 Linux"), (there, "Chrome/150 Windows NT")):
        client.post(
            reverse("account_login"),
            {"login": ada.email, "password": PASSWORD},
            headers={"user-agent": agent},
        )
    page = here.get(reverse("projects:account"))
    assert [each.browser for each in page.context["sign_ins"]] == [
        "Firefox on Linux",
        "Chrome on Windows",
    ]
    other = there.session.session_key or ""
    assert other not in page.content.decode()
    eve = Client()
    eve.force_login(make_user("eve@example.com"))
    eve.post(reverse("projects:session_end", args=[handle_of(other)]))
    assert there.get(reverse("issues:home")).status_code == 200
    here.post(reverse("projects:session_end", args=[handle_of(other)]))
    assert there.get(reverse("issues:home")).status_code == 302
    assert here.get(reverse("issues:home")).status_code == 200


def test_all_other_sign_ins_end_and_so_does_this_one(db: None) -> None:
    ada = make_user()
    clients = [Client() for _ in range(3)]
    for client in clients:
        client.force_login(ada)
    clients[0].post(reverse("projects:sessions_end"))
    assert [c.get(reverse("issues:home")).status_code for c in clients] == [200, 302, 302]
    key = handle_of(clients[0].session.session_key or "")
    assert clients[0].post(reverse("projects:session_end", args=[key]))["Location"] == reverse(
        "account_login"
    )
    assert clients[0].get(reverse("issues:home")).status_code == 302


def test_a_page_costs_no_write_for_the_sign_in(
    member: Client, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(3):  # session, user, the list
        member.get(reverse("projects:deletions"))


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("", "Unknown browser"),
        ("curl/8.1", "curl"),
        ("Mozilla/5.0 (iPhone; CPU) Version/17.0 Safari/604", "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/120 Safari/5 Edg/120", "Edge on Windows"),
        ("<script>", "Unknown browser"),
    ],
)
def test_browsers_have_names(agent: str, words: str) -> None:
    assert browser(agent) == words


@override_settings(EMAIL_URL="smtp://x")
def test_a_lost_password_is_set_anew_by_mail(db: None) -> None:
    ada = make_user("ada@example.com")
    client = Client()
    client.post(reverse("account_reset_password"), {"email": "ada@example.com"})
    link = next(word for word in str(mail.outbox[0].body).split() if "/password/reset/key/" in word)
    page = client.get(link.partition("testserver")[2] or link.partition(":8000")[2], follow=True)
    form = page.redirect_chain[-1][0] if page.redirect_chain else link
    new = {"password1": "nine-long-words", "password2": "nine-long-words"}
    client.post(form, new)
    ada.refresh_from_db()
    assert ada.check_password("nine-long-words")


def test_the_reset_link_names_the_address_that_others_reach(db: None) -> None:
    """Not what the request's Host header says: whoever sends that must get no link to himself."""
    make_user("ada@example.com")
    with override_settings(EMAIL_URL="smtp://x", ALLOWED_HOSTS=["*"]):
        Client(HTTP_HOST="evil.example").post(
            reverse("account_reset_password"), {"email": "ada@example.com"}
        )
    assert "evil.example" not in str(mail.outbox[0].body)


def test_the_time_zone_is_that_of_all_times(member: Client) -> None:
    me = User.objects.get(email="member@example.com")
    me.time_zone = "Asia/Tokyo"
    me.save()
    assert "JST" in member.get(reverse("projects:account")).content.decode()


def test_members_of_no_team_see_no_people(viewer: Client, team: Team) -> None:
    assert viewer.get(reverse("projects:people")).status_code == 403
    join(team, make_user(), Role.MEMBER)
    assert viewer.get(reverse("projects:team", args=[team.slug])).status_code == 200
