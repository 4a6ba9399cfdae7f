"""Deciding what becomes of an issue, in a real browser: menus, comments, links for others, deletion."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import axe_violations, scrolls_sideways
from tests.e2e.load import event
from tests.servers import Server, wait_for
from tests.wire import Dsn, new_event_id, send


@pytest.fixture
def shop(server: Server) -> Dsn:
    """A project of its own with one issue, seen in two releases."""
    dsn = server.create_project("Shop")
    for release in ("shop@1.9.0", "shop@1.10.0"):
        assert send(dsn, event(0) | {"release": release}, new_event_id()).status == 200
    wait_for(lambda: len(releases(server, dsn)) == 2, "two releases")
    return dsn


def releases(server: Server, dsn: Dsn) -> list[str]:
    query = f"SELECT version FROM projects_release WHERE project_id = {dsn.project_id}"
    return [row[0] for row in server.query(query)]


def issue_url(server: Server, dsn: Dsn) -> str:
    query = f"SELECT id FROM issues_issue WHERE project_id = {dsn.project_id}"
    return f"{server.url}/issues/{server.query(query)[0][0]}/"


def test_an_issue_is_resolved_in_a_release_and_comes_back_with_it(
    reader: Page, server: Server, shop: Dsn
) -> None:
    url = issue_url(server, shop)
    reader.goto(url)
    reader.get_by_label("Resolve in a release or commit").click()
    reader.get_by_role("button", name=re.compile("In the current release")).click()
    badge = reader.locator("h1").get_by_text("Resolved in shop@1.10.0")
    expect(badge).to_be_visible()
    reader.keyboard.press("z")
    expect(reader.locator("h1").get_by_text("Unresolved")).to_be_visible()
    reader.get_by_label("Resolve in a release or commit").click()
    reader.get_by_label("In the release", exact=True).fill("shop@1.10.0")
    reader.keyboard.press("Enter")
    expect(badge).to_be_visible()
    send(shop, event(0) | {"release": "shop@1.9.5"}, new_event_id())
    wait_for(lambda: "shop@1.9.5" in releases(server, shop), "an event of an old release")
    reader.goto(url)
    expect(badge).to_be_visible()
    send(shop, event(0) | {"release": "shop@1.10.1"}, new_event_id())
    wait_for(lambda: "shop@1.10.1" in releases(server, shop), "an event of a new release")
    reader.goto(url)
    expect(reader.locator("h1").get_by_text("Regressed")).to_be_visible()


def test_a_comment_is_written_edited_and_deleted(reader: Page, server: Server, shop: Dsn) -> None:
    reader.goto(issue_url(server, shop))
    reader.keyboard.press("c")
    reader.keyboard.type("It is **the cache**.")
    reader.get_by_role("button", name="Comment", exact=True).click()
    expect(reader.locator(".comment strong")).to_have_text("the cache")
    reader.locator(".edit summary").click()
    reader.locator(".edit textarea").fill("It is `not`.")
    reader.get_by_role("button", name="Save").click()
    expect(reader.locator(".comment code")).to_have_text("not")
    expect(reader.locator("#activity")).to_contain_text("edited")
    reader.locator(".edit summary").click()
    reader.locator(".edit").get_by_role("button", name="Delete").click()
    expect(reader.locator(".comment")).to_have_count(0)


def test_a_link_is_shared_with_somebody_without_an_account_and_the_issue_deleted(
    reader: Page, browser: Browser, server: Server, shop: Dsn
) -> None:
    reader.goto(issue_url(server, shop))
    more = reader.get_by_label("More", exact=True)
    more.click()
    reader.get_by_role("button", name="Share by a public link").click()
    link = reader.locator("aside").get_by_role("link", name="public link").get_attribute("href")
    with browser.new_context(viewport={"width": 360, "height": 800}) as context:
        guest = context.new_page()
        guest.goto(f"{server.url}{link}")
        expect(guest.locator("h1")).to_contain_text("ErrorA")
        expect(guest.locator(".locals")).to_have_count(0)
        assert not scrolls_sideways(guest)
        more.click()
        reader.get_by_role("button", name="Delete and discard what comes").click()
        expect(reader.locator("h1")).to_contain_text("and discard what comes?")
        reader.get_by_role("button", name="Delete and discard", exact=True).click()
        answer = guest.goto(f"{server.url}{link}")
        assert answer is not None
        assert answer.status == 404
    left = f"SELECT COUNT(*) FROM issues_event WHERE project_id = {shop.project_id}"
    wait_for(lambda: server.query(left)[0][0] == 0, "the events to go")
    slug = server.query(f"SELECT slug FROM projects_project WHERE id = {shop.project_id}")[0][0]
    reader.goto(f"{server.url}/projects/{slug}/discarded/")
    reader.get_by_role("button", name="Take back").click()
    expect(reader.get_by_text("Such events make issues again")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_menus_and_pages(
    reader: Page, server: Server, shop: Dsn, scheme: str
) -> None:
    reader.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    url = issue_url(server, shop)
    for label in ("Resolve in a release or commit", "More"):
        reader.goto(url)
        reader.get_by_label(label, exact=True).click()
        assert axe_violations(reader) == []
    reader.goto(url)
    reader.keyboard.press("m")
    assert axe_violations(reader) == []
    reader.goto(url)
    reader.get_by_label("More", exact=True).click()
    reader.get_by_role("button", name="Delete …", exact=True).click()
    assert axe_violations(reader) == []
