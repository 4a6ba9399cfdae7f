"""Programs that others wrote, unmodified, against a running server: MCP servers for a self-hosted Sentry, and the
official MCP client for Python against our own endpoint.
"""

import asyncio
import itertools
import json
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.factories import error
from tests.servers import Server
from tests.system import NODE_DIR, program
from tests.wire import Dsn, new_event_id, request, send

pytestmark = pytest.mark.once

SCOPES = "org:read,project:read,team:read,event:read,event:write,project:write,project:releases,team:write"
ORG = "bugsink"
SECONDS = 60


class Stdio:
    """An MCP server as a child, one JSON message a line."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._ids = itertools.count(1)
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | environment,
            text=True,
        )
        self.ask(
            "initialize",
            {
                "protocolVersion": "2025-06-18",
                "capabilities": {},
                "clientInfo": {"name": "test", "version": "1"},
            },
        )
        self._send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()

    def ask(self, method: str, params: dict[str, Any]) -> Any:
        number = next(self._ids)
        self._send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        assert self._process.stdout is not None
        for line in self._process.stdout:
            message = json.loads(line)
            if message.get("id") == number and "method" not in message:
                assert "result" in message, message
                return message["result"]
        pytest.fail(f"the program ended before it answered {method}")

    def call(self, name: str, /, **arguments: Any) -> str:
        found = self.ask("tools/call", {"name": name, "arguments": arguments})
        text = "\n".join(part.get("text", "") for part in found["content"])
        assert not found.get("isError"), f"{name}: {text}"
        return text

    def tools(self) -> set[str]:
        return {tool["name"] for tool in self.ask("tools/list", {})["tools"]}

    def close(self) -> None:
        self._process.kill()
        self._process.communicate(timeout=SECONDS)


@dataclass(frozen=True, slots=True)
class World:
    server: Server
    dsn: Dsn
    slug: str
    token: str
    event_id: str
    issue: str  # its number
    short_id: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            "SENTRY_URL": self.server.url,
            "SENTRY_AUTH_TOKEN": self.token,
            "SENTRY_ORG_SLUG": ORG,
        }

    def api(self, path: str) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        return request(self.dsn, "GET", f"/api/0/{path}", headers=headers).json()


@pytest.fixture(scope="module")
def world(server: Server) -> World:
    email, _ = server.login
    said = server.command("create-token", "--scopes", SCOPES, "--user", email, "--name", "test")
    token = next(word for word in said.stdout.split() if word.startswith("sntryu_"))
    dsn = server.create_project("Shop web")
    event_id = new_event_id()
    event = error(
        timestamp=time.time(),
        release="shop@1.4.0",
        environment="production",
        user={"id": "7", "email": "bo@example.com"},
        tags={"colour": "green"},
        breadcrumbs={"values": [{"category": "ui", "message": "clicked pay"}]},
    )
    assert send(dsn, event, event_id).status == 200
    server.wait_for_events(1)
    headers = {"Authorization": f"Bearer {token}"}
    answer = request(
        dsn, "GET", f"/api/0/organizations/{ORG}/eventids/{event_id}/", headers=headers
    )
    found = answer.json()
    group = request(dsn, "GET", f"/api/0/issues/{found['groupId']}/", headers=headers).json()
    return World(
        *(server, dsn, found["projectSlug"], token, event_id),
        issue=found["groupId"],
        short_id=group["shortId"],
    )


def started(package: str, entry: str, environment: dict[str, str], *arguments: str) -> Stdio:
    node = program("node")
    script = NODE_DIR / "node_modules" / Path(package) / entry
    if node is None or not script.is_file():
        pytest.skip(f"Node.js or {package} is not installed; `make test` installs them")
    return Stdio([str(node), str(script), *arguments], environment)


@pytest.fixture(params=["@maxentr/sentry-selfhosted-mcp", "selfhosted-sentry-mcp"])
def family(request: pytest.FixtureRequest, world: World) -> Iterator[Stdio]:
    client = started(request.param, "build/index.js", world.environment)
    yield client
    client.close()


def test_the_family_for_a_self_hosted_sentry(family: Stdio, world: World) -> None:
    tools = family.tools()
    assert world.slug in family.call("list_sentry_projects")
    assert world.short_id in family.call("list_sentry_issues", project_slug=world.slug)
    found = family.call("get_sentry_issue", issue_id_or_url=world.issue)
    assert "KeyError" in found
    event = {"project_slug": world.slug, "event_id": world.event_id}
    assert "clicked pay" in family.call("get_sentry_event_details", **event)
    for status in ("resolved", "ignored", "unresolved"):
        said = family.call("update_sentry_issue_status", issue_id=world.issue, status=status)
        assert json.loads(said)["status"] == status
    said = family.call("create_sentry_issue_comment", issue_id=world.issue, comment_text="Seen.")
    assert "Seen." in said
    frames = family.call("get_stack_frames", **event, in_app_only=True)
    assert "total" in frames
    if "list_issue_events" in tools:
        assert world.event_id in family.call("list_issue_events", issue_id=world.issue)
        assert world.event_id in family.call("list_error_events", project_slug=world.slug)
        assert "latestEvent" in family.call("get_issue_hashes", issue_id=world.issue)


@pytest.fixture
def official(world: World) -> Iterator[Stdio]:
    client = started(
        "@sentry/mcp-server",
        "dist/index.js",
        {},  # it would take SENTRY_URL for another setting
        f"--access-token={world.token}",
        f"--host=127.0.0.1:{world.server.port}",
        "--insecure-http",
    )
    yield client
    client.close()


def test_the_official_server(official: Stdio, world: World) -> None:
    where = {"organizationSlug": ORG}
    issue = where | {"issueId": world.short_id}
    project = where | {"projectSlug": world.slug}
    assert "search_issues" in official.tools()
    address = f"{world.server.url}/organizations/{ORG}/issues/{world.issue}/"
    call = official.call
    assert "@" in call("whoami")
    assert ORG in call("find_organizations")
    assert world.slug in call("find_projects", **where)
    assert "everybody" in call("find_teams", **where).lower()
    assert world.short_id in call(
        "search_issues", **where, query="is:unresolved", projectSlugOrId=world.slug
    )
    for url in (address, f"{address}events/{world.event_id}/"):
        assert "KeyError" in call("get_sentry_resource", url=url)
    told = {"resourceType": "breadcrumbs", "resourceId": world.short_id}
    assert "clicked pay" in call("get_sentry_resource", **where, **told)
    found = call("get_issue_tag_values", **issue, tagKey="environment")
    assert "production" in found
    assert world.event_id[:8] in call("search_issue_events", **issue, query="", statsPeriod="14d")
    assert "esolved" in call("update_issue", **issue, status="resolved")
    call("update_issue", **issue, status="unresolved")
    assert "1.4.0" in call("find_releases", **where)
    assert world.dsn.key in call("find_dsns", **project)
    fields = ["title", "count()"]
    found = call(
        "search_events", **where, dataset="errors", query="", fields=fields, sort="-count()"
    )
    assert "KeyError" in found
    call("get_event_attachment", **project, eventId=world.event_id)


def test_the_official_python_client(world: World) -> None:
    """Both ways to begin: with a handshake and without."""
    httpx2 = pytest.importorskip("httpx2")
    from mcp.client import Client
    from mcp.client.streamable_http import streamable_http_client

    async def ask(mode: str) -> None:
        headers = {"Authorization": f"Bearer {world.token}"}
        async with httpx2.AsyncClient(headers=headers, timeout=SECONDS) as http:
            transport = streamable_http_client(f"{world.server.url}/mcp", http_client=http)
            async with Client(transport, mode=mode) as client:
                names = {tool.name for tool in (await client.list_tools()).tools}
                assert {"search_issues", "get_issue", "merge_issues"} <= names
                found = await client.call_tool("get_issue", {"issue": world.short_id})
                assert not found.is_error
                assert "KeyError" in str(found.content[0])
                wrong = await client.call_tool("get_issue", {"issue": "NOPE-1"})
                assert wrong.is_error
                rows = (await client.list_resources()).resources
                read = await client.read_resource(rows[0].uri)
                assert world.short_id in str(read.contents[0])
                prompts = (await client.list_prompts()).prompts
                assert {prompt.name for prompt in prompts} == {"investigate_issue", "triage"}
                await client.get_prompt("investigate_issue", {"issue": world.short_id})

    for mode in ("auto", "legacy"):
        asyncio.run(ask(mode))
