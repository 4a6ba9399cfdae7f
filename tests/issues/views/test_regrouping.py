"""Project settings, grouping changes: look, apply, undo; for admins only."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from issues import upkeep
from issues.models import EventPayload, Issue, RegroupRun, RegroupState
from issues.regroup import apply
from projects.models import Project, User
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


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is on its way that was grouped as before."""
    monkeypatch.setattr(apply, "GRACE", timedelta(0))


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
    stream.receive(error("b"))
    post(owner, "grouping_decide", slug, run.pk, verb="undo")
    work()
    assert list(Issue.objects.values_list("event_count", flat=True)) == [4]
    assert "1 of them was moved, too" in owner.get(url).content.decode()
    late = RegroupRun.objects.get(follows=run)
    page = owner.get(reverse("issues:grouping_change", args=[slug, late.pk])).content.decode()
    assert "a change that was undone" in page
    assert "moved back" in owner.get(url).content.decode()
    journal = owner.get(reverse("issues:grouping_changes", args=[slug])).content.decode()
    assert "Undone" in journal
    assert Project.objects.get(pk=stream.project.pk).grouping_depth == 1
    page = post(owner, "grouping_decide", slug, run.pk, verb="save_and_move")
    assert "has gone on in the meantime" in page


def begun(client: Client, stream: Stream, **changes: str) -> str:
    """The address of a run that has looked with what was typed."""
    address = reverse("issues:grouping", args=[stream.project.slug])
    answer = client.post(address, typed(**changes) | {"dry_run": "1", "days": ""})
    work()
    return str(answer["Location"])


def page_of(client: Client, url: str) -> str:
    return client.get(url).content.decode()


def run_of(url: str) -> str:
    return url.rstrip("/").rpartition("/")[2]


RULE = "function:b -> {{ default }}, b"


def test_the_page_shows_what_differs_from_the_rules_in_force(owner: Client, stream: Stream) -> None:
    Project.objects.update(grouping_fingerprint_rules="# ours\r\ntype:Gone -> gone")
    url = begun(owner, stream, fingerprint_rules=f"# ours\r\n{RULE}", max_texts="")
    assert Project.objects.get(pk=stream.project.pk).grouping_max_texts == 25
    page = page_of(owner, url)
    assert "Rules that are not in force" in page
    assert "Taken away: </span>type:Gone -&gt; gone</del>" in page
    assert "Added: </span>function:b -&gt; {{ default }}, b</ins>" in page
    assert '<span class="line"># ours</span>' in page
    assert "No limit" in page
    post(owner, "grouping_decide", stream.project.slug, run_of(url), verb="save")
    found = Project.objects.get(pk=stream.project.pk)
    assert (found.grouping_fingerprint_rules, found.grouping_max_texts) == (f"# ours\n{RULE}", 0)
    page = page_of(owner, url)
    assert "Move the events, too" in page
    post(owner, "grouping_decide", stream.project.slug, run_of(url), verb="undo")
    assert "Gone" in Project.objects.get(pk=stream.project.pk).grouping_fingerprint_rules
    assert "The rules before given back" in page_of(owner, url)


def test_rules_that_will_not_do_are_not_looked_with(owner: Client, stream: Stream) -> None:
    page = post(
        owner, "grouping", stream.project.slug, **typed(stack_rules="function:a +ap"), dry_run="1"
    )
    assert "Line 1, column 12: “+ap” is no action." in page
    assert not RegroupRun.objects.exists()


def test_settings_that_were_changed_since_are_said_and_looked_with_again(
    owner: Client, stream: Stream
) -> None:
    url = begun(owner, stream, fingerprint_rules=RULE)
    Project.objects.update(grouping_stack_rules="function:x -app")
    page = page_of(owner, url)
    assert "settings were changed since this dry run" in page
    assert "Save these rules" not in page
    slug = stream.project.slug
    for verb in ("save", "save_and_move", "move"):
        page = post(owner, "grouping_decide", slug, run_of(url), verb=verb)
        assert "Nothing was done: the settings were changed" in page
    assert Issue.objects.count() == 1
    post(owner, "grouping_look", slug, again=run_of(url), days="")
    work()
    run = RegroupRun.objects.latest("pk")
    assert run.candidate["fingerprint_rules"] == RULE
    assert "Save these rules and move the events" in page_of(
        owner, reverse("issues:grouping_change", args=[slug, run.pk])
    )


