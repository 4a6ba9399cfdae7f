"""All tags of an issue, and all values of one."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from issues import tag_values
from issues.models import GroupHash, Issue
from tests.factories import NOW, make_event, make_tag

pytestmark = pytest.mark.django_db


def url(issue: Issue) -> str:
    return reverse("issues:tags", args=[issue.pk])


def test_every_tag_with_its_values_and_shares(viewer: Client, issue: Issue) -> None:
    for _ in range(4):
        make_event(issue)
    make_tag(issue, "browser", "Firefox 145", count=3)
    make_tag(issue, "browser", "Chrome 140")
    make_tag(issue, "vip", "yes")
    answer = viewer.get(url(issue))
    browser, vip = answer.context["tags"]
    assert [(v.text, v.events, v.share) for v in browser.values] == [
        ("Firefox 145", 3, 0.75),
        ("Chrome 140", 1, 0.25),
    ]
    assert (vip.coverage, vip.value_count) == (0.25, 1)
    page = answer.content.decode()
    assert "?query=vip%3Ayes&amp;tab=all" in page
    assert f"{reverse('issues:events', args=[issue.pk])}?query=browser%3A%22Firefox+145%22" in page


def test_values_of_several_hashes_are_one(viewer: Client, issue: Issue) -> None:
    make_tag(issue, "vip", "yes", count=2)
    second = GroupHash.objects.create(
        project=issue.project, hash="x" * 32, issue=issue, config="test", created_at=NOW
    )
    tag = make_tag(issue, "vip", "no")
    type(tag).objects.filter(pk=tag.pk).update(grouphash_id=second.pk, value="yes", count=5)
    (vip,) = viewer.get(url(issue)).context["tags"]
    assert [(v.text, v.events) for v in vip.values] == [("yes", 7)]


@pytest.mark.parametrize("limit", [5_000, 3], ids=["by number", "by name"])
def test_one_tag_goes_on_to_its_end(
    viewer: Client, issue: Issue, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(tag_values, "MAX_SORTED", limit)
    for number in range(120):
        make_tag(issue, "user", f"id:{number:03}:x", count=1 + number % 3)
    seen, after = [], ""
    while True:
        values = viewer.get(url(issue), {"key": "user", "after": after}).context["values"]
        seen += [row.text for row in values.rows]
        after = values.older
        if not after:
            break
    assert len(seen) == len(set(seen)) == 120
    assert seen[0] == ("id:002:x" if limit > 120 else "id:000:x")
    all_tags = viewer.get(url(issue)).context["tags"]
    assert len(all_tags[0].values) == (tag_values.TOP if limit > 120 else 0)


def test_a_tag_that_is_not_there_is_404(viewer: Client, issue: Issue) -> None:
    make_tag(issue, "vip", "yes")
    assert viewer.get(url(issue), {"key": "nothing"}).status_code == 404
    for after in ("\0", "9" * 30 + ":x", "x", "-1:", ":"):
        assert viewer.get(url(issue), {"key": "vip", "after": after}).status_code == 200


def test_an_issue_without_tags_has_a_page(viewer: Client, issue: Issue) -> None:
    assert "No tags" in viewer.get(url(issue)).content.decode()


def test_hostile_names_stay_text(viewer: Client, issue: Issue) -> None:
    evil = "\"'><script>alert(1)</script>/../?#&"
    make_tag(issue, evil, evil)
    for query in ({}, {"key": evil}):
        page = viewer.get(url(issue), query).content.decode()
        assert "<script>alert" not in page
        assert "alert(1)" in page


def test_the_number_of_queries_is_fixed(
    viewer: Client, issue: Issue, django_assert_num_queries: Any
) -> None:
    for number in range(30):
        make_tag(issue, f"tag{number}", "x")
        make_tag(issue, "many", f"{number}")
    with django_assert_num_queries(6):  # session, user, issue, role, sums, values
        viewer.get(url(issue))
    with django_assert_num_queries(6):
        viewer.get(url(issue), {"key": "many"})
