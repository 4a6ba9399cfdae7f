import pytest


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"a b": "x", "ü": "y", " c ": "z"}, {"a-b": "x", "_": "y", "c": "z"}),
        ({"": "x", " ": "y"}, {}),
        ({"n": 1.0, "big": 2**60, "huge": 1e21}, {"n": "1.0", "big": str(2**60), "huge": "1e+21"}),
        ({"o": {"a": [1]}, "l": [True, None]}, {"o": '{"a":[1]}', "l": "[true,null]"}),
        ({"a": "  x \r\n y\u2028z "}, {"a": "x   y z"}),
        ({"a": "%{b}", "c": "%{d} e"}, {"c": "%{d} e"}),
        ([["a", "1"], ["a", "2"]], {"a": "2"}),
        ([{"key": "a", "value": "1"}, {"key": "b"}, {"no": 1}], {"a": "1"}),
        ([[1, 2], [None, 3]], {"1": "2"}),
    ],
)
def test_cleans_names_and_values(sent, kept, read) -> None:
    assert read({"tags": sent}).data.get("tags", {}) == kept


def test_the_request_id_stays_as_it_is(read) -> None:
    sent = "Req-81_A:b/c+D=" + "x" * 185
    assert read({"tags": {"api_request_id": sent}}).tags["api_request_id"] == sent


def test_keeps_200_tags_of_200_characters_and_the_request_id(read) -> None:
    tags = {f"tag{n}": "x" * 300 for n in range(300)} | {"api_request_id": "req-81"}
    event = read({"tags": tags})
    kept = event.data["tags"]
    assert len(kept) == 200
    assert kept["tag0"] == "x" * 199 + "…"
    assert kept["api_request_id"] == "req-81"
    assert event.data["_meta"]["tags"][""]["len"] == 301


def test_derives_tags(read) -> None:
    event = read(
        {
            "level": "warning",
            "logger": "django",
            "environment": "production",
            "release": "shop@1.2",
            "dist": "7",
            "server_name": "web-01",
            "transaction": "/pay",
            "request": {"url": "https://shop.example/pay?card=1#x"},
            "user": {"id": 7, "email": "a@example.com"},
            "exception": {"type": "E", "mechanism": {"type": "django", "handled": False}},
            "sdk": {"name": "sentry.python", "version": "2"},
            "contexts": {
                "trace": {"trace_id": "AAAAAAAA-bbbb-cccc-dddd-eeeeeeeeeeee"},
                "browser": {"name": "Firefox", "version": "140.0"},
                "client_os": {"type": "os", "name": "Linux"},
                "runtime": {"name": "CPython", "version": "3.12.1"},
                "device": {"family": "iPhone", "model": "iPhone15,2"},
            },
        }
    )
    assert event.tags == {
        "level": "warning",
        "logger": "django",
        "environment": "production",
        "release": "shop@1.2",
        "dist": "7",
        "server_name": "web-01",
        "transaction": "/pay",
        "url": "https://shop.example/pay",
        "user": "id:7",
        "browser": "Firefox 140.0",
        "browser.name": "Firefox",
        "os": "Linux",
        "os.name": "Linux",
        "runtime": "CPython 3.12.1",
        "runtime.name": "CPython",
        "device": "iPhone15,2",
        "device.family": "iPhone",
        "handled": "no",
        "mechanism": "django",
        "sdk.name": "sentry.python",
        "trace": "aaaaaaaabbbbccccddddeeeeeeeeeeee",
    }
    assert event.trace_id == event.tags["trace"]
    assert "tags" not in event.data


def test_a_tag_of_the_sender_wins_over_a_derived_one(read) -> None:
    event = read({"level": "error", "tags": {"level": "mine", "server_name": "web-01"}})
    assert event.tags["level"] == "mine"
    assert event.level == "error"
    assert event.server_name == "web-01"
