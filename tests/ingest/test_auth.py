import base64

import pytest

from ingest.auth import credentials, from_envelope

KEY = "c0ffee00c0ffee00c0ffee00c0ffee00"
OTHER = "11111111111111111111111111111111"


@pytest.mark.parametrize(
    "header",
    [
        f"Sentry sentry_key={KEY}, sentry_client=demo/1.0, sentry_version=7",
        f"Sentry sentry_version=7,sentry_client=demo/1.0,sentry_key={KEY},sentry_secret=0123",
        f"sentry sentry_key={KEY}",
        f"Sentry   ,sentry_version=5 ,, sentry_key={KEY} , ",
        f"Sentry sentry_version=7 sentry_key={KEY} sentry_client=demo/1.0",
        f"Sentry sentry_client=a=b/1.0 (x; y), sentry_key={KEY}",
        f"Sentry sentry_timestamp=1777630000.25, sentry_version=6, sentry_key={KEY}",
        f"Sentry sentry_key={KEY.upper()}",
        "Sentry sentry_key=c0ffee00-c0ff-ee00-c0ff-ee00c0ffee00",
        f"Sentry glitchtip_key={KEY}",
    ],
)
@pytest.mark.parametrize("name", ["HTTP_X_SENTRY_AUTH", "HTTP_AUTHORIZATION"])
def test_reads_the_key_from_a_header(name: str, header: str) -> None:
    assert credentials("", {name: header}).key == KEY


def test_reads_the_key_from_basic_authentication() -> None:
    value = "Basic " + base64.b64encode(f"{KEY}:x".encode()).decode()
    assert credentials("", {"HTTP_AUTHORIZATION": value}).key == KEY


@pytest.mark.parametrize("value", ["Basic !!!", "Basic", "Bearer x", "Basic /w==", ""])
def test_an_unreadable_header_names_no_key(value: str) -> None:
    assert credentials("", {"HTTP_AUTHORIZATION": value}).key == ""


def test_the_query_wins_and_names_the_client() -> None:
    found = credentials(
        f"sentry_key={KEY}&sentry_client=demo%2F1.0",
        {"HTTP_X_SENTRY_AUTH": f"Sentry sentry_key={OTHER}"},
    )
    assert (found.key, found.client) == (KEY, "demo/1.0")


def test_the_sdk_header_wins_over_authorization() -> None:
    found = credentials(
        "",
        {
            "HTTP_X_SENTRY_AUTH": f"Sentry sentry_key={KEY}",
            "HTTP_AUTHORIZATION": f"Sentry sentry_key={OTHER}",
        },
    )
    assert found.key == KEY


def test_the_user_agent_stands_in_for_the_client() -> None:
    found = credentials(f"sentry_key={KEY}", {"HTTP_USER_AGENT": "sentry-ruby/5.3"})
    assert found.client == "sentry-ruby/5.3"


@pytest.mark.parametrize(
    ("dsn", "key"),
    [
        (f"https://{KEY}@errors.example/7", KEY),
        (f"https://{KEY}:@errors.example/track/7", KEY),
        ("https://errors.example/7", ""),
        ("nonsense", ""),
        (7, ""),
        (None, ""),
    ],
)
def test_reads_the_key_of_an_envelope(dsn: object, key: str) -> None:
    assert from_envelope(dsn) == key
