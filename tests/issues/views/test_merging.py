"""The merge and unmerge forms: what they do, what they say, where they lead."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from ingest.items import ReceivedItem
from issues import moving
from issues.digest import EventSink
from issues.models import Event, GroupHash, Issue, Rearrangement, Relocation
from projects.models import Project, Role, User
from tests.factories import NOW, make_issue, make_project, make_team

pytestmark = pytest.mark.django_db


def receive(project: Project, *names: str) -> list[Issue]:
    """One event for each name; an issue per name."""
    sink, at = EventSink(), NOW
    items = [
        ReceivedItem(
            project.pk,
            "event",
            {"exception": {"values": [{"type": name, "value": f"no {name}"}]}},
            uuid.uuid4().hex,
            at + timedelta(seconds=number),
        )
        for number, name in enumerate(names)
    ]
    with transaction.atomic():
        sink.store(sink.prepare(items), at)
    return [Issue.objects.get(type=name) for name in dict.fromkeys(names)]


def post(client: Client, verb: str, *args: object, **data: Any) -> str:
    answer = client.post(reverse(f"issues:{verb}", args=args), data, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def pair(project: Project) -> tuple[Issue, Issue]:
    first, second = receive(project, "First", "Second", "Second")
    return first, second


def test_merging_from_the_list_goes_into_the_oldest(
    member: Client, pair: tuple[Issue, Issue]
) -> None:
    first, second = pair
    page = post(
        member,
        "merge",
        issue=[second.pk, first.pk],
        into="oldest",
        next="/issues/?tab=all",
    )
    assert f"Merged {second.short_id} into {first.short_id}." in page
    assert [(i.pk, i.event_count) for i in Issue.objects.all()] == [(first.pk, 3)]
    assert set(Event.objects.values_list("issue_id", flat=True)) == {first.pk}
    key = member.session["undo"]["key"]
    assert "Undone." in post(member, "undo", key=key)
    assert dict(Issue.objects.values_list("pk", "event_count")) == {first.pk: 1, second.pk: 2}
    assert "can no longer be undone" in post(member, "undo", key=key)


def test_merging_into_the_one_with_the_most_events(
    member: Client, pair: tuple[Issue, Issue]
) -> None:
    post(member, "merge", issue=[issue.pk for issue in pair], into="events")
    assert Issue.objects.get().pk == pair[1].pk


@pytest.mark.parametrize(
    "text",
    ["{short_id}", "{pk}", "https://tracker.example/issues/{pk}/", "/issues/{pk}/events/{event}/"],
)
def test_merging_by_what_is_pasted(member: Client, pair: tuple[Issue, Issue], text: str) -> None:
    first, second = pair
    event = Event.objects.filter(issue_id=second.pk).latest("pk").event_id.hex
    pasted = text.format(short_id=second.short_id.lower(), pk=second.pk, event=event)
    post(member, "merge", issue=first.pk, into=f" {pasted} ")
    assert Issue.objects.get().pk == second.pk


def test_the_pasted_one_may_be_the_one_that_goes(member: Client, pair: tuple[Issue, Issue]) -> None:
    first, second = pair
    post(member, "merge", issue=first.pk, into=second.short_id, turn="1")
    assert Issue.objects.get().pk == first.pk


def test_what_was_merged_away_leads_to_where_it_is(
    member: Client, pair: tuple[Issue, Issue]
) -> None:
    first, second = pair
    event = Event.objects.filter(issue_id=second.pk).latest("pk")
    number, old = second.short_id, second.get_absolute_url()
    post(member, "comment", second.pk, text="found it")
    post(member, "merge", issue=second.pk, into=first.short_id)
    target = first.get_absolute_url()
    assert member.get(old)["Location"] == target
    assert member.get(reverse("issues:short_id", args=[number]), follow=True).redirect_chain[-1][
        0
    ] in (target, old)
    assert member.get(reverse("issues:find"), {"query": number})["Location"] == target
    moved = reverse("issues:event", args=[first.pk, event.event_id.hex])
    assert member.get(reverse("issues:event", args=[second.pk, event.event_id.hex]))[
        "Location"
    ] == (moved)
    page = member.get(moved).content.decode()
    assert "found it" in page, "its history is shown"
    assert f'Merged in <a href="{old}"' in page
    # A page that was open meanwhile still names the old one.
    assert "Resolved" in post(member, "resolve", issue=second.pk)


def test_searching_finds_an_issue_by_the_words_of_what_was_merged(
    member: Client, pair: tuple[Issue, Issue]
) -> None:
    first, second = pair
    post(member, "merge", issue=second.pk, into=first.short_id)
    page = member.get(reverse("issues:list"), {"query": "no second"}).content.decode()
    assert first.short_id in page


def test_taking_a_group_out_brings_the_merged_issue_back(
    member: Client, pair: tuple[Issue, Issue]
) -> None:
    first, second = pair
    post(member, "merge", issue=second.pk, into=first.short_id)
    page = member.get(first.get_absolute_url()).content.decode()
    assert "Made of 2 groups" in page
    assert f'Merged from <span class="mono">{second.short_id}</span>' in page
    chosen = GroupHash.objects.get(merged_from=second.pk)
    page = post(member, "unmerge", first.pk, hash=chosen.pk)
    assert f"Taken out of {first.short_id}: this is {second.short_id}." in page
    assert dict(Issue.objects.values_list("pk", "event_count")) == {first.pk: 1, second.pk: 2}
    assert not Relocation.objects.exists()
    post(member, "undo", key=member.session["undo"]["key"])
    assert list(Issue.objects.values_list("pk", "event_count")) == [(first.pk, 3)]


def test_a_group_of_its_own_becomes_a_new_issue(
    member: Client, project: Project, pair: tuple[Issue, Issue]
) -> None:
    first, second = pair
    post(member, "merge", issue=second.pk, into=first.short_id)
    chosen = GroupHash.objects.get(merged_from=None)
    post(member, "unmerge", first.pk, hash=chosen.pk)
    new = Issue.objects.exclude(pk=first.pk).get()
    assert (new.number, new.title, new.event_count) == (3, "First: no First", 1)
    project.refresh_from_db()
    assert project.last_issue_number == 3


def test_one_group_has_to_stay(member: Client, pair: tuple[Issue, Issue]) -> None:
    first, second = pair
    post(member, "merge", issue=second.pk, into=first.short_id)
    every = list(GroupHash.objects.values_list("pk", flat=True))
    assert "at least one" in post(member, "unmerge", first.pk, hash=every)
    assert Issue.objects.get().event_count == 3


def test_new_events_follow_the_merge(
    member: Client, project: Project, pair: tuple[Issue, Issue]
) -> None:
    first, second = pair
    post(member, "merge", issue=second.pk, into=first.short_id)
    sink = EventSink()
    exception = {"values": [{"type": "Second", "value": "no Second"}]}
    item = ReceivedItem(project.pk, "event", {"exception": exception}, uuid.uuid4().hex, NOW)
    with transaction.atomic():
        sink.store(sink.prepare([item]), NOW)
    assert Issue.objects.get().event_count == 4


def test_a_title_is_found_without_payloads(
    member: Client, pair: tuple[Issue, Issue], project: Project
) -> None:
    first, second = pair
    post(member, "merge", issue=second.pk, into=first.short_id)
    Event.objects.all().delete()
    post(member, "unmerge", first.pk, hash=GroupHash.objects.get(merged_from=None).pk)
    new = Issue.objects.exclude(pk=first.pk).get()
    assert new.type == "First"
    assert (new.event_count, new.first_seen) == (1, NOW)


def test_one_is_not_enough(member: Client, issue: Issue) -> None:
    assert "at least two" in post(member, "merge", issue=issue.pk, into="oldest")
    assert "at least two" in post(member, "merge", issue=issue.pk, into=issue.short_id)


def test_only_within_a_project(member: Client, issue: Issue) -> None:
    other = make_issue(make_project("Other", team=issue.project.teams.get()))
    assert "same project" in post(member, "merge", issue=issue.pk, into=other.short_id)
    assert Issue.objects.count() == 2


def test_a_foreign_issue_is_not_found(member: Client, issue: Issue) -> None:
    foreign = make_issue(make_project("Other", team=make_team()))
    for text in (foreign.short_id, str(foreign.pk), f"/issues/{foreign.pk}/", "no such thing"):
        assert "There is no issue" in post(member, "merge", issue=issue.pk, into=text)
    assert Issue.objects.count() == 2


@pytest.mark.parametrize("data", [{}, {"issue": "x"}, {"issue": ["1"] * 501}])
def test_what_is_no_issue_is_a_bad_request(member: Client, data: dict[str, Any]) -> None:
    assert member.post(reverse("issues:merge"), data).status_code == 400


def test_undo_asks_again_whether_one_may(member: Client, pair: tuple[Issue, Issue]) -> None:
    post(member, "merge", issue=[issue.pk for issue in pair])
    key = member.session["undo"]["key"]
    User.objects.get(email="member@example.com").memberships.update(role=Role.VIEWER)
    assert member.post(reverse("issues:undo"), {"key": key}).status_code == 403
    assert Issue.objects.count() == 1
    assert Rearrangement.objects.get().undone_at is None


def test_many_events_follow_in_chunks(
    member: Client, pair: tuple[Issue, Issue], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "CHUNK", 1)
    monkeypatch.setattr("issues.views.merging.MOVE_SECONDS", 0)
    first, second = pair
    newest, oldest = Event.objects.filter(issue_id=second.pk).order_by("-received_at")
    post(member, "merge", issue=second.pk, into=first.short_id)
    assert Event.objects.get(pk=newest.pk).issue_id == first.pk, "the newest first"
    late = Event.objects.get(pk=oldest.pk)
    assert late.issue_id == second.pk
    assert member.get(late.get_absolute_url(), follow=True).context["event"].pk == late.pk
    assert not moving.relocate(10)
    assert set(Event.objects.values_list("issue_id", flat=True)) == {first.pk}
    assert not Relocation.objects.exists()
