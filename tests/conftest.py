"""The cast that every test shares, and the rules of a run."""

import os
from collections.abc import Generator

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from issues.models import Issue
from issues.models.event import dictionary_of
from projects.models import Project, Role, Team, User
from tests.factories import join, make_issue, make_project, make_team, make_user

pytest_plugins = ["tests.servers", "tests.browser"]

IN_CI = os.environ.get("CI", "").lower() not in ("", "0", "false")


# Whoever asks for one of these meets the database; whoever does not need not be run on both.
DATABASE_FIXTURES = frozenset({"db", "transactional_db", "new_server", "server"})
PROCESS_FIXTURES = frozenset({"new_server", "server", "browser", "page", "live_server"})
PROCESS_FILES = frozenset({"test_bootstrap.py", "test_packaging.py", "test_run.py"})


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what belongs to the other database's run. That is no skip: nothing is missing."""
    out = [item for item in items if not _belongs_here(item)]
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in set(out)]
    # A file's tests stay together and share its server or browser. Those files take longest: they come first.
    slow = {item.path for item in items if _starts_processes(item)}
    items.sort(key=lambda item: item.path not in slow)


def _starts_processes(item: pytest.Item) -> bool:
    fixtures = PROCESS_FIXTURES.intersection(getattr(item, "fixturenames", ()))
    return bool(fixtures) or item.path.parent.name == "e2e" or item.path.name in PROCESS_FILES


def _belongs_here(item: pytest.Item) -> bool:
    if settings.IS_SQLITE:
        return item.get_closest_marker("postgresql") is None
    meets_database = item.get_closest_marker("django_db") or not DATABASE_FIXTURES.isdisjoint(
        getattr(item, "fixturenames", ())
    )
    return bool(meets_database) and item.get_closest_marker("once") is None


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """In CI a skipped test is a failed one: there nothing that a test needs may be missing."""
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not accept: {report.longrepr}"


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """Primary keys come again when a test's transaction is rolled back: of dictionaries, and of users whose tries to
    sign in are counted.
    """
    dictionary_of.cache_clear()
    cache.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if not item.get_closest_marker("long"):
        _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _refuse_skip(report)
    return report


@pytest.fixture
def team(db: None) -> Team:
    return make_team()


@pytest.fixture
def project(team: Team) -> Project:
    return make_project(team=team)


@pytest.fixture
def issue(project: Project) -> Issue:
    return make_issue(project)


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _member(team: Team, email: str, role: Role) -> Client:
    user = make_user(email)
    join(team, user, role)
    return _client(user)


@pytest.fixture
def administrator(db: None) -> Client:
    """Administrates the installation; belongs to no team."""
    return _client(make_user("administrator@example.com", is_admin=True))


@pytest.fixture
def owner(team: Team) -> Client:
    """Has the admin's role in the project's team."""
    return _member(team, "owner@example.com", Role.ADMIN)


@pytest.fixture
def member(team: Team) -> Client:
    return _member(team, "member@example.com", Role.MEMBER)


@pytest.fixture
def viewer(team: Team) -> Client:
    return _member(team, "viewer@example.com", Role.VIEWER)


@pytest.fixture
def stranger(db: None) -> Client:
    """Has an account and belongs to another team."""
    user = make_user("stranger@example.com")
    join(make_team("Another team"), user, Role.ADMIN)
    return _client(user)
