"""Chromium, driven by Playwright, and what must never happen in it. Fixtures `browser` and `page`."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, StorageState, sync_playwright

from tests.servers import Server
from tests.system import NODE_DIR, program

SCREENSHOTS = Path(__file__).parent.parent / "screenshots"

_failed = pytest.StashKey[bool]()


# One browser per module, not per session: while Playwright runs, its event loop is this thread's, and Django's
# database layer refuses to work in the tests of other modules.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = program("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        # Chromium's own sandbox refuses to start as root and in containers.
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page in a fresh profile. Errors in the console, CSP violations among them, fail the test."""
    yield from _page(browser, request)


@pytest.fixture(scope="module")
def cookies(browser: Browser, server: Server) -> StorageState:
    """What a browser holds after somebody has logged in through the form."""
    with browser.new_context() as context:
        log_in(context.new_page(), server)
        return context.storage_state()


@pytest.fixture
def reader(
    browser: Browser, cookies: StorageState, request: pytest.FixtureRequest
) -> Iterator[Page]:
    """A page in the profile of the administrator, who is logged in."""
    yield from _page(browser, request, cookies)


def _page(
    browser: Browser, request: pytest.FixtureRequest, cookies: StorageState | None = None
) -> Iterator[Page]:
    with browser.new_context(
        viewport={"width": 1280, "height": 800}, color_scheme="light", storage_state=cookies
    ) as context:
        context.set_default_timeout(15_000)
        page = context.new_page()
        trouble = watch(page)
        yield page
        if request.node.stash.get(_failed, False):
            SCREENSHOTS.mkdir(exist_ok=True)
            name = re.sub(r"[^\w-]+", "-", request.node.name)
            page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
    assert trouble == []


def watch(page: Page) -> list[str]:
    """A list that fills with what a reader's console would show in red."""
    trouble: list[str] = []

    def console(message: ConsoleMessage) -> None:
        if message.type == "error":
            trouble.append(f"{page.url}: console: {message.text}")

    page.on("console", console)
    page.on("pageerror", lambda error: trouble.append(f"{page.url}: script: {error}"))
    return trouble


def log_in(page: Page, server: Server) -> None:
    """Through the login form, as the administrator of the first start."""
    email, password = server.login
    page.goto(f"{server.url}/accounts/login/")
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(password)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(lambda url: "/accounts/login" not in url)


def axe_violations(page: Page) -> list[str]:
    """What axe-core finds wrong with the page, one line each; WCAG 2.2 AA and best practices."""
    axe = NODE_DIR / "node_modules" / "axe-core" / "axe.min.js"
    if not axe.exists():
        pytest.skip("axe-core is not installed; `make test` installs it")
    # Evaluated by the debugger, which the page's Content-Security-Policy does not bind.
    page.evaluate(axe.read_text())
    result: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{found['id']} ({found['impact']}): {found['help']}: "
        + json.dumps([node["target"] for node in found["nodes"][:3]])
        for found in result["violations"]
    ]


def scrolls_sideways(page: Page) -> bool:
    return bool(
        page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    report = yield
    if report.when == "call":
        item.stash[_failed] = report.failed
    return report
