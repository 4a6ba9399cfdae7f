"""Every page of the product, full of the demo's data: fit for all, in both themes, on a desk and on a phone."""

import os
from collections.abc import Mapping
from typing import Any

import pytest
from django.urls import NoReverseMatch, reverse
from playwright.sync_api import Browser, StorageState

from tests.browser import SCREENSHOTS, axe_violations, scrolls_sideways, watch
from tests.servers import Server
from tests.urls import ENTRIES

pytestmark = pytest.mark.once

# Files, answers for scripts, and addresses that only lead on.
NO_PAGES = frozenset(
    {
        *("issues:live", "issues:suggest", "issues:attachment", "issues:attachment_view"),
        *("issues:events_csv", "issues:events_json", "issues:event_json", "issues:find"),
        *("issues:oldest", "issues:short_id", "issues:organization_issue"),
        *("issues:organization_short_id", "ingest:setup_state"),
        *("export:event_json", "export:event_markdown", "export:issue_json"),
        *("export:issue_markdown", "api:from_command_line", "api:openapi"),
    }
)
# Addresses of what the demo does not make; other tests meet these pages.
NOT_THERE = frozenset(
    {
        *("issues:bulk_job", "issues:shared", "issues:grouping_change", "projects:invitation"),
        "account_reset_password_from_key",
    }
)
MORE = (
    "/issues/?tab=all&sort=events",
    "/issues/?query=nothing-like-it",
    "/projects/shop-web/issues/?tab=resolved",
)
LARGEST = 100_000  # bytes of the issue list, uncached, fonts aside


def one(server: Server, what: str) -> Any:
    return server.query(f"SELECT {what} LIMIT 1")[0][0]


@pytest.fixture(scope="module")
def demo(server: Server) -> Mapping[str, str]:
    """Address by name, of every page."""
    server.command("demo", "--events", "1")
    issue = one(
        server, "id FROM issues_issue WHERE platform = 'javascript' ORDER BY event_count DESC"
    )
    event = server.query(f"SELECT event_id FROM issues_event WHERE issue_id = {issue} LIMIT 1")
    project = one(server, f"project_id FROM issues_issue WHERE id = {issue}")
    found: dict[str, Any] = {
        "slug": one(server, f"slug FROM projects_project WHERE id = {project}"),
        "team": "demo-shop",
        "issue": issue,
        "event": str(event[0][0]).replace("-", ""),
        "release": one(server, f"id FROM projects_release WHERE project_id = {project}"),
        "person": one(server, "id FROM projects_user ORDER BY id DESC"),
    }
    return addresses(found) | {url: url for url in MORE}


def addresses(found: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: reverse(name, kwargs=arguments(name, found))
        for name, entry in ENTRIES.items()
        if entry.GET is not None and name not in NO_PAGES | NOT_THERE
    }


def arguments(name: str, found: Mapping[str, Any]) -> dict[str, Any]:
    match name:
        case "issues:release":
            return {"slug": found["slug"], "pk": found["release"]}
        case "issues:event":
            return {"pk": found["issue"], "event_id": found["event"]}
        case "projects:team" | "projects:team_delete":
            return {"slug": found["team"]}
        case "projects:person_delete":
            return {"pk": found["person"]}
    for kwargs in ({}, {"slug": found["slug"]}, {"pk": found["issue"]}):
        try:
            reverse(name, kwargs=kwargs)
        except NoReverseMatch:
            continue
        return kwargs
    raise LookupError(f"{name}: say here which page of the demo that is")


def test_the_walk_below_knows_the_way_to_every_page() -> None:
    """Here, where a new page's author runs it; the walk itself takes minutes."""
    found = {
        "slug": "shop",
        "team": "team",
        "issue": 1,
        "event": "a" * 32,
        "release": 1,
        "person": 1,
    }
    assert "issues:list" in addresses(found)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_fit_for_all(
    browser: Browser,
    cookies: StorageState,
    server: Server,
    demo: Mapping[str, str],
    theme: str,
) -> None:
    wrong: list[str] = []
    with browser.new_context(
        viewport={"width": 1280, "height": 800},
        color_scheme="dark" if theme == "dark" else "light",
        storage_state=cookies,
    ) as context:
        page = context.new_page()
        trouble = watch(page)
        for name, url in demo.items():
            if name == "account_logout":  # asks first
                continue
            page.set_viewport_size({"width": 1280, "height": 800})
            answer = page.goto(server.url + url)
            if answer is None or answer.status != 200:
                wrong.append(f"{name}: {answer.status if answer else 'no answer'}")
            for width in (1280, 360):
                page.set_viewport_size({"width": width, "height": 800})
                if os.environ.get("SHOTS"):
                    SCREENSHOTS.mkdir(exist_ok=True)
                    picture = f"{name.replace(':', '-').replace('/', '_')}-{width}-{theme}.png"
                    page.screenshot(path=SCREENSHOTS / picture, full_page=True)
                if scrolls_sideways(page):
                    wrong.append(f"{name} at {width}: scrolls sideways")
                wrong += [f"{name} at {width}: {found}" for found in axe_violations(page)]
    assert not wrong + trouble, "\n".join(wrong + trouble)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_issue_list_is_light(
    browser: Browser, cookies: StorageState, server: Server, demo: Mapping[str, str]
) -> None:
    with browser.new_context(storage_state=cookies) as context:
        page = context.new_page()
        sizes: list[int] = []
        page.on("requestfinished", lambda request: sizes.append(size_of(request)))
        page.goto(server.url + demo["issues:list"])
        page.wait_for_load_state("networkidle")
        assert page.locator(".issue").count() == 40
    assert sum(sizes) < LARGEST, sizes


def size_of(request: Any) -> int:
    sizes = request.sizes()
    return int(sizes["responseBodySize"] + sizes["responseHeadersSize"])
