import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from issues import bulk
from issues.models import BulkJob, BulkState, Discard, Issue
from issues.states import Status
from issues.views.issue_list import PAGE
from projects.models import Project
from tests.factories import make_issue

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(project: Project) -> Project:
    Project.objects.update(first_event_at=timezone.now())
    for number in range(PAGE + 5):
        make_issue(project, f"KeyError: {number}")
    return project


def all_of(project: Project, query: str = "", **more: str) -> dict[str, str]:
    back = reverse("issues:project", args=[project.slug])
    return {"all": "1", "list": f"query={query}", "project": project.slug, "next": back, **more}


def test_a_full_page_offers_all_that_match(member: Client, shop: Project) -> None:
    url = reverse("issues:project", args=[shop.slug])
    assert "that match</label>" in member.get(url).content.decode()
    assert "that match</label>" not in member.get(url, {"query": '"error: 7"'}).content.decode()


def test_few_are_done_at_once_and_undone_from_the_toast(member: Client, shop: Project) -> None:
    url = reverse("issues:bulk", args=["resolve"])
    answer = member.post(url, all_of(shop), follow=True)
    assert Issue.objects.filter(status=Status.RESOLVED).count() == PAGE + 5
    page = answer.content.decode()
    assert f"Resolved {PAGE + 5} issues." in page
    job = BulkJob.objects.get()
    undo = reverse("issues:bulk_decide", args=[job.pk])
    assert undo in page
    answer = member.post(undo, {"verb": "undo"}, follow=True)
    assert f"Undone for {PAGE + 5} issues." in answer.content.decode()
    assert not Issue.objects.filter(status=Status.RESOLVED).exists()
    # Again: nothing more happens.
    member.post(undo, {"verb": "undo"})
    assert BulkJob.objects.count() == 2


def test_many_go_on_in_the_background_with_a_page(
    member: Client, shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 10)
    monkeypatch.setattr(bulk, "CHUNK", 20)
    answer = member.post(reverse("issues:bulk", args=["mute"]), all_of(shop, **{"for": "week"}))
    job = BulkJob.objects.get()
    page_url = reverse("issues:bulk_job", args=[job.pk])
    assert answer["Location"] == page_url
    assert not Issue.objects.filter(status=Status.MUTED).exists()
    decide = reverse("issues:bulk_decide", args=[job.pk])
    bulk.step(job.pk)
    assert "44 %" in member.get(page_url).content.decode()
    member.post(decide, {"verb": "stop"})
    assert not bulk.carry_on(5)
    assert "Go on" in member.get(page_url).content.decode()
    member.post(decide, {"verb": "resume"})
    bulk.carry_on(5)
    page = member.get(page_url).content.decode()
    assert "100 %" in page
    assert "Undo" in page
    assert Issue.objects.filter(status=Status.MUTED).count() == PAGE + 5


def test_deleting_all_asks_once_and_says_what_will_be_lost(member: Client, shop: Project) -> None:
    make_issue(shop, "TypeError: stays")
    url = reverse("issues:bulk", args=["delete"])
    page = member.post(url, all_of(shop, "keyerror", discard="1")).content.decode()
    assert f"Delete all {PAGE + 5} issues that match and discard what comes?" in page
    assert 'name="sure"' in page
    assert Issue.objects.count() == PAGE + 6
    answer = member.post(url, all_of(shop, "keyerror", discard="1", sure="1"), follow=True)
    assert f"Deleted {PAGE + 5} issues." in answer.content.decode()
    assert "bulk_decide" not in answer.content.decode()
    assert [issue.type for issue in Issue.objects.all()] == ["TypeError"]
    assert Discard.objects.count() == PAGE + 5
    for sure in ({}, {"sure": "1"}):
        answer = member.post(url, all_of(shop, "keyerror", **sure), follow=True)
        assert "No issue matches any more." in answer.content.decode()


def test_deleting_what_is_ticked_asks_as_well(member: Client, shop: Project) -> None:
    first = Issue.objects.earliest("pk")
    url = reverse("issues:bulk", args=["delete"])
    page = member.post(url, {"issue": first.pk, "list": ""}).content.decode()
    assert f"Delete {first.short_id}?" in page
    assert Issue.objects.filter(pk=first.pk).exists()


def test_a_viewer_deletes_nothing(viewer: Client, stranger: Client, shop: Project) -> None:
    url = reverse("issues:bulk", args=["delete"])
    for more in ({}, {"sure": "1"}):
        assert viewer.post(url, all_of(shop, **more)).status_code == 403
        assert stranger.post(url, all_of(shop, **more)).status_code == 404
    assert Issue.objects.count() == PAGE + 5


def test_the_ticked_ones_go_the_short_way(member: Client, shop: Project) -> None:
    first = Issue.objects.earliest("pk")
    member.post(reverse("issues:bulk", args=["resolve"]), {"issue": first.pk, "list": ""})
    assert Issue.objects.get(status=Status.RESOLVED) == first
    assert not BulkJob.objects.exists()


def test_what_is_wrong_is_said(member: Client, shop: Project) -> None:
    url = reverse("issues:bulk", args=["resolve"])
    answer = member.post(url, all_of(shop, "is:opne"), follow=True)
    assert "nothing was done" in answer.content.decode()
    answer = member.post(url, all_of(shop, "nothinglikeit"), follow=True)
    assert "No issue matches any more." in answer.content.decode()
    answer = member.post(reverse("issues:bulk", args=["mute"]), all_of(shop, **{"for": "ever"}))
    assert answer.status_code == 302
    assert BulkJob.objects.get().state == BulkState.REFUSED
    assert member.post(reverse("issues:bulk", args=["explode"]), all_of(shop)).status_code == 404
    job_url = reverse("issues:bulk_decide", args=[BulkJob.objects.get().pk])
    assert member.post(job_url, {"verb": "explode"}).status_code == 400


def test_a_job_is_its_owners(
    member: Client, owner: Client, stranger: Client, shop: Project
) -> None:
    member.post(reverse("issues:bulk", args=["resolve"]), all_of(shop))
    job = BulkJob.objects.get()
    for client in (owner, stranger):
        assert client.get(reverse("issues:bulk_job", args=[job.pk])).status_code == 404
        url = reverse("issues:bulk_decide", args=[job.pk])
        assert client.post(url, {"verb": "undo"}).status_code == 404


def test_who_may_only_look_and_who_may_not_even_that(
    viewer: Client, stranger: Client, shop: Project
) -> None:
    url = reverse("issues:bulk", args=["resolve"])
    assert viewer.post(url, all_of(shop)).status_code == 403
    assert stranger.post(url, all_of(shop)).status_code == 404
    # Of all projects: there are none to decide about.
    viewer.post(url, {"all": "1", "list": "query="})
    stranger.post(url, {"all": "1", "list": "query="})
    assert not BulkJob.objects.exists()
    assert not Issue.objects.filter(status=Status.RESOLVED).exists()


def test_nobody_gets_in_without_an_account(member: Client, shop: Project) -> None:
    member.post(reverse("issues:bulk", args=["resolve"]), all_of(shop))
    job = BulkJob.objects.get()
    login = reverse("account_login")
    for url in (
        reverse("issues:bulk", args=["resolve"]),
        reverse("issues:bulk_decide", args=[job.pk]),
    ):
        assert Client().post(url, {"verb": "undo"})["Location"].startswith(login)
        assert member.get(url).status_code == 405
    page = Client().get(reverse("issues:bulk_job", args=[job.pk]))
    assert page["Location"].startswith(login)
