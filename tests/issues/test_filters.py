from typing import Any

import pytest

from issues.filters import Filters, is_health_check, reason_to_drop
from issues.payload import normalize
from tests.factories import NOW, error


def reason(raw: dict[str, Any], **options: Any) -> str | None:
    return reason_to_drop(normalize(raw, received_at=NOW), Filters(**options))


def page(
    url: str = "https://shop.example/", agent: str = "Mozilla/5.0 Firefox/145.0"
) -> dict[str, Any]:
    return {"message": "m", "request": {"url": url, "headers": {"user-agent": agent}}}


@pytest.mark.parametrize(
    ("pattern", "raw", "is_dropped"),
    [
        ("KeyError", error("KeyError", "'id'"), True),
        ("keyerror: *", error("KeyError", "'id'"), True),
        ("*'id'*", error("KeyError", "'id'"), True),
        ("Key", error("KeyError", "'id'"), False),
        ("Timeout*", error("KeyError", "Timeout"), True),
        ("disk ?ull", {"message": "Disk full"}, True),
        ("disk [ef]ull", {"message": "Disk full"}, True),
        ("*", {"message": "anything"}, True),
        ("*", {"extra": {"a": 1}}, False),
    ],
)
def test_errors_by_pattern(pattern: str, raw: dict[str, Any], is_dropped: bool) -> None:
    assert reason(raw, errors=("other", pattern)) == ("error" if is_dropped else None)


def test_only_the_end_of_a_chain_counts() -> None:
    chain = [{"type": "KeyError", "value": "a"}, {"type": "ShopError", "value": "b"}]
    raw = {"exception": {"values": chain}}
    assert reason(raw, errors=("KeyError",)) is None
    assert reason(raw, errors=("ShopError",)) == "error"


def test_releases_and_environments() -> None:
    raw = {"message": "m", "release": "shop@1.2.3", "environment": "dev-ann"}
    assert reason(raw, releases=("shop@1.*",)) == "release"
    assert reason(raw, environments=("dev-*",)) == "environment"
    assert reason(raw, releases=("shop@2.*",), environments=("prod",)) is None
    assert reason({"message": "m"}, releases=("*",)) is None


@pytest.mark.parametrize(
    ("url", "is_dropped"),
    [
        ("http://localhost:3000/x", True),
        ("http://127.0.0.1/", True),
        ("http://127.9.9.9/", True),
        ("http://[::1]:8000/", True),
        ("http://app.localhost/", True),
        ("file:///home/ann/index.html", True),
        ("https://localhost.example.com/", False),
        ("https://shop.example/localhost", False),
        ("http://[::1", False),
        ("/relative", False),
    ],
)
def test_localhost(url: str, is_dropped: bool) -> None:
    assert reason(page(url), localhost=True) == ("localhost" if is_dropped else None)


@pytest.mark.parametrize(
    ("agent", "is_dropped"),
    [
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", True),
        ("Mozilla/5.0 (compatible; bingbot/2.0)", True),
        ("AhrefsBot/7.0", True),
        ("Baiduspider+(+http://www.baidu.com/search/spider.htm)", True),
        ("facebookexternalhit/1.1", True),
        ("Mozilla/5.0 (X11) HeadlessChrome/120.0", True),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", False),
        ("Mozilla/5.0 (Linux; Android 9; CUBOT X19) Chrome/120", False),
        ("", False),
    ],
)
def test_web_crawlers(agent: str, is_dropped: bool) -> None:
    assert reason(page(agent=agent), crawlers=True) == ("crawler" if is_dropped else None)


def thrown(
    value: str = "x is not a function", path: str = "https://shop.example/app.js"
) -> dict[str, Any]:
    frames = [{"filename": path, "abs_path": path, "function": "f", "lineno": 1}]
    return error("TypeError", value) | {
        "platform": "javascript",
        "exception": {
            "values": [{"type": "TypeError", "value": value, "stacktrace": {"frames": frames}}]
        },
    }


@pytest.mark.parametrize(
    ("raw", "is_dropped"),
    [
        (thrown(path="chrome-extension://abcd/content.js"), True),
        (thrown(path="moz-extension://abcd/content.js"), True),
        (thrown(path="safari-web-extension://abcd/content.js"), True),
        (thrown("Can't find variable: _gCrWeb"), True),
        (thrown("Extension context invalidated."), True),
        (thrown(), False),
        (thrown() | {"platform": "python"}, False),
        (thrown("Extension context invalidated.") | {"platform": "python"}, False),
    ],
)
def test_browser_extensions(raw: dict[str, Any], is_dropped: bool) -> None:
    expected = "browser-extension" if is_dropped else None
    assert reason(raw, browser_extensions=True) == expected


@pytest.mark.parametrize(
    ("path", "is_check"),
    [
        ("/healthz", True),
        ("GET /health/", True),
        ("/api/v1/health-check", True),
        ("/readyz?verbose", True),
        ("/ping", True),
        ("/orders/status/17", False),
        ("/a/b/c/d/health", False),
        ("/", False),
        ("", False),
        ("/wealthy", False),
    ],
)
def test_health_checks(path: str, is_check: bool) -> None:
    assert is_health_check(path) is is_check
    raw = {"message": "m", "transaction": path}
    assert (reason(raw, health_checks=True) == "health-check") is is_check


def test_nothing_is_dropped_unasked() -> None:
    raw = thrown(path="chrome-extension://x") | page("http://localhost/healthz", "Googlebot")
    assert reason(raw) is None


def test_no_pattern_is_slow() -> None:
    pattern = "*a" * 60 + "b"
    assert reason({"message": "a" * 1000}, errors=(pattern,)) is None
