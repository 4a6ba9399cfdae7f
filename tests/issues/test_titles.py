from typing import Any

import pytest

from issues.grouping import group
from issues.titles import (
    MAX_TITLE,
    csp_title,
    culprit,
    exception_title,
    message_title,
    report_title,
)
from tests.issues.grouping.build import event, frame, js, log, py, raised


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("KeyError", "'id'", "KeyError: 'id'"),
        ("KeyError", "", "KeyError"),
        ("", "it broke", "it broke"),
        ("", "", "<no message>"),
        ("ValidationError", "2 errors\nname\n  missing", "ValidationError: 2 errors"),
        ("ValidationError", "\n  late", "ValidationError: late"),
        ("com.acme.Failed<Row>", "x", "com.acme.Failed: x"),
        ("App\\Base@anonymous\0/srv/a.php:3$0", "x", "App\\Base@anonymous: x"),
        ("<Strange>", "x", "<Strange>: x"),
    ],
)
def test_title_of_an_exception(kind: str, value: str, expected: str) -> None:
    assert exception_title(kind, value) == expected


def test_titles_are_cut() -> None:
    title = exception_title("E", "word " * 200, others=3)
    assert len(title) <= MAX_TITLE
    assert title.endswith("… (and 3 other errors)")


def test_a_native_crash_is_named_by_its_function() -> None:
    assert (
        exception_title("SIGSEGV", "at 0x1", function="a::b", synthetic=True) == "SIGSEGV in a::b"
    )
    assert exception_title("SIGSEGV", "at 0x1", synthetic=True) == "SIGSEGV: at 0x1"


def test_an_exception_without_words_is_named_by_its_function() -> None:
    assert group(event(raised(None, None, py("quote", "shop")))).title == "quote"


@pytest.mark.parametrize(
    ("directive", "target", "expected"),
    [
        ("img-src", "evil.example", "Blocked 'image' from 'evil.example'"),
        ("script-src", "inline", "Blocked inline 'script'"),
        ("script-src", "eval", "Blocked eval 'script'"),
        ("style-src", "self", "Blocked 'style' from 'self'"),
        ("img-src", "data", "Blocked 'image' from 'data:'"),
        ("prefetch-src", "a.example", "Blocked 'prefetch-src' from 'a.example'"),
    ],
)
def test_title_of_a_blocked_resource(directive: str, target: str, expected: str) -> None:
    assert csp_title(directive, target) == expected


def test_title_of_other_reports() -> None:
    assert report_title("expectct", "shop.example") == "Expect-CT failed for 'shop.example'"
    assert report_title("hpkp", "") == "Public key pinning failed"


def test_title_of_a_message_is_what_people_read() -> None:
    assert group(log("Sent %s", "Sent 7 letters\nto all")).title == "Sent 7 letters"
    assert message_title("\n") == "<no message>"


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({}, ""),
        ({"logger": "mail"}, "mail"),
        ({"logger": "mail", "request": {"url": "https://x.example/a/b?c"}}, "/a/b"),
        ({"transaction": "checkout", "request": {"url": "https://x.example/a"}}, "checkout"),
        ({"request": {"url": "https://[broken"}}, ""),
    ],
)
def test_culprit_without_a_place(attributes: dict[str, Any], expected: str) -> None:
    assert culprit("", attributes) == expected


def test_the_first_named_element_of_the_place_is_the_culprit() -> None:
    anonymous = js("<anonymous>", "https://x/shop/cart.js")
    named = js("loadCart", "https://x/shop/cart.js")
    assert (
        group(event(raised("E", "x", named), platform="javascript")).culprit
        == "loadCart in shop/cart"
    )
    both = event(raised("E", "x", named, anonymous), platform="javascript", transaction="t")
    assert group(both).culprit == "loadCart in shop/cart"
    assert group(event(raised("E", "x", frame(filename="a.c")), transaction="t")).culprit == "t"
