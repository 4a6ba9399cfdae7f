"""A project's retention page."""

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from issues.models import Event, Eviction
from issues.retention import passes
from projects.models import Project
from tests.issues.retention.builders import issue_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def url(project: Project) -> str:
    return f"/projects/{project.slug}/settings/retention/"


def test_what_holds_where_nothing_is_said(owner: Client, url: str, settings: Settings) -> None:
    settings.RETENTION_DAYS = 90
    page = owner.get(url).content.decode()
    assert "Older events leave. Empty: 90." in page
    assert "Empty: no limit." in page


def test_rules_are_saved(owner: Client, url: str, project: Project) -> None:
    answer = owner.post(url, {"retention_days": "30", "retention_events": "20,000"})
    assert answer.status_code == 302
    project.refresh_from_db()
    policy = passes.policy_of(project)
    assert (policy.days, policy.project_events, policy.kept_days) == (30, 20_000, 365)


@pytest.mark.parametrize("value", ["-1", "x", "99999999999999999999", "1\0"])
def test_what_is_no_number_is_refused(
    owner: Client, url: str, project: Project, value: str
) -> None:
    answer = owner.post(url, {"retention_days": value})
    assert answer.status_code == 200
    assert "Nothing was saved" in answer.content.decode()
    project.refresh_from_db()
    assert project.retention_days == 0


def test_a_try_says_what_would_go_and_saves_nothing(
    owner: Client, url: str, project: Project, settings: Settings
) -> None:
    settings.RETENTION_DAYS = settings.RETENTION_KEPT_DAYS = 0
    issue_with(project, [4000, 3000, 2000, 1000])
    page = owner.post(url, {"retention_issue_events": "3", "try": "1"}).content.decode()
    assert "1 event</b>" in page
    assert "Too many of their issue" in page
    project.refresh_from_db()
    assert project.retention_issue_events == 0
    assert Event.objects.count() == 4


def test_what_has_gone(owner: Client, url: str, project: Project) -> None:
    today = timezone.now().date()
    for reason, events in (("age", 5), ("issue", 7)):
        Eviction.objects.create(
            project_id=project.pk, day=today, reason=reason, events=events, bytes=1 << 20
        )
    Eviction.objects.create(project_id=0, day=today, reason="age", events=99, bytes=0)
    page = owner.get(url).content.decode()
    assert "Too old" in page
    assert ">5<" in page
    assert ">99<" not in page
