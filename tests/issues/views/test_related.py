"""From an error in the browser to the one in the server: what belongs to an event, in all projects one may see."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from issues.models import Event, Issue
from projects.models import Project, Team
from tests.factories import NOW, make_event, make_issue, make_project, make_team

pytestmark = pytest.mark.django_db

TRACE = uuid.UUID("6f1d0c4e9b7a43d26f1d0c4e9b7a43d2")


@pytest.fixture
def api(team: Team) -> Project:
    return make_project("API", team=team)


def related(client: Client, event: Event) -> list[tuple[str, tuple[str, ...], str]]:
    found = client.get(event.get_absolute_url()).context["related"]
    return [(row.issue.title, row.reasons, row.distance) for row in found.rows]


def test_a_browser_error_leads_to_the_server_error(
    viewer: Client, issue: Issue, api: Project
) -> None:
    server = make_issue(api, "IntegrityError: duplicate key")
    event = make_event(issue, trace_id=TRACE, api_request_id="req_1", user_hash=7)
    cause = make_event(
        server,
        at=NOW - timedelta(seconds=2),
        trace_id=TRACE,
        api_request_id="req_1",
        user_hash=7,
    )
    assert related(viewer, event) == [
        ("IntegrityError: duplicate key", ("request", "trace", "user"), "2.00 s earlier")
    ]
    assert related(viewer, cause)[0][2] == "2.00 s later"
    page = viewer.get(event.get_absolute_url()).content.decode()
    assert cause.get_absolute_url() in page
    assert "?query=api_request_id%3Areq_1&amp;tab=all" in page


def test_a_user_counts_within_a_minute(viewer: Client, issue: Issue, api: Project) -> None:
    event = make_event(issue, user_hash=7)
    make_event(make_issue(api, "Near: x"), user_hash=7, at=NOW + timedelta(seconds=50))
    make_event(make_issue(api, "Far: x"), user_hash=7, at=NOW + timedelta(seconds=70))
    make_event(make_issue(api, "Another: x"), user_hash=8)
    assert related(viewer, event) == [("Near: x", ("user",), "50.0 s later")]


def test_what_one_may_not_see_is_not_there(
    viewer: Client, administrator: Client, issue: Issue
) -> None:
    secret = make_issue(make_project("Other", team=make_team()), "Secret: x")
    event = make_event(issue, trace_id=TRACE, api_request_id="req_1", user_hash=7)
    make_event(secret, trace_id=TRACE, api_request_id="req_1", user_hash=7)
    assert related(viewer, event) == []
    assert "Secret" not in viewer.get(event.get_absolute_url()).content.decode()
    assert len(related(administrator, event)) == 1


def test_the_issues_own_events_are_not_news(viewer: Client, issue: Issue) -> None:
    event = make_event(issue, trace_id=TRACE)
    for _ in range(70):
        make_event(issue, trace_id=TRACE)
    assert related(viewer, event) == []
    make_event(make_issue(issue.project, "Other: x"), trace_id=TRACE)
    assert related(viewer, event) == [("Other: x", ("trace",), "at the same time")]


def test_the_number_of_queries_is_fixed(
    viewer: Client, issue: Issue, api: Project, django_assert_num_queries: Any
) -> None:
    event = make_event(issue, trace_id=TRACE, api_request_id="r", user_hash=7)
    for number in range(15):
        other = make_issue(api, f"Error{number}: x")
        for _ in range(3):
            make_event(other, trace_id=TRACE, api_request_id="r", user_hash=7)
    answer = viewer.get(event.get_absolute_url())
    assert len(answer.context["related"].rows) == 10
    assert "and 5 more issues" in answer.content.decode()
    with django_assert_num_queries(24):  # 20 of the page, and four
        viewer.get(event.get_absolute_url())
