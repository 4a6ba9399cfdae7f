"""An issue and an event as a file."""

import pytest
from django.test import Client

from issues import merging
from issues.models import Issue
from projects.models import Project
from tests.factories import NOW, make_event, make_issue

pytestmark = pytest.mark.django_db


def test_an_issue_and_an_event_as_json_and_markdown(viewer: Client, issue: Issue) -> None:
    event = make_event(issue)
    address = f"/issues/{issue.pk}"
    found = viewer.get(f"{address}.json").json()
    assert (found["shortId"], found["latestEvent"]["id"]) == (issue.short_id, event.event_id.hex)
    found = viewer.get(f"{address}/events/{event.event_id.hex}.json").json()
    assert found["entries"][0]["type"] == "exception"
    for path in (f"{address}.md", f"{address}/events/{event.event_id.hex}.md"):
        answer = viewer.get(path)
        assert answer["Content-Type"] == "text/markdown; charset=utf-8"
        assert "KeyError" in answer.content.decode()


def test_without_events(viewer: Client, issue: Issue) -> None:
    assert viewer.get(f"/issues/{issue.pk}.json").json()["latestEvent"] is None
    assert viewer.get(f"/issues/{issue.pk}.md").status_code == 404
    assert viewer.get(f"/issues/{issue.pk}/events/{'0' * 32}.json").status_code == 404


def test_an_address_of_what_was_merged_away_leads_on(viewer: Client, project: Project) -> None:
    first, second = make_issue(project), make_issue(project)
    merging.merge([first, second], into=first, by=None, now=NOW)
    assert viewer.get(f"/issues/{second.pk}.json")["Location"] == f"/issues/{first.pk}.json"


def test_a_stranger_finds_nothing(stranger: Client, issue: Issue) -> None:
    event = make_event(issue)
    for path in (
        f"/issues/{issue.pk}.json",
        f"/issues/{issue.pk}.md",
        f"/issues/{issue.pk}/events/{event.event_id.hex}.json",
        f"/issues/{issue.pk}/events/{event.event_id.hex}.md",
    ):
        assert stranger.get(path).status_code == 404
        assert Client().get(path).status_code == 302


def test_a_number_that_is_no_key_is_404(viewer: Client) -> None:
    for number in ("9" * 18, "9" * 19, "9" * 25, "9" * 5000):
        for rest in (".json", ".md", f"/events/{'0' * 32}.json", f"/events/{'0' * 32}.md"):
            assert viewer.get(f"/issues/{number}{rest}").status_code == 404
