import pytest

from tests.issues.scrub.conftest import extra, scrubbed

PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\nx5==\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("paid with 4111 1111 1111 1111, thanks", "paid with [Filtered], thanks"),
        ("4111-1111-1111-1111", "[Filtered]"),
        ("pan=378282246310005;", "pan=[Filtered];"),
        ("5555555555554444 12 27", "[Filtered] 12 27"),
        ("Order 4222222222222\n6011000990139424", "Order [Filtered]\n[Filtered]"),
        ("3782 822463 10005", "[Filtered]"),
        ("DE89 3704 0044 0532 0130 00", "[Filtered]"),
        ("to GB29NWBK60161331926819 NOW", "to [Filtered] NOW"),
        ("ssn 078-05-1120.", "ssn [Filtered]."),
        (f"key: {PEM} ok", "key: [Filtered] ok"),
        (PEM[:50], "[Filtered]"),
        (
            "-----BEGIN OPENSSH PRIVATE KEY-----\\nb3Bl\\n-----END OPENSSH PRIVATE KEY-----",
            "[Filtered]",
        ),
        ("sent Bearer eyJhbGciOi.J9.x-_ to", "sent Bearer [Filtered] to"),
        ("Authorization: Basic Ym9iOmh1bnRlcjI=", "Authorization: Basic [Filtered]"),
        ("postgres://bob:hun:ter2@db:5432/x", "postgres://[Filtered]@db:5432/x"),
        ("a postgres://bob:hun…", "a postgres://[Filtered]…"),
        ("redis://:p@ss@cache", "redis://[Filtered]@cache"),
        ("https://key:secret@errors.example/1", "https://[Filtered]@errors.example/1"),
    ],
)
def test_the_secret_part_of_a_text_is_hidden(text: str, left: str) -> None:
    assert extra({"t": text})["t"] == left


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112",
        "1714557600123",
        "0.4111111111111111",
        "a4111111111111111",
        "4111111111111111f",
        "[4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1]",
        "2026-05-01 10:00:00,123",
        "DE00 3704 0044 0532 0130 00",
        "SHA256 UTF16LE AB12",
        "000-12-3456 078-05-11201",
        "-----BEGIN CERTIFICATE-----\nMIID\n-----END CERTIFICATE-----",
        "Bearer token required, Basic authentication",
        "basic understanding",
        "https://key@errors.example/1",
        "https://user:***@host/",
        "http://localhost:80…",
        "http://localhost:8000/a and b@c.example",
        '{"url":"http://localhost:8000","mail":"bob@c.example"}',
        "session expired: password must be changed, token: none",
        "x == y; key=1",
    ],
)
def test_other_texts_stay(text: str) -> None:
    assert extra({"t": text})["t"] == text


def test_a_number_may_be_a_card() -> None:
    assert extra([4111111111111111, 4111111111111112]) == ["[Filtered]", 4111111111111112]


def test_source_lines_are_searched_for_values() -> None:
    frame = {
        "function": "f",
        "context_line": "url = 'amqp://bob:hunter2@mq'",
        "pre_context": ["password = 'x'"],
    }
    event = scrubbed({"stacktrace": {"frames": [frame]}, "message": "m"})
    assert event.data["stacktrace"]["frames"] == [
        {**frame, "context_line": "url = 'amqp://[Filtered]@mq'"}
    ]


def test_a_key_over_many_source_lines_is_hidden() -> None:
    lines = PEM.split("\n")
    frame = {
        "function": "f",
        "pre_context": ["KEY = '''", *lines[:2]],
        "context_line": lines[2],
        "post_context": [lines[3], "use(KEY)"],
    }
    event = scrubbed({"stacktrace": {"frames": [frame]}, "message": "m"})
    kept = event.data["stacktrace"]["frames"][0]
    assert kept["pre_context"] == ["KEY = '''", "[Filtered]", "[Filtered]"]
    assert (kept["context_line"], kept["post_context"]) == (
        "[Filtered]",
        ["[Filtered]", "use(KEY)"],
    )


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("user=bob&password=hunter2&x=1", "user=bob&password=[Filtered]&x=1"),
        ("GET /?api_key=k81&page=2 200", "GET /?api_key=[Filtered]&page=2 200"),
        ("user%5Bpassword%5D=a%20b", "user%5Bpassword%5D=[Filtered]"),
        ("{'password': 'hunter2', 'n': 1}", "{'password': '[Filtered]', 'n': 1}"),
        ("{'password': b'hun\\'ter2', 'n': 1}", "{'password': b'[Filtered]', 'n': 1}"),
        ('{"password" : "hunter2", "pin": 1}', '{"password" : "[Filtered]", "pin": 1}'),
        ('{"credentials": {"a": "}", "b": [1]}, "c": 2}', '{"credentials": [Filtered], "c": 2}'),
        ('"{\\"token\\": \\"x1\\", \\"b\\": 2}"', '"{\\"token\\": \\"[Filtered]\\", \\"b\\": 2}"'),
        ('{"token": 815, "b": 2}', '{"token": [Filtered], "b": 2}'),
        ('{"password": "cut off he…', '{"password": "[Filtered]'),
        ("User(name='b', password='x y')", "User(name='b', password='[Filtered]')"),
        ('{"secret"=>"x", :a=>1}', '{"secret"=>"[Filtered]", :a=>1}'),
        ("prompt_tokens=512 token=512", "prompt_tokens=512 token=[Filtered]"),
    ],
)
def test_names_and_values_within_a_text(text: str, left: str) -> None:
    assert extra({"t": text})["t"] == left


def test_a_form_in_parts() -> None:
    head = '--b\r\nContent-Disposition: form-data; name="password"\r\n\r\n'
    event = scrubbed({"request": {"url": "https://x/", "data": head + "hunter2\r\n--b--"}})
    assert event.data["request"]["data"] == head + "[Filtered]\r\n--b--"


def test_json_in_a_request_body_is_understood() -> None:
    body = '[["password", "hunter2"], {"name": "token", "value": "x"}, {"qty": 2}]'
    event = scrubbed({"request": {"url": "https://x/", "data": body}})
    kept = '[["password","[Filtered]"],{"name":"token","value":"[Filtered]"},{"qty":2}]'
    assert event.data["request"]["data"] == kept
    marks = event.data["_meta"]["request"]["data"][""]["rem"]
    assert [kept[start:end] for _, _, start, end in marks] == ["[Filtered]"] * 2


def test_titles_and_breadcrumbs_too() -> None:
    event = scrubbed(
        {
            "exception": [{"type": "E", "value": "mysql://root:hunter2@db refused"}],
            "breadcrumbs": [{"message": "GET /?token=hunter2"}],
            "transaction": "/reset?token=hunter2",
            "logger": "ssn-078-05-1120 078-05-1120",
            "fingerprint": ["a", "Bearer 0123456789abcdef"],
        }
    )
    assert event.data["exception"]["values"][0]["value"] == "mysql://[Filtered]@db refused"
    assert event.data["breadcrumbs"]["values"][0]["message"] == "GET /?token=[Filtered]"
    assert event.transaction == event.tags["transaction"] == "/reset?token=[Filtered]"
    assert event.logger == event.tags["logger"] == "ssn-078-05-1120 [Filtered]"
    assert event.fingerprint == ("a", "Bearer [Filtered]")
    assert "hunter2" not in str(event)
