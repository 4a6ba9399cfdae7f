from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from issues.models import DefaultSearch, SavedSearch
from projects.models import Project, User
from tests.factories import make_issue

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(project: Project) -> Project:
    Project.objects.update(first_event_at=timezone.now())
    return project


def add(client: Client, project: Project | None, name: str = "Mine", **more: str) -> Any:
    where = {"project": project.slug} if project else {}
    posted = {"name": name, "list": "query=level%3Aerror&tab=all&cursor=a1_1_1", **where, **more}
    return client.post(reverse("issues:saved_add"), posted)


def change(client: Client, search: SavedSearch, verb: str, **more: str) -> int:
    url = reverse("issues:saved_change", args=[search.pk])
    return int(client.post(url, {"verb": verb, **more}).status_code)


def names(client: Client, project: Project) -> list[str]:
    """What the menu of the list offers."""
    answer = client.get(reverse("issues:project", args=[project.slug]), {"query": ""})
    return [entry.search.name for entry in answer.context["searches"]]


def test_a_search_is_kept_without_its_page(member: Client, shop: Project) -> None:
    add(member, shop)
    search = SavedSearch.objects.get()
    assert search.params == "query=level%3Aerror&tab=all"
    assert names(member, shop) == ["Mine"]
    page = member.get(reverse("issues:saved"), {"project": shop.slug}).content.decode()
    assert "Mine" in page


def test_saving_again_under_the_same_name_changes_it(member: Client, shop: Project) -> None:
    add(member, shop)
    add(member, shop, list="query=other")
    assert SavedSearch.objects.get().params == "query=other"


def test_one_of_all_projects_is_apart(member: Client, shop: Project) -> None:
    add(member, None)
    add(member, None)
    assert SavedSearch.objects.get().project is None
    assert names(member, shop) == []


def test_others_see_what_is_shared(member: Client, viewer: Client, shop: Project) -> None:
    add(member, shop, "Own")
    add(member, shop, "For all", share="on")
    assert names(viewer, shop) == ["For all"]
    assert sorted(names(member, shop)) == ["For all", "Own"]


def test_the_list_opens_with_the_default(viewer: Client, member: Client, shop: Project) -> None:
    add(member, shop, share="on")
    search = SavedSearch.objects.get()
    url = reverse("issues:project", args=[shop.slug])
    assert change(viewer, search, "default") == 302
    assert viewer.get(url)["Location"] == f"{url}?{search.params}"
    assert viewer.get(url, {"query": ""}).status_code == 200
    assert member.get(url).status_code == 200
    change(viewer, search, "default")
    assert DefaultSearch.objects.count() == 1
    change(viewer, search, "no-default")
    assert viewer.get(url).status_code == 200


def test_a_default_with_nothing_in_it_does_not_lead_in_circles(
    viewer: Client, shop: Project
) -> None:
    add(viewer, shop, list="", default="on")
    url = reverse("issues:project", args=[shop.slug])
    answer = viewer.get(url, follow=True)
    assert answer.redirect_chain == [(f"{url}?query=", 302)]


def test_a_default_that_is_no_longer_shared_is_none(
    viewer: Client, member: Client, shop: Project
) -> None:
    add(member, shop, share="on")
    search = SavedSearch.objects.get()
    change(viewer, search, "default")
    assert change(member, search, "unshare") == 302
    assert viewer.get(reverse("issues:project", args=[shop.slug])).status_code == 200


def test_renaming_and_deleting(member: Client, shop: Project) -> None:
    add(member, shop)
    add(member, shop, "Second")
    search = SavedSearch.objects.get(name="Mine")
    change(member, search, "rename", name="  New   name ")
    search.refresh_from_db()
    assert search.name == "New name"
    for taken in ("Second", "", "x" * 81, "\0"):
        change(member, search, "rename", name=taken)
        search.refresh_from_db()
        assert search.name == "New name"
    change(member, search, "delete")
    assert not SavedSearch.objects.filter(pk=search.pk).exists()
    assert change(member, search, "delete") == 404


def test_who_may_share_and_change(
    viewer: Client, member: Client, owner: Client, stranger: Client, shop: Project
) -> None:
    assert add(viewer, shop, share="on").status_code == 403
    assert add(stranger, shop).status_code == 404
    assert stranger.get(reverse("issues:saved"), {"project": shop.slug}).status_code == 404
    add(member, shop)
    own = SavedSearch.objects.get()
    for client in (viewer, owner, stranger):
        assert change(client, own, "default") == 404
    assert change(member, own, "share") == 302
    assert change(viewer, own, "delete") == 403
    assert change(viewer, own, "rename", name="x") == 403
    assert change(stranger, own, "default") == 404
    assert change(member, own, "explode") == 400
    assert change(owner, own, "delete") == 302


def test_a_search_of_somebody_who_left_the_team(member: Client, shop: Project) -> None:
    add(member, shop)
    User.objects.get(email="member@example.com").memberships.all().delete()
    assert change(member, SavedSearch.objects.get(), "rename", name="x") == 404


def test_a_viewer_does_not_share_later(viewer: Client, shop: Project) -> None:
    add(viewer, shop)
    assert change(viewer, SavedSearch.objects.get(), "share") == 403


def test_there_is_an_end(member: Client, shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("issues.saved.MOST", 2)
    for number in range(4):
        add(member, shop, f"Number {number}")
    assert SavedSearch.objects.count() == 2
    add(member, shop, "Number 1", list="query=again")
    assert SavedSearch.objects.get(name="Number 1").params == "query=again"


def test_the_page_of_searches_asks_as_often_for_many(
    member: Client, shop: Project, django_assert_num_queries: Any
) -> None:
    make_issue(shop)
    for number in range(20):
        add(member, shop, f"Number {number}", share="on")
    with django_assert_num_queries(7):
        member.get(reverse("issues:saved"), {"project": shop.slug})


def test_nobody_gets_in_without_an_account(member: Client, shop: Project) -> None:
    add(member, shop)
    login = reverse("account_login")
    search = SavedSearch.objects.get()
    assert Client().get(reverse("issues:saved"))["Location"].startswith(login)
    assert add(Client(), shop)["Location"].startswith(login)
    assert change(Client(), search, "delete") == 302
    assert SavedSearch.objects.get() == search
