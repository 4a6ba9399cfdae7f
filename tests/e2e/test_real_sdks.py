"""The main job, end to end: what real SDKs report is what a developer reads in the browser."""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.servers import ROOT, Server
from tests.system import NODE_DIR, program
from tests.wire import Dsn


@dataclass(frozen=True, slots=True)
class Story:
    """What a sending program reports, and what its developer must find again."""

    chained: tuple[str, str]  # the issue's type and value
    cause: tuple[str, str]
    variable: str  # the value of a local variable of a frame
    message: str
    handled: tuple[str, str]
    tag: tuple[str, str]
    user: str
    breadcrumb: str


PYTHON = Story(
    chained=("RuntimeError", "python checkout failed"),
    cause=("KeyError", "'EUR'"),
    variable="local-from-python",
    message="python says the disk is full",
    handled=("ValueError", "invalid literal for int() with base 10: 'seven'"),
    tag=("colour", "python-red"),
    user="py-user@example.com",
    breadcrumb="python put tea in the cart",
)
NODE = Story(
    chained=("RangeError", "node checkout failed"),
    cause=("TypeError", "Cannot read properties of undefined (reading 'amount')"),
    variable="local-from-node",
    message="node says the disk is full",
    handled=("SyntaxError", "Expected property name or '}' in JSON at position 1"),
    tag=("colour", "node-green"),
    user="node-user@example.com",
    breadcrumb="node put tea in the cart",
)


def send_with_python(dsn: Dsn) -> None:
    script = Path(__file__).parent / "send_with_python.py"
    run([sys.executable, str(script), dsn.text])


def send_with_node(dsn: Dsn) -> None:
    node = program("node")
    if node is None or not (NODE_DIR / "node_modules" / "@sentry" / "node").is_dir():
        pytest.skip("Node.js or @sentry/node is not installed; `make test` installs them")
    run([str(node), str(NODE_DIR / "send.mjs"), dsn.text])


def run(command: list[str]) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stdout + done.stderr


SDKS = {"sentry-sdk": (PYTHON, send_with_python), "@sentry/node": (NODE, send_with_node)}


@dataclass(frozen=True, slots=True)
class Told:
    """A story that was sent to a project of its own, and digested."""

    story: Story
    dsn: Dsn
    server: Server

    def issue(self, title: str) -> int:
        """The only issue whose title begins so."""
        rows = self.server.query(
            f"SELECT id, title, event_count FROM issues_issue WHERE project_id = {self.dsn.project_id}"
        )
        (found,) = [row for row in rows if row[1].startswith(title)]
        assert found[2] == 1
        return int(found[0])


@pytest.fixture(scope="module", params=SDKS)
def told(request: pytest.FixtureRequest, server: Server) -> Told:
    story, send = SDKS[request.param]
    dsn = server.create_project(f"Shop in {story.tag[1]}")
    before = server.count("issues_event")
    send(dsn)
    server.wait_for_events(before + 3)
    return Told(story, dsn, server)


def open_issue(reader: Page, told: Told, title: str) -> None:
    """By way of the issue list, as a reader would."""
    slug = told.server.query(f"SELECT slug FROM projects_project WHERE id = {told.dsn.project_id}")
    reader.goto(f"{told.server.url}/projects/{slug[0][0]}/issues/")
    number = told.issue(title)
    reader.locator(f"main a[href*='/issues/{number}/']").first.click()
    reader.wait_for_url(f"**/issues/{number}/**")


def expect_shared_facts(reader: Page, story: Story) -> None:
    """Tags, user and breadcrumbs were set once and belong to all three events."""
    tags = reader.locator("#tags")
    for name, value in (story.tag, ("environment", "staging"), ("release", "shop@1.2.3")):
        expect(tags.get_by_text(name, exact=True)).to_be_visible()
        expect(tags.get_by_text(value).first).to_be_visible()
    expect(reader.locator("main").get_by_text(story.user).first).to_be_visible()
    expect(reader.locator("#trail").get_by_text(story.breadcrumb)).to_be_visible()


def test_three_issues_are_made_of_what_was_sent(told: Told) -> None:
    story = told.story
    titles = {": ".join(story.chained), ": ".join(story.handled), story.message}
    rows = told.server.query(
        f"SELECT title, event_count FROM issues_issue WHERE project_id = {told.dsn.project_id}"
    )
    assert dict(rows) == dict.fromkeys(titles, 1)


def test_a_chained_exception_is_shown(reader: Page, told: Told) -> None:
    story = told.story
    open_issue(reader, told, story.chained[0])
    expect(reader.locator("h1")).to_contain_text(story.chained[0])
    stack = reader.locator("#stack")
    for kind, value in (story.chained, story.cause):
        expect(stack.get_by_text(kind).first).to_be_visible()
        expect(stack.get_by_text(value).first).to_be_visible()
    expect(stack.get_by_text("checkout").first).to_be_visible()
    expect(stack.get_by_text(re.compile(story.variable)).first).to_be_attached()
    expect_shared_facts(reader, story)


def test_a_message_is_shown(reader: Page, told: Told) -> None:
    open_issue(reader, told, told.story.message)
    expect(reader.locator("header.title")).to_contain_text(told.story.message)
    expect(reader.get_by_role("img", name="warning").first).to_be_visible()
    expect_shared_facts(reader, told.story)


def test_a_handled_error_is_shown(reader: Page, told: Told) -> None:
    story = told.story
    open_issue(reader, told, story.handled[0])
    expect(reader.locator("h1")).to_contain_text(story.handled[0])
    expect(reader.locator("header.title")).to_contain_text(story.handled[1])
    expect(reader.locator("#tags").get_by_text("second")).to_be_visible()
    expect_shared_facts(reader, story)
