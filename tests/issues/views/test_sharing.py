"""What whoever has the link sees, and what nobody does."""

import pytest
from django.test import Client
from django.urls import reverse

from issues import merging
from issues.models import Activity, Issue, IssueShare
from issues.states import Kind
from projects.models import Project
from tests.factories import NOW, make_event, make_issue

pytestmark = pytest.mark.django_db

SECRET = {
    "user": {"id": "u-77", "email": "secret-user@example.com", "ip_address": "203.0.113.9"},
    "request": {
        "url": "https://shop.example/secret-path",
        "headers": [["Cookie", "secret-cookie"]],
    },
    "breadcrumbs": {"values": [{"message": "secret-crumb"}]},
    "extra": {"note": "secret-extra"},
    "contexts": {"order": {"number": "secret-context"}},
    "tags": {"environment": "production", "customer": "secret-tag", "user": "id:u-77"},
}


def share(client: Client, issue: Issue) -> str:
    client.post(reverse("issues:share", args=[issue.pk]))
    return reverse("issues:shared", args=[IssueShare.objects.get(issue=issue).token])


def test_a_shared_issue_shows_its_stack_and_nothing_about_persons(
    member: Client, project: Project
) -> None:
    issue = make_issue(project, "ValueError: no mail for bob@example.com at 203.0.113.9")
    make_event(issue, SECRET)
    answer = Client().get(share(member, issue))
    page = answer.content.decode()
    assert answer.status_code == 200
    for text in ("ValueError", "no mail for [hidden] at [hidden]", "total", "production"):
        assert text in page
    for text in ("secret-", "bob@", "203.0.113", "u-77", "tea", "/srv/shop", project.name):
        assert text not in page
    assert "noindex" in answer["X-Robots-Tag"]
    assert (answer["Referrer-Policy"], answer["Cache-Control"]) == (
        "no-referrer",
        "private, no-store",
    )


def test_the_link_is_the_same_until_it_is_taken_back(member: Client, issue: Issue) -> None:
    url = share(member, issue)
    assert share(member, issue) == url
    assert url in member.get(issue.get_absolute_url()).content.decode()
    member.post(reverse("issues:unshare", args=[issue.pk]))
    assert Client().get(url).status_code == 404
    member.post(reverse("issues:unshare", args=[issue.pk]))
    assert share(member, issue) != url
    kinds = list(Activity.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == [Kind.SHARED, Kind.UNSHARED, Kind.SHARED]


def test_an_issue_without_events_is_shown(member: Client, issue: Issue) -> None:
    page = Client().get(share(member, issue)).content.decode()
    assert "No event of this issue is kept" in page


def test_the_link_of_a_merged_issue_leads_on(member: Client, project: Project) -> None:
    issue, other = make_issue(project, "A: one"), make_issue(project, "B: two")
    url = share(member, issue)
    merging.merge([issue], into=other, by=None, now=NOW)
    assert "two" in Client().get(url).content.decode()


def test_no_other_token_leads_anywhere(issue: Issue) -> None:
    assert Client().get(f"/share/{'x' * 43}/").status_code == 404
    assert Client().get("/share/1/").status_code == 404


def test_a_viewer_does_not_see_the_link(member: Client, viewer: Client, issue: Issue) -> None:
    url = share(member, issue)
    assert url not in viewer.get(issue.get_absolute_url()).content.decode()
