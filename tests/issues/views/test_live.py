"""What a page hears when it asks whether something new has come."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from issues.models import Issue
from issues.states import Status
from projects.models import Project
from tests.factories import NOW, make_event, make_issue, make_project, make_team

pytestmark = pytest.mark.django_db

URL = "/live/"


def ask(client: Client, **query: Any) -> str:
    answer = client.get(URL, query)
    assert answer.status_code == 200
    return str(answer.json()["text"])


def test_an_issue_tells_of_new_events(viewer: Client, issue: Issue) -> None:
    make_event(issue)
    assert ask(viewer, issue=issue.pk, seen=1) == ""
    make_event(issue)
    assert ask(viewer, issue=issue.pk, seen=1) == "1 new event"
    make_event(issue)
    assert ask(viewer, issue=issue.pk, seen=1) == "2 new events"


def test_a_list_tells_of_new_issues_and_of_others_with_events(
    viewer: Client, project: Project
) -> None:
    make_issue(project)
    seen = NOW.isoformat()
    assert ask(viewer, project=project.slug, seen=seen) == ""
    make_issue(project, "New: x", seen=NOW + timedelta(seconds=1))
    make_issue(project, "Old: x", last_seen=NOW + timedelta(seconds=2))
    make_issue(project, "Muted: x", last_seen=NOW + timedelta(seconds=2), status=Status.MUTED)
    words = "1 new issue, 1 issue with new events"
    assert ask(viewer, project=project.slug, seen=seen) == words
    assert ask(viewer, seen=seen) == words


def test_many_are_not_counted(viewer: Client, project: Project) -> None:
    for number in range(55):
        make_issue(project, f"E{number}: x", seen=NOW + timedelta(seconds=number + 1))
    assert ask(viewer, seen=NOW.isoformat()) == "More than 50 issues with new events"


def test_what_is_digested_late_is_news_too(viewer: Client, project: Project) -> None:
    """The page was made while events waited that had been received before."""
    make_issue(project, seen=NOW - timedelta(minutes=5))
    first = viewer.get(URL, {"seen": NOW.isoformat()}).json()
    assert first["text"] == ""
    make_issue(project, "Late: x", seen=NOW - timedelta(minutes=1))
    assert ask(viewer, seen=first["seen"]) == "1 new issue"


def test_nothing_new_is_304(viewer: Client, issue: Issue) -> None:
    make_event(issue)
    query = {"issue": issue.pk, "seen": 1}
    etag = viewer.get(URL, query)["ETag"]
    assert viewer.get(URL, query, headers={"If-None-Match": etag}).status_code == 304
    make_event(issue)
    assert viewer.get(URL, query, headers={"If-None-Match": etag}).status_code == 200


def test_only_members_hear_of_a_project(
    viewer: Client, stranger: Client, administrator: Client, issue: Issue
) -> None:
    seen = (NOW - timedelta(days=1)).isoformat()
    make_issue(make_project("Other", team=make_team()), "Foreign: x")
    assert ask(viewer, seen=seen) == "1 new issue"
    assert ask(stranger, seen=seen) == ""
    assert ask(administrator, seen=seen) == "2 new issues"
    for query in ({"issue": issue.pk}, {"project": issue.project.slug}):
        assert stranger.get(URL, query | {"seen": seen}).status_code == 404
        assert Client().get(URL, query).status_code == 302


@pytest.mark.parametrize(
    "seen", ["", "x", "\0", "9" * 40, "-5", "0001-01-01", "9999-12-31T23:59:59+00:00", "²"]
)
def test_anything_may_be_asked(viewer: Client, issue: Issue, seen: str) -> None:
    for query in ({"issue": issue.pk}, {"project": issue.project.slug}, {}):
        assert viewer.get(URL, query | {"seen": seen}).status_code == 200
    for pk in ("x", "9" * 30, "-1", "²", "\0"):
        assert viewer.get(URL, {"issue": pk}).status_code == 404
    assert viewer.get(URL, {"project": "\0'"}).status_code == 404


def test_it_costs_one_query_beside_those_of_access(
    viewer: Client, administrator: Client, issue: Issue, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(4):  # session, user; issue, role
        ask(viewer, issue=issue.pk, seen=0)
    with django_assert_num_queries(5):  # session, user, project, role; issues
        ask(viewer, project=issue.project.slug, seen=NOW.isoformat())
    with django_assert_num_queries(3):
        ask(administrator, seen=NOW.isoformat())


def test_pages_carry_the_badge(viewer: Client, issue: Issue) -> None:
    make_event(issue)
    page = viewer.get(issue.get_absolute_url()).content.decode()
    assert f'data-live="/live/?issue={issue.pk}&amp;seen=1"' in page
    listed = viewer.get(reverse("issues:project", args=[issue.project.slug])).content.decode()
    assert f'data-live="/live/?project={issue.project.slug}&amp;seen=' in listed
