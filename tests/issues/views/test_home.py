from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ingest.models import Refusal
from issues.models import HourCount
from issues.states import Status
from projects.models import Project, User
from tests.factories import make_issue, make_project, make_release, make_team

pytestmark = pytest.mark.django_db


def rows(client: Client) -> dict[str, Any]:
    answer = client.get(reverse("issues:home"))
    assert answer.status_code == 200
    return {row.project.slug: row for row in answer.context["rows"]}


def test_every_project_with_its_counts(viewer: Client, project: Project) -> None:
    now = timezone.now()
    make_issue(project)
    make_issue(project, seen=now)
    make_issue(project, regressed_at=now)
    make_issue(project, status=Status.RESOLVED, seen=now)
    HourCount.objects.create(project_id=project.pk, grouphash_id=1, hour=now, count=9)
    HourCount.objects.create(
        project_id=project.pk, grouphash_id=1, hour=now - timedelta(days=3), count=100
    )
    make_release(project, "shop@1.0")
    latest = make_release(project, "shop@1.1")
    row = rows(viewer)[project.slug]
    assert (row.counts.unresolved, row.counts.new, row.counts.regressed) == (3, 1, 1)
    assert row.events == row.spark.total == 9
    assert row.release == latest


def test_other_peoples_projects_are_not_there(member: Client, project: Project) -> None:
    other = make_project("Other", team=make_team())
    make_issue(other, "Foreign: secret", seen=timezone.now())
    assert list(rows(member)) == [project.slug]
    assert "secret" not in member.get(reverse("issues:home")).content.decode()


def test_new_issues_across_projects(viewer: Client, project: Project) -> None:
    now = timezone.now()
    make_issue(project, "Old: 1")
    make_issue(project, "Resolved: 1", seen=now, status=Status.RESOLVED)
    newest = make_issue(project, "New: 2", seen=now)
    new = make_issue(project, "New: 1", seen=now - timedelta(hours=20))
    answer = viewer.get(reverse("issues:home"))
    assert list(answer.context["new_issues"]) == [newest, new]


def test_what_is_assigned_to_oneself(member: Client, project: Project) -> None:
    me = User.objects.get(email="member@example.com")
    mine = make_issue(project, assignee=me)
    make_issue(project, assignee=me, status=Status.RESOLVED)
    make_issue(project)
    assert member.get(reverse("issues:home")).context["my_issues"] == [mine]


def test_refused_requests_leave_a_mark(viewer: Client, project: Project) -> None:
    now = timezone.now()
    fields = {"status": 403, "detail": "", "count": 1, "first_at": now}
    Refusal.objects.create(
        project_id=project.pk, reason="unknown_key", last_at=now - timedelta(days=2), **fields
    )
    assert "requests refused" not in viewer.get(reverse("issues:home")).content.decode()
    Refusal.objects.create(project_id=project.pk, reason="no_key", last_at=now, **fields)
    assert "requests refused" in viewer.get(reverse("issues:home")).content.decode()
    Refusal.objects.create(project_id=project.pk, reason="quota", last_at=now, **fields)
    assert "quota used up" in viewer.get(reverse("issues:home")).content.decode()


def test_without_projects_it_says_what_to_do(stranger: Client, db: None) -> None:
    page = stranger.get(reverse("issues:home")).content.decode()
    assert "No project yet" in page
    assert reverse("projects:new") in page


def test_the_number_of_queries_does_not_grow(
    member: Client, administrator: Client, project: Project, django_assert_num_queries: Any
) -> None:
    for _ in range(5):
        make_issue(project, seen=timezone.now())
        make_release(make_project("More", team=project.teams.get()), "1.0")
    # Session, user, projects, hours, issues, releases, refusals, mine, new, may create.
    with django_assert_num_queries(10):
        member.get(reverse("issues:home"))
    with django_assert_num_queries(9):
        administrator.get(reverse("issues:home"))
