"""The pages around an issue in a real browser: related events, breadcrumbs, events, tags, releases, and the badge."""

import os
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.browser import SCREENSHOTS, axe_violations, scrolls_sideways, watch
from tests.servers import Server
from tests.wire import Dsn, new_event_id, send

TRACE = "6f1d0c4e9b7a43d2b41c22f09ae1771c"
PAGES = ("", "events/?column=browser&column=checkout_variant", "tags/", "tags/?key=user")


def frame(function: str, path: str, line: int, *, in_app: bool = True) -> dict[str, Any]:
    return {
        "function": function,
        "filename": path,
        "abs_path": f"/srv/app/{path}",
        "module": path.removesuffix(".py").replace("/", "."),
        "lineno": line,
        "in_app": in_app,
        "pre_context": ["def place_order(basket, customer):", "    total = price(basket)"],
        "context_line": "    order = Order.objects.create(basket=basket, total=total)",
        "post_context": ["    notify(order)", "    return order"],
        "vars": {"basket": "<Basket: 90417>", "total": "Decimal('84.20')"},
    }


def server_error(number: int) -> dict[str, Any]:
    crumbs = [
        {"category": "query", "level": "info", "message": "SELECT ... FROM basket WHERE id = %s"},
        {"category": "order", "level": "warning", "message": "placing order for basket 90417"},
        {"type": "http", "category": "http", "level": "error",
         "data": {"method": "POST", "url": "https://payments.internal/v2/authorise", "status_code": 502}},
        *({"category": "log", "level": "debug", "message": f"step {n}"} for n in range(6)),
    ]  # fmt: skip
    return {
        "platform": "python",
        "level": "error",
        "release": f"api@4.18.{number // 4}+8f2c1a{number // 4}",
        "environment": "production" if number % 3 else "staging",
        "server_name": f"api-{number % 3}",
        "transaction": "POST /v1/orders",
        "user": {"id": str(5500 + number % 7), "email": f"user{number % 7}@mail.example"},
        "tags": {"checkout_variant": "ab"[number % 2], "browser": f"Firefox {140 + number % 5}"},
        "contexts": {"trace": {"trace_id": TRACE, "span_id": "b41c22f09ae1771c"}},
        "breadcrumbs": {"values": crumbs},
        "request": {
            "method": "POST",
            "url": "https://api.larkfield.example/v1/orders?source=web",
            "headers": {"Authorization": "Bearer x", "X-Request-Id": "req_01J9ZK3M7T"},
            "data": {"delivery_slot": "2026-11-25T18", "coupon": None},
        },
        "exception": {
            "values": [
                {
                    "type": "IntegrityError",
                    "value": 'duplicate key value violates unique constraint "orders_basket_id_key"',
                    "stacktrace": {
                        "frames": [
                            frame("dispatch", "rest_framework/views.py", 506, in_app=False),
                            frame("post", "shop/orders/views.py", 61),
                            frame("place_order", "shop/orders/service.py", 184),
                        ]
                    },
                }
            ]
        },
    }


def browser_error() -> dict[str, Any]:
    stack = {"filename": "src/checkout.ts", "function": "pay", "lineno": 88, "in_app": True}
    raw = {"filename": "main.4f1c.min.js", "function": "n", "lineno": 1, "colno": 48213}
    return {
        "platform": "javascript",
        "release": "web@9.2.0",
        "contexts": {"trace": {"trace_id": TRACE, "span_id": "0f9ae1771cb41c22"}},
        "exception": {
            "values": [
                {
                    "type": "TypeError",
                    "value": "Cannot read properties of undefined (reading 'amount')",
                    "stacktrace": {"frames": [stack]},
                    "raw_stacktrace": {"frames": [raw]},
                }
            ]
        },
    }


@pytest.fixture(scope="module")
def api(server: Server) -> Dsn:
    """A server and a browser that met the same errors."""
    dsn, web = server.create_project("Larkfield API"), server.create_project("Larkfield web")
    for number in range(12):
        assert send(dsn, server_error(number), new_event_id()).status == 200
    assert send(web, browser_error(), new_event_id()).status == 200
    server.wait_for_events(13)
    return dsn


def issue_of(server: Server, kind: str) -> int:
    return int(server.query(f"SELECT id FROM issues_issue WHERE type = '{kind}'")[0][0])


