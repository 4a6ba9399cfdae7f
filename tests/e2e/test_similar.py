"""Two issues that are probably the same, and a failure of grouping, as people see them."""

from functools import partial

import pytest
from playwright.sync_api import Page, expect

from tests.browser import SCREENSHOTS, axe_violations, scrolls_sideways
from tests.servers import Server, wait_for
from tests.wire import new_event_id, send


def frozen(name: str, release: str, line: int) -> dict[str, object]:
    frame = {"module": "bank.Account", "function": "debit", "lineno": line, "in_app": True}
    exception = {
        "type": "AccountFrozenException",
        "value": f"Account of {name} is frozen",
        "stacktrace": {"frames": [frame]},
    }
    return {"platform": "java", "release": release, "exception": {"values": [exception]}}


@pytest.mark.once
def test_suggested_told_apart_and_merged(reader: Page, server: Server) -> None:
    dsn = server.create_project(f"Bank {new_event_id()[:6]}")
    project = f"project_id = {dsn.project_id}"

    def count(table: str) -> int:
        return int(server.query(f"SELECT count(*) FROM {table} WHERE {project}")[0][0])

    def has_events(number: int) -> bool:
        return count("issues_event") == number

    for number, (name, release, line) in enumerate(
        [("Jane Roe", "1", 5), ("John Doe", "1", 6), ("Jane Roe", "2", 7), ("John Doe", "2", 7)]
    ):
        assert send(dsn, frozen(name, release, line), new_event_id()).status == 200
        wait_for(partial(has_events, number + 1), "the event")
    first, second = (
        row[0] for row in server.query(f"SELECT id FROM issues_issue WHERE {project} ORDER BY id")
    )
    reader.goto(f"{server.url}/issues/{second}/")
    similar = reader.locator("#similar")
    expect(
        similar.get_by_text("one statement has raised events of both in release 2")
    ).to_be_visible()
    for scheme in ("light", "dark"):
        for width in (1280, 360):
            reader.emulate_media(color_scheme=scheme)
            reader.set_viewport_size({"width": width, "height": 800})
            assert not scrolls_sideways(reader)
            assert axe_violations(reader) == []
            reader.screenshot(path=SCREENSHOTS / f"similar-{scheme}-{width}.png", full_page=True)
    reader.set_viewport_size({"width": 1280, "height": 800})
    similar.get_by_role("button", name="Merge with").click()
    reader.wait_for_url(f"**/issues/{first}/")
    expect(similar).to_have_count(0)
    reader.get_by_role("button", name="Undo").click()
    expect(reader.get_by_text("Undone.")).to_be_visible()
    reader.goto(f"{server.url}/issues/{first}/")
    similar.get_by_role("button", name="Not the same as").click()
    expect(reader.get_by_text("is not suggested here again")).to_be_visible()
    expect(similar).to_have_count(0)
