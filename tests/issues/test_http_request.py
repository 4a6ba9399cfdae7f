from typing import Any

import pytest

from issues.http_request import request_rows

REQUEST = {
    "url": "https://api.example.com/v1/orders",
    "method": "post",
    "query_string": [["source", "web"], ["token", "abc"]],
    "headers": [
        ["Content-Type", "application/json"],
        ["Authorization", "Bearer 123"],
        ["Content-Length", "9"],
    ],
    "cookies": [["session", "abc"]],
    "data": {"slot": "6 o'clock", "password": "hunter2", "lines": [{"api_key": "x"}]},
}


def test_a_request_is_told_in_rows() -> None:
    rows = request_rows({"request": REQUEST})
    assert (rows.method, rows.url, rows.is_link) == ("POST", REQUEST["url"], True)
    assert rows.query == (("source", "web"), ("token", "abc"))
    assert rows.cookies == (("session", "abc"),)
    assert rows.body


def test_curl_repeats_it_without_the_secrets() -> None:
    assert request_rows({"request": REQUEST}).curl == (
        "curl -X POST 'https://api.example.com/v1/orders?source=web&token=[Filtered]' \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        "  -H 'Authorization: [Filtered]' \\\n"
        """  --data-raw '{"slot":"6 o'"'"'clock","password":"[Filtered]","lines":[{"api_key":"[Filtered]"}]}'"""
    )


def test_curl_cannot_be_talked_into_another_command() -> None:
    request = {"url": "https://a/'; rm -rf ~ #", "headers": [["X-A", "$(id)`id`"]]}
    curl = request_rows({"request": request}).curl
    assert "'\"'\"'" in curl
    assert "-H 'X-A: $(id)`id`'" in curl


def test_a_password_in_the_address_stays_behind() -> None:
    assert "secret" not in request_rows({"request": {"url": "https://me:secret@a/b"}}).curl


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "", "http://[broken"])
def test_only_web_addresses_are_links(url: str) -> None:
    rows = request_rows({"request": {"url": url}})
    assert rows.is_link is url.startswith("http")


@pytest.mark.parametrize(
    "odd", [None, 5, "x", [], {}, [1], [[1]], [["a", []]], {"a": {"b": []}}, [None, None]]
)
def test_any_type_anywhere_is_survived(odd: Any) -> None:
    keys = ("url", "method", "query_string", "headers", "cookies", "data", "env")
    assert isinstance(request_rows({"request": odd}).curl, str)
    for url in ("", "https://example.com"):
        assert isinstance(
            request_rows({"request": dict.fromkeys(keys, odd) | {"url": url}}).curl, str
        )
