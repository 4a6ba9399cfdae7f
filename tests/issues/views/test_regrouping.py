"""Project settings, grouping changes: look, apply, undo; for admins only."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from issues import upkeep
from issues.models import Issue, RegroupRun, RegroupState
from projects.models import Project
from tests.issues.regroup.test_apply import DEEPER, Stream, error
from tests.issues.views.test_grouping import typed

pytestmark = pytest.mark.django_db


@pytest.fixture
def stream(project: Project) -> Stream:
    stream = Stream()
    stream.project = project
    stream.now = timezone.now()
    stream.receive(error("a"), error("a"), error("b"))
    return stream


def work() -> None:
    for _ in range(20):
        upkeep.carry_on(0.1)


def post(client: Client, name: str, *args: object, **data: str) -> str:
    answer = client.post(reverse(f"issues:{name}", args=args), data, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_look_apply_and_undo(owner: Client, stream: Stream) -> None:
    slug = stream.project.slug
    page = post(owner, "grouping", slug, **typed(depth="2"), dry_run="1", days="7")
    assert "of 3 events" in page
    assert "data-running" in page
    work()
    run = RegroupRun.objects.get()
    url = reverse("issues:grouping_change", args=[slug, run.pk])
    page = owner.get(url).content.decode()
    assert "Issues that split" in page
    assert "to a new issue" in page
    assert Issue.objects.count() == 1
    post(owner, "grouping_decide", slug, run.pk, verb="save_and_move")
    work()
    assert sorted(Issue.objects.values_list("event_count", flat=True)) == [1, 2]
    assert Project.objects.get(pk=stream.project.pk).grouping_depth == 2
    assert "Undo: the rules as before, the events back" in owner.get(url).content.decode()
    post(owner, "grouping_decide", slug, run.pk, verb="undo")
    work()
    assert list(Issue.objects.values_list("event_count", flat=True)) == [3]
    assert "moved back" in owner.get(url).content.decode()
    journal = owner.get(reverse("issues:grouping_changes", args=[slug])).content.decode()
    assert "Undone" in journal
    assert Project.objects.get(pk=stream.project.pk).grouping_depth == 1
    page = post(owner, "grouping_decide", slug, run.pk, verb="save_and_move")
    assert "has gone on in the meantime" in page


def test_what_is_as_it_should_be_has_nothing_to_move(owner: Client, stream: Stream) -> None:
    post(owner, "grouping_look", stream.project.slug)
    work()
    run = RegroupRun.objects.get()
    url = reverse("issues:grouping_change", args=[stream.project.slug, run.pk])
    assert "Nothing to move" in owner.get(url).content.decode()
    assert "Dropped" in post(owner, "grouping_decide", stream.project.slug, run.pk, verb="drop")
    assert RegroupRun.objects.get().state == RegroupState.DROPPED


@pytest.mark.parametrize(
    "data",
    [
        {"days": "x"},
        {"days": "0"},
        {"days": "99999999"},
    ],
)
def test_what_no_form_sends_is_a_bad_request(
    owner: Client, project: Project, data: dict[str, str]
) -> None:
    answer = owner.post(reverse("issues:grouping_look", args=[project.slug]), data)
    assert answer.status_code == 400
    assert not RegroupRun.objects.exists()


def pages(stream: Stream) -> list[tuple[str, str]]:
    slug, run = stream.project.slug, stream.regroup(DEEPER)
    return [
        ("get", reverse("issues:grouping_changes", args=[slug])),
        ("get", reverse("issues:grouping_change", args=[slug, run.pk])),
        ("post", reverse("issues:grouping_look", args=[slug])),
        ("post", reverse("issues:grouping_decide", args=[slug, run.pk])),
    ]


def test_it_is_for_admins(viewer: Client, member: Client, stranger: Client, stream: Stream) -> None:
    for method, url in pages(stream):
        for client, status in ((viewer, 403), (member, 403), (stranger, 404)):
            assert (
                getattr(client, method)(url, {"verb": "save_and_move", "days": "7"}).status_code
                == status
            )
        assert getattr(Client(), method)(url).status_code == 302
    assert RegroupRun.objects.get().state == RegroupState.PLANNED


def test_another_projects_run_is_not_there(owner: Client, project: Project) -> None:
    other = Stream()
    other.receive(error())
    run = other.regroup(DEEPER)
    url = reverse("issues:grouping_change", args=[project.slug, run.pk])
    assert owner.get(url).status_code == 404
