"""A developer's way through the pages, in a real browser: by mouse, by keyboard, in the dark, on a phone."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from issues.states import Status
from tests.browser import axe_violations, log_in, scrolls_sideways, watch
from tests.e2e.load import event
from tests.servers import Server, wait_for
from tests.wire import Dsn, envelope, new_event_id, request, send


@pytest.fixture(scope="module")
def shop(server: Server) -> Dsn:
    """A project with three issues, the first of them with three events."""
    dsn = server.create_project("Shop")
    for number in (0, 1, 2, 0, 0):
        assert send(dsn, event(number), new_event_id()).status == 200
    server.wait_for_events(5)
    return dsn


def send_named(dsn: Dsn, name: str) -> None:
    """An event that makes an issue of its own, by the name of its exception."""
    exception = {"values": [{"type": name, "value": "out of tea"}]}
    assert send(dsn, event(0) | {"exception": exception}, new_event_id()).status == 200


@pytest.fixture
def issue(server: Server, shop: Dsn) -> int:
    """A fresh unresolved issue of the shop, so that no test depends on what another did."""
    name = f"Fresh{new_event_id()[:8]}"
    send_named(shop, name)
    statement = f"SELECT id FROM issues_issue WHERE type = '{name}'"
    return int(wait_for(lambda: server.query(statement), "the issue")[0][0])


def project_url(server: Server, dsn: Dsn) -> str:
    slug = server.query(f"SELECT slug FROM projects_project WHERE id = {dsn.project_id}")[0][0]
    return f"{server.url}/projects/{slug}/issues/"


def status(server: Server, issue: int) -> int:
    return int(server.query(f"SELECT status FROM issues_issue WHERE id = {issue}")[0][0])


def expect_status(reader: Page, server: Server, issue: int, wanted: Status) -> None:
    wait_for(lambda: status(server, issue) == wanted, f"issue {issue} to be {wanted.name}")
    expect(reader.locator("h1").get_by_text(wanted.name.capitalize(), exact=True)).to_be_visible()


def test_an_issue_is_resolved_and_reopened(reader: Page, server: Server, issue: int) -> None:
    reader.goto(f"{server.url}/issues/{issue}/")
    expect_status(reader, server, issue, Status.UNRESOLVED)
    reader.get_by_role("button", name="Resolve", exact=True).click()
    expect_status(reader, server, issue, Status.RESOLVED)
    reader.get_by_role("button", name="Reopen", exact=True).click()
    expect_status(reader, server, issue, Status.UNRESOLVED)


def test_a_resolved_issue_regresses_on_a_new_event(
    reader: Page, server: Server, shop: Dsn, issue: int
) -> None:
    title = server.query(f"SELECT type FROM issues_issue WHERE id = {issue}")[0][0]
    reader.goto(f"{server.url}/issues/{issue}/")
    reader.get_by_role("button", name="Resolve", exact=True).click()
    expect_status(reader, server, issue, Status.RESOLVED)
    send_named(shop, title)
    wait_for(lambda: status(server, issue) == Status.UNRESOLVED, "the regression")
    reader.reload()
    expect(reader.locator("h1").get_by_text("Regressed")).to_be_visible()


def test_reading_and_resolving_work_without_javascript(
    browser: Browser, server: Server, issue: int
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    log_in(page, server)
    page.goto(f"{server.url}/issues/{issue}/")
    page.get_by_role("button", name="Resolve", exact=True).click()
    expect_status(page, server, issue, Status.RESOLVED)
    context.close()


@pytest.mark.once
def test_the_keyboard_is_enough(reader: Page, server: Server, issue: int) -> None:
    """From home to the newest issue, which is resolved, and back; without the mouse."""
    keys = reader.keyboard
    reader.goto(f"{server.url}/")
    keys.press("g")
    keys.press("i")
    reader.wait_for_url("**/issues/**")
    keys.press("/")
    expect(reader.get_by_role("combobox", name="Search issues")).to_be_focused()
    keys.press("Escape")
    keys.press("j")
    keys.press("Enter")
    reader.wait_for_url(f"**/issues/{issue}/**")
    keys.press("e")
    expect_status(reader, server, issue, Status.RESOLVED)
    keys.press("?")
    expect(reader.locator("#keys")).to_be_visible()
    keys.press("Escape")
    expect(reader.locator("#keys")).to_be_hidden()


@pytest.mark.once
def test_a_search_is_put_together_from_what_is_offered(
    reader: Page, server: Server, shop: Dsn, issue: int
) -> None:
    """With the keyboard, as screen readers follow it: a key, its value, and the search."""
    name = server.query(f"SELECT type FROM issues_issue WHERE id = {issue}")[0][0]
    reader.goto(project_url(server, shop))
    keys, box = reader.keyboard, reader.get_by_role("combobox", name="Search issues")
    keys.press("/")
    keys.type("lev")
    first = reader.get_by_role("option").first
    expect(first).to_contain_text("level:")
    expect(box).to_have_attribute("aria-expanded", "true")
    keys.press("ArrowDown")
    expect(first).to_have_attribute("aria-selected", "true")
    assert box.get_attribute("aria-activedescendant") == first.get_attribute("id")
    assert axe_violations(reader) == []
    keys.press("Enter")
    expect(box).to_have_value("level:")
    expect(reader.get_by_role("option", name="level:error")).to_be_visible()
    keys.type("err")
    expect(reader.get_by_role("option")).to_have_count(1)
    keys.press("ArrowDown")
    keys.press("Tab")
    expect(box).to_have_value("level:error ")
    keys.type(f"error.type:{name}")
    keys.press("Enter")
    reader.wait_for_url("**query=level**")
    expect(reader.locator(".issue")).to_have_count(1)


@pytest.mark.once
def test_an_issue_is_resolved_in_the_list_and_undone(
    reader: Page, server: Server, shop: Dsn, issue: int
) -> None:
    name = server.query(f"SELECT type FROM issues_issue WHERE id = {issue}")[0][0]
    reader.goto(f"{project_url(server, shop)}?query=error.type:{name}")
    for key in ("j", "x", "e"):
        reader.keyboard.press(key)
    expect(reader.get_by_role("status").filter(has_text="Resolved")).to_be_visible()
    assert status(server, issue) == Status.RESOLVED
    reader.keyboard.press("z")
    expect(reader.get_by_role("status").filter(has_text="Undone")).to_be_visible()
    assert status(server, issue) == Status.UNRESOLVED


def brightness(page: Page) -> float:
    """Of the page's ground: 0 is black, 1 is white."""
    colour = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    red, green, blue = (float(part) for part in re.findall(r"[\d.]+", colour)[:3])
    largest = 1.0 if colour.startswith(("color(", "oklch(", "oklab(")) else 255.0
    return (red + green + blue) / 3 / largest


