"""Events, comments, hashes, tags and counts by the API."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from api import discover
from api.event_find import Found
from api.pagination import Page
from issues.models import Attachment, AttachmentData, GroupHash, HourCount, Issue
from issues.storm import Keep
from projects.models import Project, Role, Team, User
from tests.api.rest import ORG, Api, links
from tests.factories import (
    NOW,
    join,
    make_environment,
    make_event,
    make_issue,
    make_release,
    make_tag,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(team: Team) -> User:
    user = make_user("ann@example.com", name="Ann")
    join(team, user, Role.MEMBER)
    return user


@pytest.fixture
def api(person: User) -> Api:
    return Api(person)


def event_ids(found: list[dict[str, Any]]) -> list[str]:
    return [each["eventID"] for each in found]


# --- events ---


def test_events_of_an_issue_newest_first(api: Api, issue: Issue) -> None:
    made = [make_event(issue, at=NOW - timedelta(hours=n)) for n in range(3)]
    wanted = [event.event_id.hex for event in made]
    for prefix in ("", f"organizations/{ORG}/"):
        assert event_ids(api.get(f"{prefix}issues/{issue.pk}/events/")) == wanted
    path = f"issues/{issue.pk}/events/"
    assert event_ids(api.get(path, sort="timestamp")) == wanted[::-1]
    page = api.page(path, limit=2)
    assert event_ids(api.get(path, limit=2, cursor=links(page)["next"])) == wanted[2:]
    (row, *_) = api.get(path)
    assert (row["groupID"], row["projectID"]) == (str(issue.pk), str(issue.project_id))
    assert row["title"] == "KeyError: 'id'"
    assert "project" not in row
    assert "entries" not in row
    (full, *_) = api.get(path, full="true")
    assert full["entries"][0]["type"] == "exception"


def test_latest_oldest_recommended_and_by_id(api: Api, issue: Issue) -> None:
    old, new = make_event(issue, at=NOW - timedelta(hours=1)), make_event(issue)
    path = f"issues/{issue.short_id}/events"
    for ref, event in (
        ("latest", new),
        ("recommended", new),
        ("oldest", old),
        (old.event_id.hex.upper(), old),
        (str(old.event_id), old),
    ):
        found = api.get(f"{path}/{ref}/")
        assert found["id"] == event.event_id.hex
    assert found["nextEventID"] == new.event_id.hex
    assert found["previousEventID"] is None
    api.refused("GET", f"{path}/{'0' * 32}/", 404)
    api.refused("GET", f"{path}/newest/", 404)
    empty = make_issue(issue.project)
    api.refused("GET", f"issues/{empty.pk}/events/latest/", 404)


def test_a_thinned_event_says_so(api: Api, issue: Issue) -> None:
    event = make_event(issue, keep=Keep.THINNED)
    found = api.get(f"issues/{issue.pk}/events/{event.event_id.hex}/")
    assert found["entries"] == []
    assert "thinned" in found["errors"][0]["message"]


def test_an_event_of_a_project(api: Api, project: Project, issue: Issue) -> None:
    release = make_release(project)
    event = make_event(issue, release_id=release.pk)
    path = f"projects/{ORG}/{project.slug}/events/{event.event_id.hex}/"
    found = api.get(path)
    assert found["release"]["version"] == "shop@1.0"
    assert found["fingerprints"] == [issue.hashes.get().hash]
    assert api.get(f"{path}json/")["exception"]["values"][0]["type"] == "KeyError"
    assert api.get(f"{path}attachments/") == []
    led = api.get(f"organizations/{ORG}/eventids/{event.event_id.hex}/")
    assert (led["groupId"], led["event"]["id"]) == (str(issue.pk), event.event_id.hex)


def test_an_attachment_is_given_as_it_came_and_never_as_a_page(
    api: Api, project: Project, issue: Issue
) -> None:
    event = make_event(issue)
    file = Attachment.objects.create(
        project_id=project.pk, event_id=event.event_id, name="a.html", content_type="text/html",
        attachment_type="event.attachment", size=3, digest="0" * 32, received_at=NOW,
    )  # fmt: skip
    AttachmentData.objects.create(id=file.pk, project_id=project.pk, encoding=0, data=b"<b>")
    path = f"projects/{ORG}/{project.slug}/events/{event.event_id.hex}/attachments/"
    (found,) = api.get(path)
    assert (found["name"], found["size"]) == ("a.html", 3)
    answer = api.page(f"{path}{file.pk}/", download=1)
    assert answer.content == b"<b>"
    assert answer["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer["Content-Security-Policy"]
    for number in ("1" * 20, "9" * 5000):
        api.refused("GET", f"{path}{number}/", 404)


def test_events_of_a_project_and_what_they_are_searched_by(
    api: Api, project: Project, issue: Issue
) -> None:
    other = make_issue(project, "ValueError: bad")
    staging = make_environment(project, "staging")
    first = make_event(issue, {"tags": {"browser": "Firefox"}}, level=50)
    make_tag(issue, "browser", "Firefox")
    second = make_event(other, environment_id=staging.pk)
    path = f"projects/{ORG}/{project.slug}/events/"
    assert event_ids(api.get(path)) == [second.event_id.hex, first.event_id.hex]
    page = api.page(path, limit=1)
    assert event_ids(api.get(path, limit=1, cursor=links(page)["next"])) == [first.event_id.hex]
    for query, event in (
        ("browser:Firefox", first),
        ("level:fatal", first),
        ("environment:staging", second),
        (f"issue:{other.short_id}", second),
        (f"id:{first.event_id.hex}", first),
        ("error.type:ValueError", second),
        ("title:ValueError*", second),
        ("!browser:Firefox", second),
    ):
        assert event_ids(api.get(path, query=query)) == [event.event_id.hex], query
    assert event_ids(api.get(path, environment="staging")) == [second.event_id.hex]
    assert api.get(path, statsPeriod="1h") == []
    assert "level:" in api.refused("GET", f"{path}?query=level:bad", 400)


def test_a_search_that_reads_payloads_has_pages_too(api: Api, issue: Issue) -> None:
    made = [
        make_event(issue, {"tags": {"odd": str(n % 2)}}, at=NOW - timedelta(minutes=n))
        for n in range(6)
    ]
    for odd in "01":
        make_tag(issue, "odd", odd)
    path = f"issues/{issue.pk}/events/"
    page = api.page(path, query="odd:1", limit=2)
    assert event_ids(page.json()) == [made[1].event_id.hex, made[3].event_id.hex]
    rest = api.page(path, query="odd:1", limit=2, cursor=links(page)["next"])
    assert event_ids(rest.json()) == [made[5].event_id.hex]


# --- the search of events ---


def test_a_search_of_events_has_the_fields_that_were_asked_for(api: Api, issue: Issue) -> None:
    event = make_event(issue, {"tags": {"user": "email:bo@example.com"}})
    found = api.get(
        f"organizations/{ORG}/events/",
        dataset="errors",
        field=["id", "title", "issue", "user.email", "tags[nothing]"],
        sort="-timestamp",
        project=issue.project_id,
    )
    (row,) = found["data"]
    assert row["id"] == event.event_id.hex
    assert (row["issue"], row["user.email"]) == (issue.short_id, "bo@example.com")
    assert row["tags[nothing]"] is None
    assert found["meta"]["fields"]["title"] == "string"
    other = api.get(f"organizations/{ORG}/events/", dataset="logs", field="x y")
    assert other == {"data": [], "meta": {"fields": {}}}


def test_a_search_of_events_counts(api: Api, issue: Issue) -> None:
    for user in ("id:1", "id:2", "id:2"):
        make_event(issue, {"tags": {"user": user}})
    found = api.get(
        f"organizations/{ORG}/events/",
        field=["title", "count()", "count_unique(user)"],
        sort="-count()",
    )
    assert found["data"] == [{"title": "KeyError: 'id'", "count()": 3, "count_unique(user)": 2}]


def test_a_search_of_events_is_checked_beforehand(api: Api, project: Project) -> None:
    path = f"organizations/{ORG}/events/validate/"
    fine = api.get(path, query="level:error", field=["title", "count()"], orderby="-timestamp")
    assert fine["valid"] is True
    assert [each["attrType"] for each in fine["field"]] == ["string", "number"]
    answer = api("GET", f"{path}?query=level:odd&field=p95(x)")
    assert answer.status_code == 400
    wrong = answer.json()
    assert wrong["valid"] is False
    assert wrong["query"]["error"]
    assert wrong["field"][0]["valid"] is False


# --- comments and what happened ---


def test_comments_are_written_changed_and_deleted_by_who_wrote_them(
    api: Api, issue: Issue, team: Team
) -> None:
    made = api.post(f"issues/{issue.pk}/comments/", {"text": " Seen **it**. "})
    assert (made["type"], made["data"]["text"]) == ("note", "Seen **it**.")
    assert made["user"]["email"] == "ann@example.com"
    api.post(f"organizations/{ORG}/issues/{issue.short_id}/notes/", {"text": "Again."})
    found = api.get(f"organizations/{ORG}/issues/{issue.pk}/notes/", per_page=25)
    assert [each["data"]["text"] for each in found] == ["Again.", "Seen **it**."]
    path = f"issues/{issue.pk}/comments/{made['id']}/"
    assert api.put(path, {"text": "Mended."})["data"]["text"] == "Mended."
    somebody = make_user()
    join(team, somebody, Role.ADMIN)
    for other in (Api(somebody), Api()):
        other.refused("PUT", path, 403, {"text": "x"})
        other.refused("DELETE", path, 403)
    assert api("DELETE", path).status_code == 204
    api.refused("DELETE", path, 404)
    assert api.get(f"issues/{issue.pk}/")["numComments"] == 1
    kinds = [each["type"] for each in api.get(f"issues/{issue.pk}/activities/")["activity"]]
    assert kinds == ["note"]
    assert len(api.get(f"issues/{issue.pk}/activity/")) == 1


@pytest.mark.parametrize(
    "body", [{}, {"text": ""}, {"text": "  "}, {"text": 7}, {"text": "x" * 10_001}]
)
def test_a_comment_needs_a_word(api: Api, issue: Issue, body: dict[str, Any]) -> None:
    assert "text" in api.refused("POST", f"issues/{issue.pk}/comments/", 400, body)


def test_an_organisations_token_comments_in_nobodys_name(issue: Issue) -> None:
    assert Api().post(f"issues/{issue.pk}/comments/", {"text": "From a bot."})["user"] is None


# --- hashes ---


def test_hashes_and_taking_one_out(api: Api, issue: Issue) -> None:
    first = issue.hashes.get()
    event = make_event(issue)
    second = GroupHash.objects.create(
        project=issue.project, hash="f" * 32, issue=issue, config="test", created_at=NOW
    )
    for row in (first, second):
        HourCount.objects.create(
            project_id=issue.project_id, grouphash_id=row.pk, hour=NOW, count=1
        )
    found = api.get(f"issues/{issue.pk}/hashes/")
    assert [each["id"] for each in found] == [first.hash, "f" * 32]
    assert found[0]["latestEvent"]["id"] == event.event_id.hex
    assert found[1]["latestEvent"] is None
    answer = api("DELETE", f"issues/{issue.pk}/hashes/?id={'f' * 32}")
    assert answer.status_code == 200
    second.refresh_from_db()
    assert str(second.issue_id) == answer.json()["id"] != str(issue.pk)
    api.refused("DELETE", f"issues/{issue.pk}/hashes/", 400)
    api.refused("DELETE", f"issues/{issue.pk}/hashes/?id={first.hash}", 400)  # its last
    api.refused("DELETE", f"issues/{issue.pk}/hashes/?id=nothing", 400)


# --- tags and counts ---


def test_tags_of_an_issue(api: Api, issue: Issue) -> None:
    make_tag(issue, "environment", "production", count=3)
    make_tag(issue, "environment", "staging")
    (found,) = api.get(f"issues/{issue.pk}/tags/")
    assert (found["key"], found["name"]) == ("environment", "Environment")
    assert (found["totalValues"], found["uniqueValues"]) == (4, 2)
    assert [each["value"] for each in found["topValues"]] == ["production", "staging"]
    assert api.get(f"organizations/{ORG}/issues/{issue.pk}/tags/environment/")["key"] == (
        "environment"
    )
    values = api.get(f"issues/{issue.pk}/tags/environment/values/", limit=1)
    assert [(each["value"], each["count"]) for each in values] == [("production", 3)]
    api.refused("GET", f"issues/{issue.pk}/tags/nothing/", 404)
    api.refused("GET", f"issues/{issue.pk}/tags/nothing/values/", 404)
    assert api.get(f"issues/{issue.pk}/tags/", key="other") == []
    for path in (f"organizations/{ORG}/tags/", f"projects/{ORG}/{issue.project.slug}/tags/"):
        assert api.get(path) == [{"key": "environment", "name": "Environment"}]


def test_counts(api: Api, issue: Issue) -> None:
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    HourCount.objects.create(
        project_id=issue.project_id, grouphash_id=issue.hashes.get().pk, hour=hour, count=7
    )
    for path in (
        f"issues/{issue.pk}/stats/",
        f"projects/{ORG}/{issue.project.slug}/stats/",
        f"organizations/{ORG}/stats/",
    ):
        assert sum(count for _, count in api.get(path)) == 7
        assert sum(count for _, count in api.get(path, statsPeriod="14d")) == 7
    api.refused("GET", f"issues/{issue.pk}/stats/?since=x", 400)
    api.refused("GET", f"issues/{issue.pk}/stats/?resolution=1s", 400)


def test_a_count_reads_so_many_pages_and_says_so(
    api: Api, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = []

    def endless(*args: object) -> Page[Found]:
        pages.append(args)
        return Page([], "0:1:1", "0:1:0", False, True)

    monkeypatch.setattr(discover, "of_projects", endless)
    found = api.get(f"organizations/{ORG}/events/", field="count()", query="x")
    assert len(pages) == discover.MAX_PAGES
    assert "of the events that were looked at" in found["meta"]["notes"][0]
