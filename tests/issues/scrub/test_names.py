from typing import Any

import orjson
import pytest

from tests.issues.scrub.conftest import extra, scrubbed

F = "[Filtered]"


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "PASSWD",
        "db-pwd",
        "client_secret",
        "Api-Key",
        "apiKey",
        "accessToken",
        "stripetoken",
        "github_token",
        "oauth",
        "Authorization",
        "credentials",
        "MYSQL_PWD",
        "privateKey",
        "private-key",
        "bearer",
        "sessionid",
        "csrfmiddlewaretoken",
        "X-XSRF-Header",
        "card_number",
        "Card Number",
        "cvv2",
        "Set-Cookie",
        "X-Api-Key",
        "HTTP_X_FORWARDED_FOR",
    ],
)
def test_a_value_under_such_a_name_is_hidden(name: str) -> None:
    assert extra({name: "hunter2", "other": "stays"}) == {name: F, "other": "stays"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("author", "Ann"),
        ("authors", ["Ann"]),
        ("authority", "db:5432"),
        ("author_name", "Ann"),
        ("token_type", "Bearer"),
        ("oauth_version", "1.0"),
        ("tokens", 17),
        ("prompt_tokens", "512"),
        ("password", None),
        ("is_authenticated", False),
        ("token", ""),
        ("passenger", "Bob"),
        ("compass", "N"),
    ],
)
def test_a_value_under_a_harmless_name_stays(name: str, value: Any) -> None:
    assert extra({name: value, "x": 1}) == {name: value, "x": 1}


def test_a_word_in_plural_hides_texts() -> None:
    assert extra({"tokens": ["a", "b"]}) == {"tokens": F}


@pytest.mark.parametrize("mask", ["[Filtered]", "[REDACTED]", "********", "***"])
def test_what_the_client_has_filtered_stays_as_it_is(mask: str) -> None:
    event = scrubbed({"extra": {"password": mask}})
    assert event.data["extra"] == {"password": mask}
    assert "_meta" not in event.data


def test_projects_have_names_of_their_own() -> None:
    rules = {"extra_names": ("Kunden-Nr",), "safe_names": ("session_kind", "X-Api-Key")}
    before = {"kunden_nr_alt": "815", "session_kind": "web", "session": "a81f", "x-api-key": "k"}
    after = {"kunden_nr_alt": F, "session_kind": "web", "session": F, "x-api-key": "k"}
    assert extra(before, **rules) == after


def test_every_part_of_an_event_is_looked_at() -> None:
    secret = {"password": "hunter2"}
    frame = {"function": "login", "vars": {"user": "bob", "inner": [secret]}}
    event = scrubbed(
        {
            "message": {"message": "login %(password)s", "params": secret},
            "exception": {
                "values": [
                    {
                        "type": "E",
                        "value": "v",
                        "mechanism": {"type": "m", "data": dict(secret)},
                        "stacktrace": {"frames": [frame]},
                    }
                ]
            },
            "threads": {"values": [{"id": 1, "stacktrace": {"frames": [frame]}}]},
            "breadcrumbs": [{"message": "m", "data": {"deep": {"token": "hunter2"}}}],
            "request": {
                "url": "https://shop.example/?token=hunter2&page=2",
                "headers": {
                    "Authorization": "Digest hunter2",
                    "Cookie": "sid=hunter2; theme=dark",
                    "X-Forwarded-For": "hunter2",
                    "Referer": "https://shop.example/?token=hunter2&page=2",
                    "Accept": "text/html",
                },
                "data": {"card_number": "hunter2", "qty": 2},
                "env": {"HTTP_COOKIE": "sid=hunter2", "SERVER_NAME": "web"},
            },
            "user": {"id": "7", "data": dict(secret)},
            "contexts": {"custom": {"api_key": "hunter2", "ok": 1}, "session": {"a": "hunter2"}},
            "tags": [["auth_token", "hunter2"], {"key": "plan", "value": "gold"}],
            "extra": {
                "pairs": [["password", "hunter2"], ["a", "b"]],
                "list": [{"key": "Token", "value": "hunter2"}],
            },
            "custom_attribute": dict(secret),
            "csp": {"blocked-uri": "https://x.example/?session=hunter2"},
        }
    )
    whole = orjson.dumps([event.data, event.tags, event.notes, event.message]).decode()
    assert "hunter2" not in whole
    assert event.message == "login [Filtered]"
    request = event.data["request"]
    assert request["query_string"] == [["token", F], ["page", "2"]]
    assert request["cookies"] == [["sid", F], ["theme", F]]
    headers = dict(request["headers"])
    assert headers["Referer"] == "https://shop.example/?token=[Filtered]&page=2"
    assert headers["Accept"] == "text/html"
    assert request["data"] == {"card_number": F, "qty": 2}
    assert event.data["contexts"]["session"] == {"a": F}
    assert event.data["extra"]["list"] == [{"key": "Token", "value": F}]
    assert event.tags["auth_token"] == F
    assert event.data["tags"] == {"auth_token": F, "plan": "gold"}