@pytest.mark.once
@pytest.mark.usefixtures("shop")
def test_the_theme_follows_the_system_until_the_user_decides(reader: Page, server: Server) -> None:
    reader.goto(f"{server.url}/")
    assert brightness(reader) > 0.8
    reader.emulate_media(color_scheme="dark")
    assert brightness(reader) < 0.3
    reader.locator(".topbar details.menu summary").click()
    reader.get_by_role("button", name="Light", exact=True).click()
    expect(reader.locator("html[data-theme=light]")).to_be_attached()
    reader.goto(f"{server.url}/issues/")
    assert brightness(reader) > 0.8
    reader.locator(".topbar details.menu summary").click()
    reader.get_by_role("button", name="As the system").click()
    expect(reader.locator("html[data-theme]")).not_to_be_attached()


def test_an_empty_project_shows_its_dsn_and_turns_into_the_issue_list(
    reader: Page, server: Server, dsn: Dsn
) -> None:
    reader.goto(project_url(server, dsn))
    expect(reader.locator("main").get_by_text(dsn.text).first).to_be_visible()
    expect(reader.get_by_text("Waiting for the first event")).to_be_visible()
    send_named(dsn, "FirstOfAll")
    expect(reader.get_by_role("link", name=re.compile("FirstOfAll"))).to_be_visible(timeout=30_000)


