"""What is taken out before whoever has a link sees it."""

import pytest

from issues.public import hidden, public, public_tags


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("no mail for bob.smith+x@mail.example.com!", "no mail for [hidden]!"),
        ("shop@1.9.1 and 1.2.3", "shop@1.9.1 and 1.2.3"),
        ("from 203.0.113.9:443", "from [hidden]:443"),
        ("from 2001:db8:0:0:1:2:3:4", "from [hidden]"),
        ("GET /x?token=abc&user=7", "GET /x?[hidden]&[hidden]"),
        ("at 10:20:30", "at 10:20:30"),
        (None, ""),
    ],
)
def test_addresses_are_hidden(text: str | None, shown: str) -> None:
    assert hidden(text) == shown


def test_only_tags_of_sdks_are_public() -> None:
    tags = {"release": "shop@1.9.1", "customer": "Bob", "user": "id:7", "url": "https://x/"}
    assert public_tags({"tags": tags}) == [("release", "shop@1.9.1")]


@pytest.mark.parametrize(
    "odd", [None, 1, "x", [], {}, [None], [1, {"value": 7}], {"values": [{"stacktrace": []}]}]
)
def test_a_payload_may_hold_anything(odd: object) -> None:
    data = {"exception": odd, "stacktrace": odd, "tags": odd, "platform": odd}
    assert set(public(data)) == {"platform", "exception", "stacktrace"}
    assert public_tags(data) == []


def test_variables_and_full_paths_stay_inside() -> None:
    frame = {"function": "f", "vars": {"a": 1}, "abs_path": "/home/bob/x.py", "filename": "x.py"}
    values = [{"type": "E", "value": "v", "stacktrace": {"frames": [frame]}, "extra": 1}]
    found = public({"exception": {"values": values}, "user": {"id": 1}, "request": {}})
    assert found["exception"]["values"][0]["stacktrace"]["frames"] == [
        {"filename": "x.py", "function": "f"}
    ]
    assert "user" not in found
