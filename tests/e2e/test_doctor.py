"""SDK doctor in a real browser: sending a test event, replaying, reading it on a phone."""

import re

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.browser import axe_violations, scrolls_sideways
from tests.e2e.load import event
from tests.servers import Server, wait_for
from tests.wire import Dsn, new_event_id, request, send


@pytest.fixture(scope="module")
def patient(server: Server) -> Dsn:
    """A project with an event, a refused body and a record in quarantine."""
    dsn = server.create_project("Patient")
    before = server.count("issues_event")
    assert send(dsn, event(0), new_event_id()).status == 200
    headers = {"X-Sentry-Auth": f"Sentry sentry_key={dsn.key}, sentry_client=demo/1.0"}
    path = f"/api/{dsn.project_id}/envelope/"
    assert request(dsn, "POST", path, b"hello", headers).status == 400
    assert request(dsn, "POST", path, b'{}\n{"type":"event"}\n{oops\n', headers).status == 200
    server.wait_for_events(before + 1)
    # Refusals are written down by a thread, a second later.
    refused = f"SELECT 1 FROM ingest_refusal WHERE project_id = {dsn.project_id}"
    wait_for(lambda: server.query(refused), "the refusal to be written down")
    server.wait_until_digested()
    return dsn


def open_doctor(reader: Page, server: Server, dsn: Dsn) -> None:
    slug = server.query(f"SELECT slug FROM projects_project WHERE id = {dsn.project_id}")[0][0]
    reader.goto(f"{server.url}/projects/{slug}/sdk-doctor/")


def test_a_developer_sends_a_test_event_and_replays(
    reader: Page, server: Server, patient: Dsn
) -> None:
    before = server.count("issues_event")
    open_doctor(reader, server, patient)
    expect(reader.locator("h1")).to_contain_text("SDK doctor")
    expect(reader.get_by_text("The body could not be read.")).to_be_visible()
    reader.get_by_role("button", name="Send a test event").click()
    expect(reader.get_by_text("The test event is in the spool")).to_be_visible()
    server.wait_for_events(before + 1)
    reader.reload()
    expect(reader.get_by_role("rowheader", name="bugsink-lite.test")).to_be_visible()
    reader.get_by_role("button", name=re.compile("Replay record")).first.click()
    expect(reader.get_by_text("1 record is tried again.")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_the_page_is_for_everybody(
    browser: Browser, cookies: StorageState, server: Server, patient: Dsn, width: int, theme: str
) -> None:
    with browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if theme == "dark" else "light",
        storage_state=cookies,
    ) as context:
        page = context.new_page()
        open_doctor(page, server, patient)
        assert axe_violations(page) == []
        assert not scrolls_sideways(page)
