"""The page that waits for a project's first event."""

import ast
import re
import shutil
import subprocess
from collections.abc import Iterable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ingest.models import Refusal
from ingest.pages import ADVICE
from ingest.reasons import RefusalReason
from ingest.snippets import GROUPS, SNIPPETS, Snippet, Step, fill, for_platform
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


WANTED = (
    "Python, Django, Flask, FastAPI, Celery, Node, Express, NestJS, Next.js, JavaScript, React, Vue, Angular, Svelte, "
    "React Native, Go, Java, Spring, Android, iOS, .NET, PHP, Laravel, Symfony, Ruby, Rails, Elixir, Rust, Flutter, "
    "Logstash, curl"
).split(", ")


def filled(key: str, **changes: str) -> Snippet:
    values: dict[str, Any] = {"slug": "shop", "base_url": "https://errors.example.com"}
    values |= {"project_id": 7, "public_key": "ab12", "dsn": DSN, "environment": "staging"}
    return fill(SNIPPETS[key], **(values | changes))


def steps_of(snippet: Snippet) -> tuple[Step, ...]:
    return (*snippet.steps, *snippet.correlation, *snippet.maps)


@pytest.mark.parametrize("key", SNIPPETS)
def test_every_snippet_holds_the_dsn_and_no_gap(key: str) -> None:
    snippet = filled(key)
    code = "\n".join(step.code for step in steps_of(snippet))
    assert DSN in code or ("/api/7/store/" in code and "sentry_key=ab12" in code)
    assert "staging" in code
    assert "api_request_id" in code or key == "curl"
    assert (
        re.findall(
            r"\{(?:dsn|slug|environment|base_url|organization|project_id|public_key)\}", code
        )
        == []
    )


def test_all_that_is_promised_is_there() -> None:
    labels = " ".join(snippet.label for snippet in SNIPPETS.values())
    assert [name for name in WANTED if name not in labels] == []
    assert sorted(s.key for group in GROUPS.values() for s in group) == sorted(SNIPPETS)
    with_maps = {key for key, snippet in SNIPPETS.items() if snippet.maps}
    assert {"javascript-react", "node-express", "react-native", "javascript-nextjs"} <= with_maps


@pytest.mark.parametrize("key", SNIPPETS)
def test_python_lines_compile(key: str) -> None:
    for step in steps_of(filled(key)):
        if step.language == "python":
            ast.parse(step.code)


def checked(command: list[str], suffix: str, codes: Iterable[str], directory: Path) -> str:
    """What the language's own tool has to say against the lines."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    files = []
    for number, code in enumerate(codes):
        path = directory / f"step{number}{suffix}"
        path.write_text(code)
        files.append(path)
    said = []
    for path in files:
        result = subprocess.run([*command, path], capture_output=True, text=True, check=False)
        said += [result.stderr] if result.returncode else []
    return "\n".join(said)


def codes(language: str) -> set[str]:
    return {
        step.code for key in SNIPPETS for step in steps_of(filled(key)) if step.language == language
    }


def test_javascript_lines_parse(tmp_path: Path) -> None:
    assert checked(["node", "--check"], ".mjs", codes("js"), tmp_path) == ""


def test_shell_lines_parse(tmp_path: Path) -> None:
    assert checked(["bash", "-n"], ".sh", codes("sh"), tmp_path) == ""


def test_go_lines_parse(tmp_path: Path) -> None:
    inside = "package main\n\nfunc main() {{\n{}\n}}\n"
    whole = [
        f"package main\n\n{code}" if "\nfunc " in code else inside.format(code)
        for code in codes("go")
    ]
    assert checked(["gofmt", "-e", "-l"], ".go", whole, tmp_path) == ""


@pytest.mark.parametrize("environment", ['x"; alert(1) //', "a'b\\", "\n", ""])
def test_a_name_cannot_break_out_of_its_quotes(environment: str) -> None:
    code = "\n".join(step.code for step in filled("php", environment=environment).steps)
    (found,) = re.findall(r"'environment' => '([^\n]*)',\n", code)
    assert re.fullmatch(r"[\w. -]+", found)


@pytest.mark.django_db
def test_every_page_of_a_platform_opens(viewer: Client, project: Project) -> None:
    for key in SNIPPETS:
        page = setup(viewer, project, platform=key)
        assert SNIPPETS[key].label in page


def test_every_platform_has_lines() -> None:
    assert {key: for_platform(key).key for key in PLATFORMS if key != "other"} == {
        key: key for key in PLATFORMS if key != "other"
    }
    assert for_platform("node-nest").key == "node"
    assert for_platform("").key == "python"
