import pytest
from django.test import Client
from django.urls import reverse

from issues.models import Issue
from projects.models import PrefixAlias
from tests.factories import make_event

pytestmark = pytest.mark.django_db


def test_short_ids_lead_to_the_issue(viewer: Client, issue: Issue) -> None:
    for text in (issue.short_id, issue.short_id.lower()):
        assert viewer.get(f"/issues/{text}/")["Location"] == issue.get_absolute_url()
        assert (
            viewer.get(f"/organizations/any/issues/{text}/")["Location"] == issue.get_absolute_url()
        )


def test_old_prefixes_keep_leading_there(viewer: Client, issue: Issue) -> None:
    PrefixAlias.objects.create(prefix="OLD-NAME", project=issue.project)
    assert viewer.get(f"/issues/OLD-NAME-{issue.number}/")["Location"] == issue.get_absolute_url()


def test_addresses_of_other_trackers_lead_there(viewer: Client, issue: Issue) -> None:
    assert (
        viewer.get(f"/organizations/x/issues/{issue.pk}/")["Location"] == issue.get_absolute_url()
    )


def test_what_is_not_there_is_404(viewer: Client, issue: Issue) -> None:
    for path in ("/issues/NOPE-1/", f"/issues/{issue.project.prefix}-999/", "/issues/0/"):
        assert viewer.get(path).status_code == 404


def test_event_ids_lead_to_the_event(viewer: Client, issue: Issue) -> None:
    event = make_event(issue)
    for text in (event.event_id.hex, str(event.event_id), f"  {event.event_id.hex.upper()} "):
        answer = viewer.get(reverse("issues:find"), {"query": text})
        assert answer["Location"] == event.get_absolute_url()


@pytest.mark.parametrize(
    "text", ["basket", "NOPE-1", "12133dbd638d4e67b6da94d61d7baefe", "\0", "-5", "A-٣", ""]
)
def test_anything_else_is_a_search(viewer: Client, issue: Issue, text: str) -> None:
    answer = viewer.get(reverse("issues:find"), {"query": text})
    assert answer["Location"].startswith(reverse("issues:list"))
