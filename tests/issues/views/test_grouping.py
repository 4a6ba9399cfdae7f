"""The settings page of grouping: what is typed, tried and saved, and what comes of it."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ingest.items import ReceivedItem
from issues.digest import EventSink
from issues.grouping.rules.syntax import quoted
from issues.grouping_form import GroupingForm, save_grouping
from issues.models import Event, GroupHash, Issue, IssueFamily
from issues.options import KEPT_TOGETHER, grouping_of
from projects.models import Project, User
from tests.factories import make_project, make_team

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)


def address(project: Project) -> str:
    return reverse("issues:grouping", args=[project.slug])


def typed(**changes: str) -> dict[str, str]:
    """What a browser sends."""
    plain = ("event", "pasted", "try")
    return {
        "grouping_fingerprint_rules": "",
        "grouping_stack_rules": "",
        "grouping_depth": "1",
        "grouping_generic_types": "",
        "grouping_max_texts": "25",
        "event": "",
        "pasted": "",
    } | {name if name in plain else f"grouping_{name}": text for name, text in changes.items()}


def saved(project: Project) -> Project:
    return Project.objects.get(pk=project.pk)


def digest(project: Project, *events: dict[str, Any], at: datetime = NOW) -> None:
    items = [ReceivedItem(project.pk, "event", each, uuid.uuid4().hex, at) for each in events]
    sink = EventSink()
    with transaction.atomic():
        sink.store(sink.prepare(items), at)


def failing(caller: str = "view", **attributes: Any) -> dict[str, Any]:
    frames = [
        {"module": "web", "function": caller, "in_app": True},
        {"module": "crm", "function": "plan", "in_app": True},
    ]
    exception = {"type": "KeyError", "value": "'id'", "stacktrace": {"frames": frames}}
    return {"platform": "python", "exception": {"values": [exception]}, **attributes}


def text(client: Client, url: str, data: dict[str, str] | None = None) -> str:
    answer = client.get(url) if data is None else client.post(url, data)
    assert answer.status_code == 200
    return answer.content.decode()


def test_members_may_not_and_strangers_see_nothing(
    member: Client, viewer: Client, stranger: Client, project: Project
) -> None:
    for client, status in ((member, 403), (viewer, 403), (stranger, 404), (Client(), 302)):
        assert client.get(address(project)).status_code == status
        for data in (typed(fingerprint_rules="type:a -> b"), typed(**{"try": "1"})):
            assert client.post(address(project), data).status_code == status
    assert saved(project).grouping_fingerprint_rules == ""


def test_a_form_of_another_site_is_refused(owner: Client, project: Project, issue: Issue) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(email="owner@example.com"))
    for url in (address(project), reverse("issues:by_place", args=[issue.pk])):
        assert strict.post(url, typed()).status_code == 403


def test_the_page_is_in_the_navigation(owner: Client, project: Project) -> None:
    assert f'<a href="{address(project)}"' in text(owner, reverse("projects:limits", args=[project.slug]))  # fmt: skip
    assert f'<a href="{address(project)}" aria-current="page">' in text(owner, address(project))


def test_what_is_typed_is_saved_and_shown(owner: Client, project: Project) -> None:
    rules = "# ours\ntype:KeyError -> keys"
    data = typed(
        fingerprint_rules=rules.replace("\n", "\r\n"),
        stack_rules="function:plan -app",
        depth="0",
        generic_types=" ShopError\n\nOther",
        max_texts="",
    )
    answer = owner.post(address(project), data)
    assert answer["Location"] == address(project)
    found = saved(project)
    assert found.grouping_fingerprint_rules.replace("\r", "") == rules
    assert found.grouping_stack_rules == "function:plan -app"
    assert (found.grouping_depth, found.grouping_max_texts) == (0, 0)
    assert found.grouping_generic_types == "ShopError\nOther"
    page = text(owner, address(project))
    assert "type:KeyError -&gt; keys</textarea>" in page
    assert '<option value="0" selected>All application frames' in page


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("fingerprint_rules", "type:a -> b\ntyp:c -> d", "Line 2, column 1: There is no key typ"),
        ("stack_rules", "function:a +ap", "Line 1, column 12: “+ap” is no action."),
        ("stack_rules", "a\0b", "Null characters are not allowed."),
        ("generic_types", "a*", "Names are no patterns"),
        ("depth", "11", "Select a valid choice"),
        ("max_texts", "-1", "cannot be negative"),
    ],
)
def test_what_will_not_do_is_said_with_its_place(
    owner: Client, project: Project, field: str, value: str, words: str
) -> None:
    page = text(owner, address(project), typed(**{field: value, "event": "x"}))
    assert words in page
    assert "Nothing was saved." in page
    assert f'<div id="id_grouping_{field}_error">' in page
    found = saved(project)
    assert (found.grouping_fingerprint_rules, found.grouping_stack_rules) == ("", "")
    # Nothing is tried with rules that will not do.
    page = text(owner, address(project), typed(**{field: value, "try": "1"}))
    assert "Put right what stands beside the rules" in page


def test_saving_leaves_what_the_digest_counts_meanwhile(project: Project) -> None:
    form = GroupingForm(typed(stack_rules="function:a -app"), instance=saved(project))
    assert form.is_valid()
    Project.objects.update(last_issue_number=7)
    save_grouping(form, timezone.now())
    assert saved(project).last_issue_number == 7


# What comes of it


def test_a_fingerprint_rule_decides(owner: Client, project: Project) -> None:
    digest(project, failing(), {"message": "x", "logger": "crm"})
    owner.post(
        address(project),
        typed(fingerprint_rules='type:KeyError -> one title="Keys"\nlogger:crm -> one'),
    )
    digest(project, failing(), {"message": "y", "logger": "crm"})
    new = Issue.objects.get(event_count=2)
    assert (new.title, new.number) == ("Keys", 3)
    config = GroupHash.objects.get(issue=new).config
    assert config.startswith("g1-")


def test_a_change_of_the_place_splits_no_issue(owner: Client, project: Project) -> None:
    digest(project, failing("view"), failing("job"))
    issue = Issue.objects.get()
    owner.post(address(project), typed(depth="2"))
    digest(project, failing("view"), failing("job"), failing("shell"))
    assert Issue.objects.get() == issue
    assert GroupHash.objects.filter(issue=issue).count() == 4
    # The new hashes are the issue's own: without the previous settings it is found all the same.
    Project.objects.update(grouping_previous={})
    digest(project, failing("view"), failing("shell"))
    assert Issue.objects.get().event_count == 7
    digest(project, failing("other"))
    assert Issue.objects.count() == 2


def test_what_joins_by_earlier_settings_brings_the_rest_of_its_batch_along(
    project: Project,
) -> None:
    """Both have the same hash now; only one had an issue before."""
    digest(project, failing("view"))
    Project.objects.update(
        grouping_stack_rules="function:plan -group\nfunction:job -group\nfunction:view -group",
        grouping_previous={"grouping_depth": 1},
        grouping_changed_at=timezone.now(),
    )
    other = failing("job")
    other["exception"]["values"][0]["stacktrace"]["frames"].pop()
    digest(project, other, failing("view"))
    assert list(Issue.objects.values_list("event_count", flat=True)) == [3]


def test_after_ninety_days_only_the_settings_of_today_count(project: Project) -> None:
    project.grouping_depth = 2
    project.grouping_previous = {"grouping_depth": 1}
    project.grouping_changed_at = NOW
    config = grouping_of(project, NOW)
    assert config.previous is not None
    assert config.previous.place_depth == 1
    assert grouping_of(project, NOW + KEPT_TOGETHER).previous is None


def test_a_rule_for_a_fingerprint_makes_no_previous_settings(
    owner: Client, project: Project
) -> None:
    owner.post(address(project), typed(fingerprint_rules="type:a -> b"))
    assert saved(project).grouping_changed_at is None
    owner.post(address(project), typed(fingerprint_rules="type:a -> b", depth="3"))
    assert saved(project).grouping_previous == {
        "grouping_stack_rules": "",
        "grouping_generic_types": "",
        "grouping_depth": 1,
        "grouping_config": "g1",
    }


def test_rules_that_were_stored_once_never_fail(project: Project) -> None:
    Project.objects.update(
        grouping_fingerprint_rules="gone:x -> y\ntype:KeyError -> z", grouping_stack_rules="?"
    )
    digest(project, failing())
    assert GroupHash.objects.get().why["lines"][0][1] == "type:KeyError -> z"


# The try-out


def tried(client: Client, project: Project, **changes: str) -> str:
    if "event" not in changes:
        changes["event"] = Event.objects.latest("pk").event_id.hex
    return text(client, address(project), typed(**changes, **{"try": "1"}))


def test_trying_shows_what_would_become_and_saves_nothing(owner: Client, project: Project) -> None:
    digest(project, failing())
    page = tried(owner, project, fingerprint_rules="type:KeyError -> keys")
    short_id = Issue.objects.get().short_id
    assert f"The next event like this makes a new issue. {short_id} keeps what it has." in page
    assert "line 1 of the project&#x27;s fingerprint rules" in page
    assert saved(project).grouping_fingerprint_rules == ""
    assert "type:KeyError -&gt; keys</textarea>" in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "Nothing changes"),
        ({"fingerprint_rules": "type:IndexError -> keys"}, "Nothing changes"),
        ({"stack_rules": "function:plan -app"}, "The next event like this stays in"),
        ({"depth": "2"}, "The next event like this stays in"),
        ({"fingerprint_rules": 'type:KeyError -> {{ default }} title="K"'}, "get another title"),
    ],
)
def test_what_would_become(
    owner: Client, project: Project, changes: dict[str, str], words: str
) -> None:
    digest(project, failing())
    assert words in tried(owner, project, **changes)


def test_the_issue_that_it_would_join_is_named(owner: Client, project: Project) -> None:
    digest(project, {"message": "x", "fingerprint": ["keys"]})
    digest(project, failing())
    first, second = Issue.objects.order_by("number")
    page = tried(owner, project, fingerprint_rules="type:KeyError -> keys")
    assert f"The next event like this joins {first.short_id}, no longer {second.short_id}." in page


def test_an_event_can_be_pasted(owner: Client, project: Project) -> None:
    digest(project, failing())
    event = Event.objects.get()
    url = f"https://bugs.example{event.get_absolute_url()}"
    for pasted in (event.event_id.hex, str(event.event_id), url, json.dumps(failing())):
        page = tried(owner, project, pasted=pasted, event="")
        assert "Nothing changes" in page
    assert Event.objects.count() == 1


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        ("", "Pick an event"),
        ("what", "Pick an event"),
        ("f" * 32, "This project has no such event"),
        ("{not json", "This is no JSON"),
        ("{" * 5000, "This is no JSON"),
    ],
)
def test_what_is_no_event(owner: Client, project: Project, pasted: str, words: str) -> None:
    assert words in tried(owner, project, pasted=pasted, event="")


def test_an_event_of_another_project_is_out_of_reach(owner: Client, project: Project) -> None:
    digest(make_project("Other", team=make_team()), failing(extra={"secret": "x"}))
    assert "This project has no such event" in tried(owner, project)


def test_hostile_events_are_shown_as_text(owner: Client, project: Project) -> None:
    digest(project, failing(fingerprint=["<script>alert(1)</script>"]))
    assert "<script>alert" not in tried(owner, project, fingerprint_rules="type:* -> <b>{{ type }}")


# From the issue's page


def test_the_issue_page_suggests_rules_that_will_do(owner: Client, project: Project) -> None:
    digest(project, failing())
    issue = Issue.objects.get()
    answer = owner.get(issue.get_absolute_url())
    advice = [each for each in answer.context["why"].advice if each.rule]
    assert [each.parameter for each in advice] == ["rule", "rule", "stack_rule"]
    for each in advice:
        page = owner.get(address(project), {each.parameter: each.rule})
        field = "fingerprint_rules" if each.parameter == "rule" else "stack_rules"
        assert page.context["form"][f"grouping_{field}"].value() == each.rule
        form = GroupingForm(typed(**{field: each.rule}), instance=saved(project))
        assert form.is_valid(), form.errors
    assert saved(project).grouping_fingerprint_rules == ""


@pytest.mark.parametrize(
    "name", ["plain", 'a "b"', "a b", "-> x", "a,b", "a#b", "\\", "{{ type }}"]
)
def test_quoted_names_are_read_back(name: str) -> None:
    from issues.grouping.rules.syntax import Reader

    assert Reader(quoted(name)).value() == name


def test_a_member_is_given_no_link_to_the_settings(member: Client, project: Project) -> None:
    digest(project, failing())
    page = text(member, Issue.objects.get().get_absolute_url())
    assert "Is this wrong?" in page
    assert "Try this rule" not in page


def test_the_page_tells_which_frames_count_and_which_rule_says_so(
    viewer: Client, project: Project
) -> None:
    Project.objects.update(grouping_stack_rules="function:plan -app")
    digest(project, failing())
    answer = viewer.get(Issue.objects.get().get_absolute_url())
    rows = [row for stack in answer.context["exceptions"] for row in stack.stack.rows()]
    assert [(row.function, row.is_app, row.is_counted) for row in rows] == [
        ("plan", False, False),
        ("view", True, True),
    ]
    page = answer.content.decode()
    assert "Grouped because the type and place are the same." in page
    assert "no application code by line 1 of the stack-trace rules" in page


def test_the_page_says_when_the_settings_have_changed_since(
    viewer: Client, project: Project
) -> None:
    digest(project, failing())
    Project.objects.update(grouping_stack_rules="function:plan -app")
    page = text(viewer, Issue.objects.get().get_absolute_url())
    assert "would be grouped otherwise today" in page


def various(project: Project) -> Issue:
    Project.objects.update(grouping_max_texts=1)
    digest(project, *[{"message": f"{word} left", "logger": "crm"} for word in ("Ann", "Bob")])
    return Issue.objects.get(title="Various messages")


def test_an_issue_of_various_messages_says_so(member: Client, project: Project) -> None:
    issue = various(project)
    page = text(member, issue.get_absolute_url())
    assert "This issue gathers various messages." in page
    member.post(reverse("issues:by_place", args=[issue.pk]))
    assert IssueFamily.objects.get(issue=issue).by_place
    Project.objects.update(grouping_max_texts=100)
    digest(project, {"message": "Cid left", "logger": "crm"})
    assert Issue.objects.get(pk=issue.pk).event_count == 2
    assert "as somebody has decided" in text(member, issue.get_absolute_url())
    member.post(reverse("issues:by_place", args=[issue.pk]), {"off": "1"})
    digest(project, {"message": "Dan left", "logger": "crm"})
    assert Issue.objects.count() == 3


def test_only_members_decide_about_them(
    viewer: Client, stranger: Client, member: Client, project: Project
) -> None:
    issue = various(project)
    url = reverse("issues:by_place", args=[issue.pk])
    for client, status in ((viewer, 403), (stranger, 404), (Client(), 302)):
        assert client.post(url).status_code == status
    assert member.get(url).status_code == 405
    assert not IssueFamily.objects.get(issue=issue).by_place
    other = Issue.objects.exclude(pk=issue.pk).get()
    member.post(reverse("issues:by_place", args=[other.pk]))
    assert not IssueFamily.objects.filter(by_place=True).exists()


def test_other_issues_say_nothing_of_it(member: Client, issue: Issue) -> None:
    assert "various messages" not in text(member, issue.get_absolute_url())