def test_undo_says_beforehand_that_other_settings_stay(owner: Client, stream: Stream) -> None:
    url = begun(owner, stream, fingerprint_rules=RULE)
    slug = stream.project.slug
    post(owner, "grouping_decide", slug, run_of(url), verb="save_and_move")
    work()
    Project.objects.update(grouping_depth=4)
    assert "Undoing only moves the events back" in page_of(owner, url)
    post(owner, "grouping_decide", slug, run_of(url), verb="undo")
    work()
    assert "Rules left as they are" in page_of(owner, url)
    assert Project.objects.get(pk=stream.project.pk).grouping_fingerprint_rules == RULE


def test_rules_of_a_run_can_be_changed_in_the_form(owner: Client, stream: Stream) -> None:
    url = begun(owner, stream, fingerprint_rules=RULE, depth="3")
    address = reverse("issues:grouping", args=[stream.project.slug])
    assert f'href="{address}?run={run_of(url)}"' in page_of(owner, url)
    page = page_of(owner, f"{address}?run={run_of(url)}")
    assert "function:b -&gt; {{ default }}, b</textarea>" in page
    assert '<option value="3" selected>' in page
    other = Stream()
    foreign = other.regroup({"fingerprint_rules": "type:Secret -> x"})
    assert "Secret" not in page_of(owner, f"{address}?run={foreign.pk}")
    assert owner.get(f"{address}?run={'9' * 30}").status_code == 200


def test_the_plain_look_tries_the_rules_in_force(owner: Client, stream: Stream) -> None:
    Project.objects.update(grouping_fingerprint_rules=RULE)
    post(owner, "grouping_look", stream.project.slug)
    work()
    run = RegroupRun.objects.get()
    assert run.candidate["fingerprint_rules"] == RULE
    url = reverse("issues:grouping_change", args=[stream.project.slug, run.pk])
    page = page_of(owner, url)
    assert "Move the events" in page
    assert "Save these rules" not in page
    post(owner, "grouping_decide", stream.project.slug, run.pk, verb="move")
    work()
    assert sorted(Issue.objects.values_list("event_count", flat=True)) == [1, 2]


def test_events_without_payload_are_said(owner: Client, stream: Stream) -> None:
    EventPayload.objects.order_by("pk")[:1].get().delete()
    page = page_of(owner, begun(owner, stream, fingerprint_rules=RULE))
    assert "<b>1</b> more is no longer kept: it stays where it is." in page


def test_every_step_is_in_the_journal_with_who_and_how_many(owner: Client, stream: Stream) -> None:
    url = begun(owner, stream, fingerprint_rules=RULE)
    slug = stream.project.slug
    post(owner, "grouping_decide", slug, run_of(url), verb="save_and_move")
    work()
    steps = page_of(owner, url).partition('id="steps-title"')[2]
    for words in (
        "Dry run begun: <b>3</b>",
        "Rules saved",
        "Moving decided: <b>3</b>",
        "Events moved: <b>1</b>",
    ):
        assert words in steps
    name = User.objects.get(email="owner@example.com").display_name
    assert steps.count(name) == 3
    begun(owner, stream)
    dropped = RegroupRun.objects.latest("pk")
    post(owner, "grouping_decide", slug, dropped.pk, verb="drop")
    journal = page_of(owner, reverse("issues:grouping_changes", args=[slug]))
    for words in ("Applied", "Dropped", "saved <time", "tried"):
        assert words in journal


def test_a_form_of_another_site_begins_nothing(owner: Client, stream: Stream) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(email="owner@example.com"))
    address = reverse("issues:grouping", args=[stream.project.slug])
    assert strict.post(address, typed() | {"dry_run": "1", "days": "7"}).status_code == 403
    assert not RegroupRun.objects.exists()


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
        ("post", reverse("issues:grouping", args=[slug])),
    ]


def test_it_is_for_admins(viewer: Client, member: Client, stranger: Client, stream: Stream) -> None:
    for method, url in pages(stream):
        for client, status in ((viewer, 403), (member, 403), (stranger, 404)):
            assert (
                getattr(client, method)(
                    url, typed() | {"verb": "save_and_move", "days": "7", "dry_run": "1"}
                ).status_code
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
    look = reverse("issues:grouping_look", args=[project.slug])
    assert owner.post(look, {"again": str(run.pk)}).status_code == 404
    assert owner.post(look, {"again": "x"}).status_code == 404
