"""What can be set and what can be typed is written down."""

import re
import tomllib
from pathlib import Path

import pytest

import bugsink_lite
from issues.search.keys import IS_VALUES, KEYS

pytestmark = pytest.mark.once

ROOT = Path(__file__).parent.parent
ROOMS = ("projects", "ingest", "issues", "alerts", "api", "bugsink_lite")


def settings() -> list[str]:
    """Every NAME that settings.py reads from the environment."""
    source = (ROOT / "bugsink_lite" / "settings.py").read_text()
    return sorted(
        set(re.findall(r'\benv\.\w+\(\s*"([A-Z][A-Z0-9_]+)"', source))
        | set(re.findall(r'\bos\.environ(?:\.get\(|\[)\s*"([A-Z][A-Z0-9_]+)"', source))
    )


def commands() -> list[str]:
    """Every management command, as it is typed."""
    return sorted(
        path.stem.replace("_", "-")
        for room in ROOMS
        for path in (ROOT / room / "management" / "commands").glob("[a-z]*.py")
    )


def test_settings_and_commands_are_found() -> None:
    assert {"BASE_URL", "SECRET_KEY", "DATABASE_URL", "BUGSINK_LITE_ENV_FILE"} <= set(settings())
    assert {"create-project", "run"} <= set(commands())


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text()
    assert [name for name in settings() if not re.search(rf"`{name}\b", text)] == []


def test_every_command_is_documented() -> None:
    text = "\n".join(path.read_text() for path in sorted((ROOT / "docs").glob("*.md")))
    assert [
        name for name in commands() if not re.search(rf"bugsink-lite {name}\b|`{name}\b", text)
    ] == []


def test_the_changelog_begins_with_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text()
    top = re.search(r"^## \[?v?(\d+\.\d+\.\d+)", changelog, re.MULTILINE)
    assert top is not None
    assert top[1] == bugsink_lite.__version__


def test_the_package_has_this_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == bugsink_lite.__version__


def test_relative_links_lead_somewhere() -> None:
    broken = [
        f"{path.relative_to(ROOT)}: {target}"
        for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text())
        if "://" not in target and not target.startswith("mailto:")
        if not (path.parent / target).exists()
    ]
    assert broken == []


def test_every_search_key_is_documented() -> None:
    text = (ROOT / "docs" / "search.md").read_text()
    names = [name for key in KEYS.values() for name in (key.name, *key.aliases)]
    assert len(names) > 50
    assert [name for name in names if f"`{name}`" not in text] == []
    assert [value for value in IS_VALUES if f"`{value}`" not in text] == []


def test_every_address_of_the_api_is_documented() -> None:
    from api.site import schema

    text = (ROOT / "docs" / "api.md").read_text()
    addresses = [path.removeprefix("/api/0") for path in schema()["paths"]]
    assert len(addresses) > 30
    # `{version}` stands for anything in braces: the page may name a parameter as it likes.
    written = {re.sub(r"\{\w+\}", "{}", found) for found in re.findall(r"`(/[^` ]*)`", text)}
    assert [path for path in addresses if re.sub(r"\{\w+\}", "{}", path) not in written] == []