def test_what_is_never_filtered_stays() -> None:
    frame = {
        "filename": "auth/token.py",
        "abs_path": "/srv/auth/token.py",
        "function": "check_password",
        "module": "auth.token",
        "lineno": 3,
        "context_line": "    password = request.POST['password']",
        "pre_context": ["token=1"],
    }
    raw = {
        "event_id": "41111111111111114111111111111111",
        "release": "auth-token@4111111111111111",
        "environment": "session",
        "exception": {
            "values": [
                {
                    "type": "AuthError",
                    "module": "auth",
                    "value": "no",
                    "stacktrace": {"frames": [frame]},
                }
            ]
        },
        "tags": {"api_request_id": "4111111111111111"},
        "modules": {"oauth-token": "4111111111111111"},
        "contexts": {
            "trace": {"trace_id": "4" * 32, "span_id": "4111111111111111"},
            "postgresql": {"session_id": "5f1.2"},
        },
        "sdk": {"name": "sentry.token"},
    }
    event = scrubbed(raw)
    assert event.data["exception"]["values"][0]["stacktrace"]["frames"] == [frame]
    assert event.tags["api_request_id"] == "4111111111111111"
    assert event.data["modules"] == raw["modules"]
    assert event.data["contexts"] == raw["contexts"]
    assert (event.release, event.environment) == ("auth-token@4111111111111111", "session")
    assert "_meta" not in event.data


def test_the_sent_event_is_not_changed() -> None:
    raw = {"extra": {"v": {"password": "x", "same": {"a": 1}}}, "message": "Bearer 0123456789abc"}
    copy = orjson.loads(orjson.dumps(raw))
    event = scrubbed(raw)
    assert raw == copy
    assert event.data["extra"]["v"]["same"] is raw["extra"]["v"]["same"]  # type: ignore[index]


def test_a_filtered_value_is_marked() -> None:
    event = scrubbed(
        {
            "extra": {"password": "hunter2", "deep": [{"token": 17}]},
            "message": "see postgres://bob:hunter2@db/x",
            "_meta": {
                "extra": {"deep": {"": {"len": 9}}, "password": {"": {"rem": [["!x", "x"]]}}}
            },
        }
    )
    assert event.message == "see postgres://[Filtered]@db/x"
    assert event.data["_meta"] == {
        "extra": {
            "password": {"": {"rem": [["!x", "x"], ["@password", "s", 0, 10]], "len": 7}},
            "deep": {"": {"len": 9}, "0": {"token": {"": {"rem": [["@password", "s", 0, 10]]}}}},
        },
        "logentry": {"formatted": {"": {"rem": [["@urlauth", "s", 15, 25]], "len": 31}}},
    }


def test_notes_and_meta_hide_nothing() -> None:
    event = scrubbed(
        {
            "request": {"headers": [["Authorization"]], "cookies": ["session=hunter2"]},
            "level": {"password": "hunter2"},
            "_meta": {"level": {"": {"val": "hunter2"}}, "x": {"": {"note": "token=hunter2"}}},
        }
    )
    assert "hunter2" not in str(event)


def test_users_are_counted_by_what_is_left() -> None:
    event = scrubbed({"user": {"id": "078-05-1120"}}, extra_names=("email",))
    assert (event.user_key, event.tags["user"]) == ("id:[Filtered]", "id:[Filtered]")
    event = scrubbed({"user": {"email": "a@b.example"}}, extra_names=("email",))
    assert (event.user_key, event.tags["user"]) == ("email:[Filtered]", "email:[Filtered]")
