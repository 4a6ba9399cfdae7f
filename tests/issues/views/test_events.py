"""The table of an issue's events: searching, pages without end, and files."""

import csv
import io
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.test import Client
from django.urls import reverse

from issues import event_list
from issues.event_query import EventQuery
from issues.identity import user_hash
from issues.models import Event, EventPayload, Issue
from issues.storm import Keep
from projects.models import Project
from tests.factories import (
    NOW,
    make_environment,
    make_event,
    make_issue,
    make_project,
    make_release,
    make_tag,
)

pytestmark = pytest.mark.django_db


def url(issue: Issue, name: str = "events") -> str:
    return reverse(f"issues:{name}", args=[issue.pk])


def found(client: Client, issue: Issue, query: str, **more: str) -> list[Event]:
    answer = client.get(url(issue), {"query": query, **more})
    assert answer.status_code == 200
    assert not answer.context["query"].errors
    return [row.event for row in answer.context["page"].rows]


def tagged(issue: Issue, tags: dict[str, str], **fields: Any) -> Event:
    event = make_event(issue, {"tags": tags}, **fields)
    for key, value in tags.items():
        row = issue.hashes.get().pk
        known = event_list.tags_of(issue).filter(grouphash_id=row, key=key, value=value)
        if not known.update(last_seen=event.received_at):
            make_tag(issue, key, value)
    return event


def test_the_newest_come_first_with_what_is_known_of_them(
    viewer: Client, project: Project, issue: Issue
) -> None:
    release, environment = make_release(project), make_environment(project)
    make_event(issue, at=NOW - timedelta(hours=1))
    newest = make_event(
        issue,
        {"tags": {"user": "id:7", "vip": "yes"}},
        release_id=release.pk,
        environment_id=environment.pk,
    )
    answer = viewer.get(url(issue), {"column": ["vip", "release", "nothing"]})
    page = answer.content.decode()
    assert answer.context["page"].rows[0].event == newest
    assert answer.context["columns"] == ["vip", "nothing"]
    for words in ("shop@1.0", "production", "id:7", ">yes<", "KeyError: &#x27;id&#x27;"):
        assert words in page


def test_columns_and_tags_are_searched(viewer: Client, project: Project, issue: Issue) -> None:
    release, other = make_release(project), make_release(project, "shop@2.0")
    old = tagged(
        issue,
        {"release": "shop@1.0", "vip": "yes", "user": "id:7"},
        release_id=release.pk,
        user_hash=user_hash("id:7"),
        at=NOW - timedelta(days=2),
        trace_id="6f1d0c4e9b7a43d26f1d0c4e9b7a43d2",
        api_request_id="req_1",
    )
    new = tagged(issue, {"release": "shop@2.0", "vip": "no"}, release_id=other.pk)
    for query in (
        *("release:shop@1.0", "release:shop@1*", "!release:shop@2.0", "user:id:7", "!vip:no"),
        *("vip:yes", "vip:y*", "user:id:*", "has:user", "api_request_id:req_1", f"id:{old.event_id}"),
        *("user.id:7", "error.type:KeyError vip:yes", "error.value:*id* !vip:no"),
        *("received:<2026-04-30", "trace:6f1d0c4e9b7a43d26f1d0c4e9b7a43d2", "api_request_id:req*"),
    ):  # fmt: skip
        assert found(viewer, issue, query) == ([] if query == "api_request_id:req*" else [old]), (
            query
        )
    assert found(viewer, issue, "!release:shop@1.0") == [new]
    assert found(viewer, issue, "!user:id:7") == [new]
    assert found(viewer, issue, "keyerror level:error") == [new, old]
    assert found(viewer, issue, "!keyerror") == []
    assert found(viewer, issue, "nobody:has") == []
    assert found(viewer, issue, "platform:python has:release") == [new, old]


def test_another_issues_events_are_not_here(viewer: Client, project: Project, issue: Issue) -> None:
    own = make_event(issue)
    other = make_event(make_issue(project))
    assert found(viewer, issue, "") == [own]
    assert found(viewer, issue, f"id:{other.event_id.hex}") == []


