"""Asking people in: once, for a time, for one address, and as long as the one who asked may."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from projects import invitations
from projects.invitations import Unusable
from projects.models import Invitation, Membership, Role, Team, User
from tests.factories import PASSWORD, join, make_user

pytestmark = pytest.mark.django_db
NEW = {"name": "Nia", "password1": "nine-long-words", "password2": "nine-long-words"}


@pytest.fixture
def boss(team: Team) -> User:
    user = make_user("boss@example.com", name="Bo Ss")
    join(team, user, Role.ADMIN)
    return user


def invite(team: Team, boss: User, email: str = "", role: Role = Role.MEMBER) -> str:
    """The link's path."""
    made = invitations.invite(team, email, role, by=boss, now=timezone.now())
    return made.link.removeprefix("http://localhost:8000")


def test_a_new_person_sets_a_password_and_is_in(team: Team, boss: User) -> None:
    link = invite(team, boss, "Nia@Example.com", Role.VIEWER)
    client = Client()
    page = client.get(link)
    assert "nia@example.com" in page.content.decode()
    assert 'name="email"' not in page.content.decode()
    assert page["Cache-Control"].startswith("max-age=0")
    assert client.post(link, NEW)["Location"] == reverse("issues:home")
    user = User.objects.get(email="nia@example.com")
    assert user.check_password("nine-long-words")
    assert Membership.objects.get(user=user).role == Role.VIEWER
    assert client.get(reverse("issues:home")).status_code == 200


def test_a_link_works_once(team: Team, boss: User) -> None:
    link = invite(team, boss)
    Client().post(link, NEW | {"email": "nia@example.com"})
    again = Client().post(link, NEW | {"email": "eve@example.com"})
    assert again.status_code == 404
    assert "used up" in again.content.decode()
    assert not User.objects.filter(email="eve@example.com").exists()


def test_of_two_who_follow_it_at_once_one_gets_in(team: Team, boss: User) -> None:
    token = invite(team, boss).rstrip("/").rpartition("/")[2]
    first, second = (invitations.find(token, timezone.now()) for _ in range(2))
    invitations.register(first, email="a@example.com", name="", password=PASSWORD)
    with pytest.raises(Unusable):
        invitations.register(second, email="b@example.com", name="", password=PASSWORD)
    assert not User.objects.filter(email="b@example.com").exists()


def test_the_token_is_nowhere_in_the_database(team: Team, boss: User) -> None:
    token = invite(team, boss).rstrip("/").rpartition("/")[2]
    stored = Invitation.objects.get()
    assert len(token) >= 43
    assert token not in str(vars(stored))


def test_who_has_an_account_signs_in_and_joins(team: Team, boss: User) -> None:
    link = invite(team, boss)
    user = make_user("ada@example.com")
    client = Client()
    assert f"next={link.replace('/', '%2F')}" in client.get(link).content.decode()
    client.force_login(user)
    assert "Join as ada@example.com" in client.get(link).content.decode()
    assert client.get(link).status_code == 200
    assert not user.memberships.exists()  # looking is not joining
    client.post(link)
    assert user.memberships.get().team == team


def test_somebody_with_an_account_joins_at_once_by_address(team: Team, boss: User) -> None:
    user = make_user("ada@example.com")
    made = invitations.invite(team, "ADA@example.com", Role.ADMIN, by=boss, now=timezone.now())
    assert (made.joined, made.link) == (user, "")
    assert user.memberships.get().role == Role.ADMIN


def test_joining_again_takes_no_right_away(team: Team, boss: User) -> None:
    link = invite(team, boss, role=Role.VIEWER)
    client = Client()
    client.force_login(boss)
    client.post(link)
    assert boss.memberships.get().role == Role.ADMIN


def test_another_account_cannot_use_a_named_invitation(team: Team, boss: User) -> None:
    link = invite(team, boss, "nia@example.com")
    client = Client()
    client.force_login(make_user("eve@example.com"))
    assert "signed in as eve@example.com" in client.get(link).content.decode()
    client.post(link)
    assert not Membership.objects.filter(user__email="eve@example.com").exists()
    assert Invitation.objects.exists()


def test_a_posted_address_does_not_replace_the_invited_one(team: Team, boss: User) -> None:
    Client().post(invite(team, boss, "nia@example.com"), NEW | {"email": "eve@example.com"})
    assert User.objects.filter(email="nia@example.com").exists()
    assert not User.objects.filter(email="eve@example.com").exists()


