"""The builders make what the product would: counted, packed and readable again."""

from issues.models import EventPayload, Issue
from projects.models import Project
from tests.factories import make_event, make_issue


def test_an_event_is_counted_and_its_payload_can_be_read(issue: Issue) -> None:
    event = make_event(issue, {"tags": {"colour": "red"}})
    issue.refresh_from_db()
    assert issue.event_count == 1
    payload = EventPayload.objects.get(pk=event.pk).load()
    assert payload["event_id"] == event.event_id.hex
    assert payload["tags"] == {"colour": "red"}


def test_issues_are_numbered_by_project(project: Project) -> None:
    assert [make_issue(project).number, make_issue(project).number] == [1, 2]