def slug_of(server: Server, dsn: Dsn) -> str:
    return str(server.query(f"SELECT slug FROM projects_project WHERE id = {dsn.project_id}")[0][0])


@pytest.mark.usefixtures("api")
def test_a_browser_error_leads_to_the_server_error(reader: Page, server: Server) -> None:
    reader.goto(f"{server.url}/issues/{issue_of(server, 'TypeError')}/")
    related = reader.locator("#related")
    expect(related).to_contain_text("same trace")
    related.get_by_role("link", name="IntegrityError").click()
    expect(reader.locator("h1")).to_contain_text("IntegrityError")


@pytest.mark.usefixtures("api")
def test_breadcrumbs_are_filtered(reader: Page, server: Server) -> None:
    reader.goto(f"{server.url}/issues/{issue_of(server, 'IntegrityError')}/")
    crumbs = reader.locator("#trail li[data-level]:visible")
    expect(crumbs).to_have_count(9)
    reader.get_by_label("Level").select_option("debug")
    expect(crumbs).to_have_count(6)
    reader.get_by_label("Search breadcrumbs").fill("STEP 4")
    expect(crumbs).to_have_count(1)
    reader.get_by_label("Search breadcrumbs").fill("nothing")
    expect(reader.get_by_text("No breadcrumb fits.")).to_be_visible()


@pytest.mark.once
@pytest.mark.usefixtures("api")
def test_the_raw_json_and_the_place_of_a_frame_are_copied(reader: Page, server: Server) -> None:
    reader.context.grant_permissions(["clipboard-read", "clipboard-write"])
    reader.goto(f"{server.url}/issues/{issue_of(server, 'IntegrityError')}/")
    for button, words in (
        (reader.locator("#raw").get_by_role("button", name="Copy"), "orders_basket_id_key"),
        (reader.locator(".source button").first, "shop/orders/service.py:184"),
        (reader.get_by_role("button", name="Copy as Markdown"), "Local variables there:"),
    ):
        button.click()
        expect(reader.get_by_text("Copied")).to_be_attached()
        assert words in reader.evaluate("navigator.clipboard.readText()")
        expect(reader.get_by_text("Copied")).not_to_be_attached()


def test_the_badge_tells_of_new_events_and_moves_nothing(
    reader: Page, server: Server, api: Dsn
) -> None:
    reader.clock.install()
    url = f"{server.url}/issues/{issue_of(server, 'IntegrityError')}/"
    reader.goto(url)
    before = reader.locator("#stack").bounding_box()
    badge = reader.locator(".live a")
    expect(badge).to_be_hidden()
    assert send(api, server_error(1), new_event_id()).status == 200
    count = "SELECT event_count FROM issues_issue WHERE type = 'IntegrityError'"
    known = int(reader.locator(".eventbar b").inner_text() == "Newest") + 11
    while int(server.query(count)[0][0]) <= known:
        reader.wait_for_timeout(100)
    reader.clock.fast_forward(4_000)
    expect(badge).to_have_text("1 new event · show")
    assert reader.locator("#stack").bounding_box() == before
    badge.click()
    expect(badge).to_be_hidden()


@pytest.mark.once
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_accessible_and_fit(
    browser: Browser, cookies: StorageState, server: Server, api: Dsn, scheme: str
) -> None:
    slug = slug_of(server, api)
    release = server.query(
        f"SELECT id FROM projects_release WHERE project_id = {api.project_id} ORDER BY id"
    )[0][0]
    issue = issue_of(server, "IntegrityError")
    addresses = [f"issues/{issue}/{page}" for page in PAGES]
    addresses += [
        f"projects/{slug}/releases/",
        f"projects/{slug}/releases/{release}/",
        f"projects/{slug}/settings/repository/",
    ]
    for width in (1280, 360):
        with browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme="dark" if scheme == "dark" else "light",
            storage_state=cookies,
        ) as context:
            page = context.new_page()
            trouble = watch(page)
            for number, address in enumerate(addresses):
                page.goto(f"{server.url}/{address}")
                if os.environ.get("SHOTS"):
                    SCREENSHOTS.mkdir(exist_ok=True)
                    page.screenshot(
                        path=SCREENSHOTS / f"{number}-{width}-{scheme}.png", full_page=True
                    )
                assert not scrolls_sideways(page), address
                assert axe_violations(page) == [], address
            assert trouble == []