def test_pages_lead_to_the_end_and_back(viewer: Client, issue: Issue) -> None:
    """Also where many came at the same moment."""
    events = [make_event(issue, at=NOW + timedelta(minutes=n // 30)) for n in range(95)]
    answer = viewer.get(url(issue))
    seen, first = [], [row.event for row in answer.context["page"].rows]
    while True:
        seen += [row.event for row in answer.context["page"].rows]
        if not answer.context["page"].older:
            break
        answer = viewer.get(url(issue), {"cursor": answer.context["page"].older})
    assert seen == events[::-1]
    for _ in range(2):
        answer = viewer.get(url(issue), {"cursor": answer.context["page"].newer})
    assert [row.event for row in answer.context["page"].rows] == first
    assert answer.context["page"].newer == ""


def test_a_search_that_would_take_long_stops_and_goes_on(
    viewer: Client, issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_list, "SCAN", 4)
    wanted = make_event(issue, {"tags": {"odd": "1"}}, at=NOW - timedelta(hours=1))
    for minute in range(9):
        make_event(issue, at=NOW + timedelta(minutes=minute))
    pages, cursor = 0, ""
    while pages < 5:
        answer = viewer.get(url(issue), {"query": "!odd:2 has:odd !has:x", "cursor": cursor})
        assert answer.status_code == 200
        if answer.context["page"].rows or not answer.context["page"].older:
            break
        assert "4 events were looked at" in answer.content.decode()
        pages, cursor = pages + 1, answer.context["page"].older
    assert answer.context["page"].rows == []  # the counts know no tag `odd`: nothing is read at all
    pages, cursor = 0, ""
    while pages < 5:
        answer = viewer.get(url(issue), {"query": "!odd:2 !nothing:x keyerror", "cursor": cursor})
        pages, cursor = pages + 1, answer.context["page"].older
    assert pages == 5
    assert wanted.pk


def test_events_that_a_storm_thinned_are_listed_and_not_searched(
    viewer: Client, issue: Issue
) -> None:
    thinned = make_event(issue, keep=Keep.THINNED)
    EventPayload.objects.all().delete()
    assert found(viewer, issue, "level:error") == [thinned]
    assert found(viewer, issue, "!vip:yes") == []
    assert "thinned in a storm" in viewer.get(url(issue)).content.decode()


@pytest.mark.parametrize(
    "query",
    ["\0", "a" * 5000, "x:" * 300, '"', "!", "id:1 level:9", "received:>9999-99-99", "has:"],
)  # fmt: skip
def test_any_query_gets_a_page(viewer: Client, issue: Issue, query: str) -> None:
    make_event(issue)
    for cursor in ("", "a0_1_0", "b999999999999999999_9_9", "x", "a-5_1_1"):
        answer = viewer.get(
            url(issue),
            {"query": query, "cursor": cursor, "column": query},
        )
        assert answer.status_code == 200


def csv_rows(client: Client, issue: Issue, **query: Any) -> list[dict[str, str]]:
    answer = client.get(url(issue, "events_csv"), query)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith("attachment; filename=")
    text = answer.getvalue().decode()
    return list(csv.DictReader(io.StringIO(text)))


def test_csv_has_the_chosen_columns(viewer: Client, issue: Issue) -> None:
    event = tagged(issue, {"vip": "yes"})
    tagged(issue, {"vip": "no"})
    (row,) = csv_rows(viewer, issue, query="vip:yes", column="vip")
    assert row["event_id"] == event.event_id.hex
    assert row["received"] == "2026-05-01T10:00:00+00:00"
    assert row["vip"] == "yes"


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", '=HYPERLINK("x")']
)
def test_no_cell_is_a_formula(viewer: Client, issue: Issue, text: str) -> None:
    tagged(issue, {"vip": text})
    (row,) = csv_rows(viewer, issue, column="vip")
    assert row["vip"].startswith("'")


def test_json_has_all_tags(viewer: Client, issue: Issue) -> None:
    tagged(issue, {"vip": "=1", "os": "Debian"})
    tagged(issue, {})
    answer = viewer.get(url(issue, "events_json"))
    rows = orjson.loads(answer.getvalue())
    assert [row["tags"] for row in rows] == [{}, {"vip": "=1", "os": "Debian"}]
    empty = viewer.get(url(issue, "events_json"), {"query": "vip:nothing"})
    assert orjson.loads(empty.getvalue()) == []


def test_a_file_of_a_wrong_question_is_refused(viewer: Client, issue: Issue) -> None:
    answer = viewer.get(url(issue, "events_csv"), {"query": "level:bad"})
    assert answer.status_code == 400


def test_a_file_takes_a_batch_at_a_time(
    viewer: Client, issue: Issue, django_assert_max_num_queries: Any
) -> None:
    for number in range(250):
        make_event(issue, at=NOW + timedelta(seconds=number))
    rows = event_list.everything(issue, EventQuery(""), most=10_000, look_at=10_000)
    with django_assert_max_num_queries(6):
        assert next(rows).event.received_at == NOW + timedelta(seconds=249)
    assert len(list(rows)) == 249
    assert len(list(event_list.everything(issue, EventQuery(""), most=7, look_at=99))) == 7


def test_the_number_of_queries_is_fixed(
    viewer: Client, project: Project, issue: Issue, django_assert_num_queries: Any
) -> None:
    for number in range(60):
        make_event(issue, release_id=make_release(project, f"shop@{number}").pk)
    # Session, user, issue, role, events, payloads, releases, tags to choose from.
    with django_assert_num_queries(8):
        viewer.get(url(issue), {"column": ["a", "b"]})
    make_tag(issue, "vip", "yes")
    with django_assert_num_queries(8):
        viewer.get(url(issue), {"query": "!x:y level:error vip:no*"})


def test_of_a_merged_issue_the_other_is_shown(viewer: Client, issue: Issue) -> None:
    assert viewer.get(url(issue)).status_code == 200
    foreign = make_issue(make_project("Other"))
    assert viewer.get(url(foreign)).status_code == 404
