import pytest
from django.test import Client
from django.urls import reverse

from projects.models import User
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db


def me() -> User:
    return User.objects.get(email="member@example.com")


def test_name_zone_and_theme_are_changed(member: Client) -> None:
    url = reverse("projects:account")
    data = {"name": "Ada", "time_zone": "Europe/Berlin", "theme": "dark"}
    assert member.post(url, data)["Location"] == url
    assert (me().name, me().time_zone, me().theme) == ("Ada", "Europe/Berlin", "dark")
    assert 'data-theme="dark"' in member.get(url).content.decode()


@pytest.mark.parametrize(("field", "value"), [("time_zone", "Mars/Base"), ("theme", "pink")])
def test_what_does_not_exist_is_refused(member: Client, field: str, value: str) -> None:
    data = {"name": "Ada", "time_zone": "", "theme": "", field: value}
    answer = member.post(reverse("projects:account"), data)
    assert field in answer.context["form"].errors
    assert me().name == ""


def test_the_theme_is_a_button_away(member: Client) -> None:
    url = reverse("projects:theme")
    assert member.post(url, {"theme": "dark", "next": "/issues/"})["Location"] == "/issues/"
    assert me().theme == "dark"
    member.post(url, {"theme": "pink"})
    assert me().theme == "dark"
    member.post(url, {"theme": ""})
    assert me().theme == ""
    assert member.get(url).status_code == 405


def test_nobody_signs_up_by_themselves(db: None) -> None:
    answer = Client().get(reverse("account_signup"))
    assert "By invitation" in answer.content.decode()
    Client().post(
        reverse("account_signup"),
        {"email": "a@example.com", "password1": PASSWORD, "password2": PASSWORD},
    )
    assert not User.objects.exists()


def test_signing_in_and_out(db: None) -> None:
    make_user("ada@example.com")
    client = Client()
    answer = client.post(
        reverse("account_login"), {"login": "Ada@Example.com", "password": PASSWORD}
    )
    assert answer["Location"] == reverse("issues:home")
    assert "toast" not in client.get(answer["Location"]).content.decode()
    assert client.get(reverse("account_logout")).status_code == 200
    client.post(reverse("account_logout"))
    assert client.get(reverse("issues:home")).status_code == 302


def test_the_way_in_leads_to_where_one_wanted(db: None) -> None:
    make_user("ada@example.com")
    client = Client()
    login = client.get("/issues/?tab=all")["Location"]
    page = client.get(login).content.decode()
    assert 'name="next" value="/issues/?tab=all"' in page
    data = {"login": "ada@example.com", "password": PASSWORD}
    assert client.post(login, data | {"next": "/issues/?tab=all"})["Location"] == "/issues/?tab=all"
    evil = Client().post(reverse("account_login"), data | {"next": "https://evil.example/"})
    assert evil["Location"] == reverse("issues:home")


@pytest.mark.parametrize(
    "name",
    ["account_login", "account_reset_password", "account_reset_password_done", "account_inactive",
     "account_reset_password_from_key_done"],
)  # fmt: skip
def test_pages_before_signing_in_are_ours(db: None, name: str) -> None:
    page = Client().get(reverse(name)).content.decode()
    assert 'class="login"' in page
    assert "topbar" not in page


def test_the_password_is_changed(member: Client) -> None:
    url = reverse("account_change_password")
    assert "Change the password" in member.get(url).content.decode()
    member.post(
        url,
        {"oldpassword": PASSWORD, "password1": "another-horse-9", "password2": "another-horse-9"},
    )
    assert me().check_password("another-horse-9")


def test_without_mail_a_lost_password_is_the_administrators_matter(db: None) -> None:
    page = Client().get(reverse("account_reset_password")).content.decode()
    assert "bugsink-lite set-password" in page
