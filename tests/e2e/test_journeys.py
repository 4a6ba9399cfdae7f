"""A developer's ways through the product in a browser: many at once, muting until something, a colleague, a phone.

Their neighbours: first error, keyboard, search and regression in test_browser.py, comments in test_triage.py, and
merging in test_merging.py.
"""

import re

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from issues.states import Status
from tests.browser import SCREENSHOTS, axe_violations, scrolls_sideways, watch
from tests.e2e.load import event
from tests.servers import Server, wait_for
from tests.wire import Dsn, new_event_id, send


def send_named(dsn: Dsn, name: str, user: int = 1) -> None:
    exception = {"values": [{"type": name, "value": "out of tea"}]}
    body = event(0) | {"exception": exception, "user": {"id": str(user)}}
    assert send(dsn, body, new_event_id()).status == 200


def statuses(server: Server, dsn: Dsn) -> list[int]:
    query = f"SELECT status FROM issues_issue WHERE project_id = {dsn.project_id} ORDER BY id"
    return [int(row[0]) for row in server.query(query)]


def issue_list(server: Server, dsn: Dsn) -> str:
    query = f"SELECT slug FROM projects_project WHERE id = {dsn.project_id}"
    return f"{server.url}/projects/{server.query(query)[0][0]}/issues/"


@pytest.fixture
def shop(server: Server) -> Dsn:
    """A project of its own with three issues."""
    dsn = server.create_project(f"Tea {new_event_id()[:6]}")
    for name in ("FirstError", "SecondError", "ThirdError"):
        send_named(dsn, name)
    wait_for(lambda: len(statuses(server, dsn)) == 3, "three issues")
    return dsn


def test_many_are_resolved_with_one_click_and_back_with_another(
    reader: Page, server: Server, shop: Dsn
) -> None:
    reader.goto(issue_list(server, shop))
    reader.get_by_label("Select all issues on this page").check()
    bulk = reader.get_by_role("group", name="Selected issues")
    expect(bulk).to_contain_text("3 selected")
    bulk.get_by_role("button", name="Resolve", exact=True).click()
    expect(reader.get_by_text("Nothing unresolved")).to_be_visible()
    assert statuses(server, shop) == [Status.RESOLVED] * 3
    reader.get_by_role("button", name="Undo").click()
    expect(reader.locator(".issue")).to_have_count(3)
    assert statuses(server, shop) == [Status.UNRESOLVED] * 3


def test_many_are_deleted_after_being_asked_about(reader: Page, server: Server, shop: Dsn) -> None:
    reader.goto(f"{issue_list(server, shop)}?query=!error.type:SecondError")
    reader.get_by_label("Select all issues on this page").check()
    bulk = reader.get_by_role("group", name="Selected issues")
    bulk.get_by_label("More").click()
    assert axe_violations(reader) == []
    bulk.get_by_role("button", name="Delete …", exact=True).click()
    expect(reader.locator("h1")).to_have_text("Delete 2 issues?")
    assert axe_violations(reader) == []
    reader.get_by_role("button", name="Delete", exact=True).click()
    expect(reader.get_by_role("status").filter(has_text="Deleted")).to_be_visible()
    assert len(statuses(server, shop)) == 1


def test_what_is_muted_until_more_users_meet_it_comes_back_with_the_last_of_them(
    reader: Page, server: Server, shop: Dsn
) -> None:
    reader.goto(issue_list(server, shop))
    reader.get_by_role("link", name=re.compile("SecondError")).click()
    expect(reader.locator("h1")).to_contain_text("SecondError")
    reader.keyboard.press("m")
    users = reader.get_by_label("Until so many more users met it")
    users.fill("3")
    reader.get_by_label("or so many within minutes").first.fill("30")
    reader.locator("button[value=userwindow]").click()
    expect(reader.locator("h1")).to_contain_text("Muted until 3 users within 30 minutes")
    for user in (7, 7, 8):
        send_named(shop, "SecondError", user)
    count = "SELECT event_count FROM issues_issue WHERE type = 'SecondError' AND project_id = "
    wait_for(lambda: server.query(f"{count}{shop.project_id}")[0][0] == 4, "three more events")
    assert statuses(server, shop)[1] == Status.MUTED
    send_named(shop, "SecondError", 9)
    wait_for(lambda: statuses(server, shop)[1] == Status.UNRESOLVED, "the end of the mute")
    reader.reload()
    expect(reader.locator("h1").get_by_text("Unresolved")).to_be_visible()
    expect(reader.locator("#activity")).to_contain_text("No longer muted")


@pytest.mark.once
def test_a_colleague_is_invited_joins_and_sees_the_project(
    reader: Page, browser: Browser, server: Server
) -> None:
    """By a link, without any mail."""
    dsn = server.create_project("Invited tea")
    send_named(dsn, "FirstError")
    wait_for(lambda: statuses(server, dsn), "the issue")
    reader.goto(f"{server.url}/settings/teams/")
    reader.locator("main table a").first.click()
    reader.get_by_label("E-mail").fill("colleague@example.com")
    reader.get_by_label("Role").last.select_option(label="Member")
    reader.get_by_role("button", name="Add or invite").click()
    link = reader.locator(".dsn code").inner_text()
    assert axe_violations(reader) == []
    with browser.new_context(viewport={"width": 360, "height": 740}) as context:
        page = context.new_page()
        trouble = watch(page)
        page.goto(link)
        assert not scrolls_sideways(page)
        assert axe_violations(page) == []
        page.get_by_label("Name").fill("Colleague")
        for field in page.locator("input[type=password]").all():
            field.fill("correct horse battery")
        page.get_by_role("button", name="Make the account and join").click()
        page.wait_for_url(lambda url: "/invitations/" not in url)
        page.goto(issue_list(server, dsn))
        page.get_by_role("link", name=re.compile("FirstError")).click()
        expect(page.get_by_role("button", name="Resolve", exact=True)).to_be_visible()
        assert trouble == []


@pytest.mark.once
def test_in_the_dark_on_a_phone(
    browser: Browser, cookies: StorageState, server: Server, shop: Dsn
) -> None:
    """From the list to the decision, with a thumb; nothing scrolls sideways, nothing is too faint."""
    with browser.new_context(
        viewport={"width": 360, "height": 740},
        color_scheme="dark",
        storage_state=cookies,
        has_touch=True,
        is_mobile=True,
    ) as context:
        page = context.new_page()
        trouble = watch(page)

        def fits() -> None:
            assert not scrolls_sideways(page), page.url
            assert axe_violations(page) == [], page.url

        page.goto(f"{server.url}/")
        fits()
        page.goto(issue_list(server, shop))
        page.locator(".issue input").first.check()
        fits()
        page.get_by_role("link", name=re.compile("ThirdError")).tap()
        expect(page.locator("h1")).to_contain_text("ThirdError")
        fits()
        page.locator("summary", has_text="Mute").tap()
        menu = page.locator("details.menu[open] .list").bounding_box()
        assert menu is not None
        assert menu["x"] >= 0
        assert menu["x"] + menu["width"] <= 360
        SCREENSHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SCREENSHOTS / "phone-mute.png")
        fits()
        page.get_by_role("button", name="1 day").tap()
        expect(page.locator("h1")).to_contain_text("Muted until")
        assert statuses(server, shop) == [Status.UNRESOLVED, Status.UNRESOLVED, Status.MUTED]
        assert trouble == []
