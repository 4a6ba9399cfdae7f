"""Merging and unmerging in a real browser, with the undo of both."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import SCREENSHOTS, axe_violations, scrolls_sideways
from tests.e2e.load import event
from tests.servers import Server, wait_for
from tests.wire import Dsn, new_event_id, send


def send_named(dsn: Dsn, name: str) -> None:
    exception = {"values": [{"type": name, "value": "out of tea"}]}
    assert send(dsn, event(0) | {"exception": exception}, new_event_id()).status == 200


@pytest.fixture
def pair(server: Server) -> tuple[int, int]:
    """Two issues of a fresh project, the first with one event, the second with two."""
    dsn = server.create_project(f"Tea {new_event_id()[:6]}")
    names = [f"{word}{new_event_id()[:8]}" for word in ("First", "Second")]
    for name in (names[0], names[1], names[1]):
        send_named(dsn, name)

    def find(name: str) -> int:
        statement = f"SELECT id FROM issues_issue WHERE type = '{name}'"
        return int(wait_for(lambda: server.query(statement), name)[0][0])

    found = find(names[0]), find(names[1])
    wait_for(lambda: counts(server, *found) == [1, 2], "all events")
    return found


def counts(server: Server, *issues: int) -> list[int]:
    """How many events each of the issues has that are still there."""
    pks = ", ".join(map(str, issues))
    rows = server.query(f"SELECT event_count FROM issues_issue WHERE id IN ({pks}) ORDER BY id")
    return [int(row[0]) for row in rows]


def short_id(reader: Page, server: Server, issue: int) -> str:
    reader.goto(f"{server.url}/issues/{issue}/")
    return reader.locator(".crumbs .mono").inner_text()


def test_issues_are_merged_in_the_list_and_taken_apart_on_the_page(
    reader: Page, server: Server, pair: tuple[int, int]
) -> None:
    first, second = pair
    name = short_id(reader, server, second)
    reader.goto(f"{server.url}/issues/")
    for issue in pair:
        reader.locator(f"#issue-{issue} input").check()
    bulk = reader.get_by_role("group", name="Selected issues")
    bulk.locator("summary", has_text="Merge").click()
    bulk.get_by_role("button", name="Into the oldest of them").click()
    expect(reader.get_by_text(f"Merged {name} into")).to_be_visible()
    assert counts(server, *pair) == [3]
    reader.get_by_role("button", name="Undo").click()
    expect(reader.get_by_text("Undone.")).to_be_visible()
    assert counts(server, *pair) == [1, 2]

    # Again, on the page, by what is pasted; the old address leads to the issue.
    reader.goto(f"{server.url}/issues/{first}/")
    reader.locator("summary", has_text="Merge").click()
    reader.get_by_label("Link or short ID").fill(f"{server.url}/issues/{second}/")
    reader.get_by_role("button", name="Merge it into this one").click()
    expect(reader.get_by_role("heading", name="Made of 2 groups")).to_be_visible()
    reader.goto(f"{server.url}/issues/{second}/")
    reader.wait_for_url(f"**/issues/{first}/")
    expect(reader.locator("#activity").get_by_text(re.compile("Merged in")).first).to_be_visible()

    assert axe_violations(reader) == []
    reader.emulate_media(color_scheme="dark")
    reader.set_viewport_size({"width": 360, "height": 740})
    assert not scrolls_sideways(reader)
    assert axe_violations(reader) == []

    panel = reader.locator("#groups")
    panel.get_by_role("checkbox").nth(1).check()
    panel.get_by_role("button", name="Take out what is ticked").click()
    reader.wait_for_url(f"**/issues/{second}/")
    expect(reader.get_by_text(f"this is {name}")).to_be_visible()
    assert counts(server, *pair) == [1, 2]
    reader.get_by_role("button", name="Undo").click()
    expect(reader.get_by_text("Undone.")).to_be_visible()
    assert counts(server, *pair) == [3]


@pytest.mark.once
def test_a_project_looks_at_its_events_again(
    reader: Page, server: Server, pair: tuple[int, int]
) -> None:
    """The work is done in the background, and the page follows it."""
    slug = server.query(
        f"SELECT slug FROM projects_project WHERE id = (SELECT project_id FROM issues_issue WHERE id = {pair[0]})"
    )[0][0]
    reader.goto(f"{server.url}/projects/{slug}/settings/grouping/changes/")
    assert axe_violations(reader) == []
    reader.get_by_role("button", name="Look").click()
    expect(reader.get_by_text("Nothing to move")).to_be_visible()
    assert axe_violations(reader) == []
    reader.emulate_media(color_scheme="dark")
    reader.set_viewport_size({"width": 360, "height": 740})
    assert not scrolls_sideways(reader)
    reader.get_by_role("link", name="Journal").click()
    expect(reader.get_by_role("cell", name="Looked through")).to_be_visible()


@pytest.mark.once
def test_rules_are_tried_saved_moved_and_undone(
    reader: Page, server: Server, pair: tuple[int, int]
) -> None:
    """Two issues become one by a rule, and two again; every page on the way is fit for all."""
    slug = server.query(
        f"SELECT slug FROM projects_project WHERE id = (SELECT project_id FROM issues_issue WHERE id = {pair[0]})"
    )[0][0]

    def fits(name: str) -> None:
        for scheme in ("light", "dark"):
            for width in (1280, 360):
                reader.emulate_media(color_scheme=scheme)
                reader.set_viewport_size({"width": width, "height": 800})
                assert not scrolls_sideways(reader), (name, scheme, width)
                assert axe_violations(reader) == [], (name, scheme, width)
                picture = f"workbench-{name}-{scheme}-{width}.png"
                reader.screenshot(path=SCREENSHOTS / picture, full_page=True)
        reader.set_viewport_size({"width": 1280, "height": 800})
        reader.emulate_media(color_scheme="light")

    reader.goto(f"{server.url}/projects/{slug}/settings/grouping/")
    rules = reader.get_by_label("Fingerprint rules")
    rules.fill("type:First* ->")
    reader.get_by_role("button", name="Dry run").click()
    expect(reader.get_by_text("Line 1, column")).to_be_visible()
    rules.fill('# tea is one thing\nvalue:"out of tea" -> tea')
    reader.get_by_label("over events of").select_option("7")
    fits("form")
    reader.get_by_role("button", name="Dry run").click()
    expect(reader.get_by_role("heading", name="Issues that become one")).to_be_visible()
    expect(reader.get_by_text('value:"out of tea" -> tea')).to_be_visible()
    fits("run")
    reader.get_by_role("button", name="Save these rules and move the events").click()
    undo = reader.get_by_role("button", name="Undo: the rules as before, the events back")
    # Moving ends when nothing is on its way that was prepared under the rules of before.
    expect(undo).to_be_visible(timeout=30_000)
    assert counts(server, *pair) == [3]
    expect(reader.get_by_role("heading", name="Issues that become one")).to_be_visible()
    fits("applied")
    undo.click()
    expect(reader.get_by_role("heading", name="Undone")).to_be_visible(timeout=30_000)
    assert counts(server, *pair) == [1, 2]
    reader.get_by_role("link", name="Journal").click()
    expect(reader.get_by_role("cell", name="Undone")).to_be_visible()
    fits("journal")
    reader.goto(f"{server.url}/projects/{slug}/settings/grouping/")
    expect(reader.get_by_label("Fingerprint rules")).to_have_value("")
