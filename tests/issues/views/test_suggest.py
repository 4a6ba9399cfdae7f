from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from projects.models import Project, User
from tests.factories import make_issue, make_project, make_release, make_tag

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(project: Project) -> Project:
    issue = make_issue(project)
    for key, value in (
        ("browser", "Firefox 145"), ("browser", "Firefox 144"), ("browser", "Safari 18"),
        ("environment", "production"), ("shop_floor", "2nd"), ("user", "id:5"),
        ("user", "email:bo@example.com"),
    ):  # fmt: skip
        make_tag(issue, key, value)
    make_release(project, "shop@1.0")
    make_release(project, "shop@2.0")
    return project


def offered(client: Client, term: str, **more: str) -> list[str]:
    answer = client.get(reverse("issues:suggest"), {"term": term, **more})
    assert answer.status_code == 200
    return [item["text"] for item in answer.json()["items"]]


@pytest.mark.parametrize(
    ("term", "items"),
    [
        ("lev", ["level:"]),
        ("FIRSTS", ["firstSeen:"]),
        ("shop_", ["shop_floor:"]),
        ("!lev", ["!level:"]),
        ("level:wa", ["level:warning"]),
        ("!is:unr", ["!is:unresolved"]),
        ("browser:Fire", ['browser:"Firefox 144"', 'browser:"Firefox 145"']),
        ('browser:"firefox 145', ['browser:"Firefox 145"']),
        ("browser:afari", ['browser:"Safari 18"']),
        ("environment:", ["environment:production"]),
        ("release:2", ["release:shop@2.0"]),
        ("release:l", ["release:latest"]),
        ("user.id:", ["user.id:5"]),
        ("user.email:bo", ["user.email:bo@example.com"]),
        ("has:shop", ["has:shop_floor"]),
        ("timesSeen:>100", ["timesSeen:>100", "timesSeen:>1000"]),
        ("lastSeen:-2", ["lastSeen:-24h"]),
        ("error.handled:t", ["error.handled:true"]),
        ("assigned:vie", ["assigned:viewer@example.com"]),
        ("nothing:", []),
        ("\0:\0", []),
        ("x" * 900, []),
    ],
)
def test_what_could_be_typed_next(
    viewer: Client, shop: Project, term: str, items: list[str]
) -> None:
    assert offered(viewer, term) == items
    assert offered(viewer, term, project=shop.slug) == items


def test_with_nothing_typed_the_common_keys_are_offered(viewer: Client, shop: Project) -> None:
    assert offered(viewer, "")[:3] == ["is:", "assigned:", "level:"]
    assert len(offered(viewer, "")) == 12


def test_only_of_projects_that_one_sees(stranger: Client, shop: Project) -> None:
    assert offered(stranger, "browser:") == []
    assert offered(stranger, "shop_") == []
    assert offered(stranger, "assigned:vie") == []
    url = reverse("issues:suggest")
    assert stranger.get(url, {"term": "", "project": shop.slug}).status_code == 404
    assert Client().get(url).status_code == 302


def test_few_queries_whatever_there_is(
    viewer: Client, shop: Project, django_assert_max_num_queries: Any
) -> None:
    for number in range(3):
        make_tag(make_issue(make_project(f"P{number}", team=shop.teams.get())), "browser", "X")
    assert User.objects.filter(email="viewer@example.com").exists()
    for term in ("bro", "browser:F", "assigned:", "release:"):
        with django_assert_max_num_queries(6):
            offered(viewer, term)
