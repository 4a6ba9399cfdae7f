"""What holds for every template and page: nothing inline, nothing from another host."""

import re
from pathlib import Path

import pytest
from django.template.loader import get_template
from django.test import Client, override_settings

pytestmark = pytest.mark.once

ROOT = Path(__file__).parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STATIC = sorted((ROOT / "bugsink_lite" / "static").rglob("*.*"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nothing_is_inline(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style|javascript:|\|safe\b|autoescape off", text)
    assert not re.search(r"<script(?![^>]* src=)", text)
    assert not re.search(r"""(?:src|href)=["']https?:""", text)
    get_template(path.relative_to(ROOT / "templates").as_posix())


@pytest.mark.parametrize("path", STATIC, ids=lambda path: path.name)
def test_static_files_ask_no_other_host(path: Path) -> None:
    text = path.read_text().replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?://|//cdn|@import", text)


def test_every_icon_that_is_named_exists() -> None:
    known = set(
        re.findall(
            r'<symbol id="([\w-]+)"', (ROOT / "bugsink_lite/static/icons/icons.svg").read_text()
        )
    )
    named = {
        name for path in TEMPLATES for name in re.findall(r'{% icon "([\w-]+)"', path.read_text())
    }
    assert named - known == set()


@pytest.mark.django_db
def test_pages_carry_a_strict_policy(member: Client) -> None:
    policy = member.get("/")["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.django_db
@override_settings(DEBUG=False)
def test_error_pages_are_ours(member: Client) -> None:
    missing = member.get("/nothing/")
    assert missing.status_code == 404
    assert "Not found" in missing.content.decode()
    forbidden = member.get("/projects/new/")
    assert forbidden.status_code == 403
    assert "Admins of a team make projects" in forbidden.content.decode()
    assert member.post("/issues/resolve/").status_code == 400
    client = Client(enforce_csrf_checks=True)
    assert "too old" in client.post("/accounts/login/").content.decode()


def test_the_page_for_our_own_mistakes_needs_nothing() -> None:
    assert "Something broke here" in get_template("500.html").render()