def test_an_account_is_not_taken_over_by_a_link(team: Team, boss: User) -> None:
    ada = make_user("ada@example.com")
    page = Client().post(invite(team, boss), NEW | {"email": "Ada@example.com"})
    assert "There is an account with this address" in page.content.decode()
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)
    assert Invitation.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"password2": "something-else-9"}, "password2"),
        ({"password1": "short", "password2": "short"}, "password1"),
        ({"email": "no address"}, "email"),
        ({"name": "x" * 101}, "name"),
    ],
)
def test_what_will_not_do_is_said_and_costs_nothing(
    team: Team, boss: User, change: dict[str, str], field: str
) -> None:
    link = invite(team, boss)
    answer = Client().post(link, NEW | {"email": "nia@example.com"} | change)
    assert field in answer.context["form"].errors
    assert Invitation.objects.exists()


def test_an_invitation_ends(team: Team, boss: User) -> None:
    link = invite(team, boss)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Client().get(link).status_code == 404


@pytest.mark.parametrize("how", ["role", "removed", "inactive", "team"])
def test_it_counts_as_long_as_the_inviter_may_invite(team: Team, boss: User, how: str) -> None:
    link = invite(team, boss)
    if how == "role":
        boss.memberships.update(role=Role.MEMBER)
    elif how == "removed":
        boss.memberships.all().delete()
    elif how == "inactive":
        User.objects.filter(pk=boss.pk).update(is_active=False)
    else:
        Team.objects.filter(pk=team.pk).update(deleted_at=timezone.now())
    assert Client().get(link).status_code == 404


@pytest.mark.parametrize("token", ["x", "y" * 5000, "%00", "..%2F"])
def test_made_up_tokens_are_not_found(db: None, token: str) -> None:
    assert Client().get(f"/invitations/{token}/").status_code == 404


def test_the_page_shows_the_link_once_and_lists_what_is_open(owner: Client, team: Team) -> None:
    url = reverse("projects:team_invite", args=[team.slug])
    page = owner.post(url, {"email": "nia@example.com", "role": "20"})
    assert page.status_code == 200
    assert page["Cache-Control"] == "no-store"
    link = page.context["invited"].link
    assert link in page.content.decode()
    later = owner.get(reverse("projects:team", args=[team.slug])).content.decode()
    assert "nia@example.com" in later
    assert link not in later
    pk = Invitation.objects.get().pk
    for _ in range(2):
        owner.post(reverse("projects:invitation_revoke", args=[team.slug, pk]))
    assert Client().get(link.removeprefix("http://localhost:8000")).status_code == 404


def test_inviting_again_replaces_the_first_link(team: Team, boss: User) -> None:
    first, second = (invite(team, boss, "nia@example.com") for _ in range(2))
    assert Client().get(first).status_code == 404
    assert Client().get(second).status_code == 200


def test_there_are_only_so_many(team: Team, boss: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invitations, "MAX_OPEN", 2)
    invite(team, boss)
    invite(team, boss)
    with pytest.raises(ValidationError, match="2 invitations"):
        invite(team, boss)


def test_without_mail_nothing_is_sent(team: Team, boss: User) -> None:
    invite(team, boss, "nia@example.com")
    assert mail.outbox == []


@override_settings(EMAIL_URL="smtp://mail")
def test_with_mail_the_link_is_sent(team: Team, boss: User) -> None:
    made = invitations.invite(team, "nia@example.com", Role.MEMBER, by=boss, now=timezone.now())
    assert made.mailed
    assert [message.to for message in mail.outbox] == [["nia@example.com"]]
    assert made.link in str(mail.outbox[0].body)


@override_settings(
    EMAIL_URL="smtp://mail",
    EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
    EMAIL_HOST="127.0.0.1",
    EMAIL_PORT=1,
)
def test_a_mail_that_fails_is_told_and_the_link_stays(team: Team, boss: User) -> None:
    made = invitations.invite(team, "nia@example.com", Role.MEMBER, by=boss, now=timezone.now())
    assert not made.mailed
    assert made.trouble.startswith("Nothing listens at 127.0.0.1:1")
    assert made.link


@pytest.mark.parametrize(
    "data",
    [
        {"role": "20", "email": "x y"},
        {"role": "99"},
        {"role": ""},
        {"role": "20", "email": "a\0@b.c"},
    ],
)
def test_a_wrong_form_is_refused_in_words(owner: Client, team: Team, data: dict[str, str]) -> None:
    page = owner.post(reverse("projects:team_invite", args=[team.slug]), data)
    assert page.context["wrong"]
    assert not Invitation.objects.exists()
