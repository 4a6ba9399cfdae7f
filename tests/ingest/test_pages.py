"""The page that waits for a project's first event."""

from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ingest.models import Refusal
from ingest.pages import ADVICE
from ingest.reasons import RefusalReason
from ingest.snippets import SNIPPETS, fill, for_platform
from projects.models import Project
from projects.platforms import PLATFORMS

DSN = "https://ab12@errors.example.com/7"


def setup(client: Client, project: Project, **query: str) -> str:
    answer = client.get(reverse("ingest:setup", args=[project.slug]), query)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def refuse(project: Project, reason: str, **fields: Any) -> Refusal:
    now = timezone.now()
    values = {"status": 403, "detail": "no such key", "count": 2, "first_at": now, "last_at": now}
    return Refusal.objects.create(project_id=project.pk, reason=reason, **values | fields)


@pytest.mark.django_db
def test_it_shows_the_projects_own_dsn(viewer: Client, project: Project) -> None:
    page = setup(viewer, project)
    assert f"{project.keys.get().public_key}@localhost:8000/{project.pk}" in page
    assert "Waiting for the first event" in page
    assert "Check again" in page


@pytest.mark.django_db
def test_the_platform_is_the_projects_or_the_chosen_one(viewer: Client, project: Project) -> None:
    Project.objects.update(platform="go")
    assert "sentry.Init" in setup(viewer, project)
    assert "bundle add" in setup(viewer, project, platform="ruby")
    assert "pip install" in setup(viewer, project, platform="<script>")


@pytest.mark.django_db
def test_a_project_without_an_active_key_says_so(viewer: Client, project: Project) -> None:
    project.keys.update(is_active=False)
    assert "no active key" in setup(viewer, project)


@pytest.mark.django_db
def test_refused_requests_are_explained(viewer: Client, project: Project) -> None:
    refuse(project, "unknown_key", client="sentry.python/2", count=3)
    refuse(project, "something_newer", detail="")
    page = setup(viewer, project)
    assert "There is no such key." in page
    assert "3 requests" in page
    assert "sentry.python/2" in page
    assert "403 <bdi>no such key" in page
    assert "The request was refused." in page


def test_every_reason_has_advice() -> None:
    assert set(ADVICE) == set(RefusalReason)


@pytest.mark.django_db
def test_the_state_turns_when_the_first_event_came(viewer: Client, project: Project) -> None:
    url = reverse("ingest:setup_state", args=[project.slug])
    assert viewer.get(url).json() == {"events": False, "refused": 0, "last_refused_at": None}
    refuse(project, "no_key")
    Project.objects.update(first_event_at=timezone.now())
    answer = viewer.get(url).json()
    assert (answer["events"], answer["refused"]) == (True, 2)
    page = setup(viewer, project)
    assert "Events arrive" in page
    assert "setup.js" not in page


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["setup", "setup_state"])
def test_a_stranger_gets_404(stranger: Client, project: Project, name: str) -> None:
    assert stranger.get(reverse(f"ingest:{name}", args=[project.slug])).status_code == 404
    assert Client().get(reverse(f"ingest:{name}", args=[project.slug])).status_code == 302


@pytest.mark.parametrize("key", SNIPPETS)
def test_every_snippet_holds_the_dsn_and_no_gap(key: str) -> None:
    steps = fill(
        SNIPPETS[key], dsn=DSN, slug="shop", base_url="https://errors.example.com",
        project_id=7, public_key="ab12",
    )  # fmt: skip
    code = "\n".join(step.code for step in steps)
    assert DSN in code or ("/api/7/store/" in code and "sentry_key=ab12" in code)
    for gap in ("{dsn}", "{slug}", "{base_url}", "{project_id}", "{public_key}", "{{"):
        assert gap not in code


def test_every_platform_has_lines() -> None:
    assert {key: for_platform(key).key for key in PLATFORMS if key != "other"} == {
        key: key for key in PLATFORMS if key != "other"
    }
    assert for_platform("node-nest").key == "node"
    assert for_platform("").key == "python"
