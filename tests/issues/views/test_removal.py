"""Deleting asks once and says what will be lost; what is discarded can be taken back."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from issues import removal
from issues.models import Discard, Issue
from projects.models import Project
from tests.factories import NOW, make_event, make_issue

pytestmark = pytest.mark.django_db

DELETE = "/issues/delete/"


def test_it_asks_first(member: Client, project: Project) -> None:
    issues = [make_issue(project, f"E{n}: x", event_count=1000) for n in range(12)]
    page = member.post(DELETE, {"issue": [i.pk for i in issues]}).content.decode()
    assert "Delete 12 issues?" in page
    assert 'title="12,000"' in page
    assert "and 2 more" in page
    assert page.count('name="issue"') == 12
    assert Issue.objects.count() == 12


def test_it_deletes_when_one_is_sure(member: Client, issue: Issue) -> None:
    address = issue.get_absolute_url()
    sure = {"issue": issue.pk, "sure": "1", "next": address}
    answer = member.post(DELETE, sure, follow=True)
    assert f"Deleted {issue.short_id}." in answer.content.decode()
    assert answer.redirect_chain[-1][0] == reverse("issues:project", args=[issue.project.slug])
    assert member.get(address).status_code == 404
    assert member.post(DELETE, sure).status_code == 404, "it is no more"


def test_back_to_the_list_as_it_was(member: Client, issue: Issue) -> None:
    target = "/issues/?tab=all"
    answer = member.post(DELETE, {"issue": issue.pk, "sure": "1", "next": target})
    assert answer["Location"] == target


def test_discarding_and_taking_it_back(member: Client, issue: Issue) -> None:
    make_event(issue)
    asked = member.post(DELETE, {"issue": issue.pk, "discard": "1"}).content.decode()
    assert "discard what comes?" in asked
    member.post(DELETE, {"issue": issue.pk, "discard": "1", "sure": "1"})
    listed = reverse("issues:discarded", args=[issue.project.slug])
    page = member.get(listed).content.decode()
    assert issue.title.replace("'", "&#x27;") in page
    assert "Events of 1 deleted issue are still being removed" in page
    removal.carry_on(5)
    assert "still being removed" not in member.get(listed).content.decode()
    discard = Discard.objects.get()
    member.post(reverse("issues:take_back", args=[issue.project.slug, discard.pk]))
    assert "Nothing is discarded" in member.get(listed).content.decode()


def test_the_list_of_discards_costs_the_same_for_many(
    viewer: Client, project: Project, django_assert_num_queries: Any
) -> None:
    url = reverse("issues:discarded", args=[project.slug])
    for _ in range(2):
        removal.delete([make_issue(project) for _ in range(5)], by=None, now=NOW, discard=True)
        with django_assert_num_queries(7):
            viewer.get(url)
