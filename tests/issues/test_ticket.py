"""An issue as Markdown."""

from datetime import UTC, datetime
from typing import Any

from issues.frames import View, as_text, event_stack, exceptions
from issues.ticket import ticket
from issues.trail import trail
from tests.factories import error

AT = datetime(2026, 5, 1, 10, 0, 10, tzinfo=UTC)


def written(data: dict[str, Any], title: str = "KeyError: 'id'", **facts: str) -> str:
    found, loose = exceptions(data, View()), event_stack(data, View())
    return ticket(
        short_id="SHOP-1",
        title=title,
        url="https://bugs.example/issues/1/",
        facts=list(facts.items()),
        stack_text=as_text(found, loose),
        exceptions=found,
        loose=loose,
        trail=trail(data, AT),
        data=data,
    )


def test_it_holds_what_somebody_needs_who_has_only_this() -> None:
    crumb = {"category": "query", "message": "SELECT 1", "timestamp": "2026-05-01T10:00:09+00:00"}
    request = {"method": "POST", "url": "https://shop.example/pay?token=secret"}
    text = written(
        error(breadcrumbs={"values": [crumb]}, request=request),
        Level="error",
        release="shop@1.0",
    )
    for words in (
        "**SHOP-1** KeyError: 'id'\nhttps://bugs.example/issues/1/\n",
        "- Level: error\n- release: shop@1.0",
        "```\nKeyError: 'id'\n  shop/cart.py:17 in total",
        "Code at shop/cart.py:17:",
        ">    17     return sum(",
        "     15 def total(cart):",
        "cart = [",
        "−1.00 s query SELECT 1",
        "POST https://shop.example/pay\n",
    ):
        assert words in text
    assert "secret" not in text


def test_nothing_leaves_its_fence_and_nothing_becomes_markup() -> None:
    text = written(error("E", "````\n# not a heading"), title="<b>*x* [y](javascript:z)")
    assert "`````\nE: ````\n# not a heading" in text
    assert r"\<b\>\*x\* \[y\](javascript:z)" in text


def test_of_an_event_without_anything_the_title_remains() -> None:
    assert "```\nKeyError: 'id'\n```" in written({})