def test_a_project_says_which_requests_were_refused_and_why(
    reader: Page, server: Server, shop: Dsn, dsn: Dsn
) -> None:
    body = envelope(event(0), new_event_id())
    assert request(dsn, "POST", dsn.envelope_path, body, shop.auth).status == 403
    assert request(dsn, "POST", dsn.envelope_path, b"hello\n", dsn.auth).status == 400
    wait_for(
        lambda: server.count(f"ingest_refusal WHERE project_id = {dsn.project_id}") == 2, "both"
    )
    reader.goto(project_url(server, dsn))
    expect(reader.locator("main").get_by_text("403").first).to_be_visible()
    expect(reader.locator("main").get_by_text("400").first).to_be_visible()


PAGES = {
    "home": "/",
    "all issues": "/issues/",
    "issues": "/projects/shop/issues/",
    "resolved issues, none": "/projects/shop/issues/?tab=resolved",
    "a search with a mistake": "/issues/?query=timesSeen:many+boom",
    "a time": "/issues/?from=2026-01-01&to=2026-02-01&release=latest&sort=trend",
    "saved searches": "/issues/saved/?project=shop",
    "setup": "/projects/shop/setup/",
    "feedback": "/projects/shop/feedback/",
    "settings": "/projects/shop/settings/",
    "privacy": "/projects/shop/settings/privacy/",
    "limits": "/projects/shop/settings/limits/",
    "grouping": "/projects/shop/settings/grouping/",
    "keys": "/projects/shop/settings/keys/",
    "account": "/account/",
}


def check_page(page: Page) -> None:
    """In both themes nothing that axe-core minds; at the width of a phone nothing that scrolls sideways."""
    assert axe_violations(page) == []
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 360, "height": 740})
    assert not scrolls_sideways(page)
    assert axe_violations(page) == []


@pytest.mark.once
def test_the_login_page_is_accessible(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/accounts/login/")
    check_page(page)


@pytest.mark.once
@pytest.mark.parametrize("name", PAGES)
@pytest.mark.usefixtures("shop")
def test_pages_are_accessible_and_fit_a_phone(name: str, reader: Page, server: Server) -> None:
    answer = reader.goto(server.url + PAGES[name])
    assert answer is not None
    assert answer.status == 200
    check_page(reader)


@pytest.mark.once
def test_the_issue_page_is_accessible_and_fits_a_phone(
    reader: Page, server: Server, issue: int
) -> None:
    reader.goto(f"{server.url}/issues/{issue}/")
    check_page(reader)


@pytest.mark.once
def test_signing_out_ends_the_session(page: Page, server: Server) -> None:
    log_in(page, server)
    page.locator(".topbar details.menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{server.url}/issues/")
    expect(page.locator("input[name=password]")).to_be_visible()


@pytest.mark.once
def test_a_wrong_password_says_so_and_keeps_the_address(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/accounts/login/")
    page.locator("input[name=login]").fill("ada@example.com")
    page.locator("input[name=password]").fill("not this one")
    page.locator("input[name=password]").press("Enter")
    expect(page.locator("main")).to_contain_text("not correct")
    expect(page.locator("input[name=login]")).to_have_value("ada@example.com")


@pytest.mark.once
def test_what_the_policy_forbids_would_not_go_unnoticed(browser: Browser, server: Server) -> None:
    """The other tests trust in this: a violation of the Content-Security-Policy is seen by watch()."""
    with browser.new_context() as context:
        page = context.new_page()
        trouble = watch(page)
        page.goto(f"{server.url}/accounts/login/")
        assert trouble == []
        page.evaluate("document.body.setAttribute('style', 'color: red')")
        page.wait_for_timeout(100)
    assert any("Content Security Policy" in line for line in trouble)
