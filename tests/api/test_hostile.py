"""Bad input is a sentence, never a fault; and lists cost the same however long they are."""

from collections.abc import Callable
from functools import partial
from typing import Any

import orjson
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from issues.models import Issue
from projects.models import Project
from tests.api.rest import ORG, Api
from tests.factories import make_event, make_issue, make_tag

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(db: None) -> Api:
    return Api()


def gets(project: Project, issue: Issue, event: str) -> list[str]:
    one = f"issues/{issue.pk}/"
    of_project = f"projects/{ORG}/{project.slug}/"
    return [
        *(
            f"{of_project}{name}/"
            for name in ("issues", "events", f"events/{event}", "tags", "stats")
        ),
        *(
            f"organizations/{ORG}/{name}/"
            for name in ("issues", "events", "events/validate", "tags")
        ),
        *(one, f"{one}events/", f"{one}events/latest/", f"{one}hashes/", f"{one}tags/"),
        *(f"{one}tags/environment/values/", f"{one}comments/", f"{one}activity/", f"{one}stats/"),
    ]


PARAMETERS = (
    *("limit=0", "limit=-1", "limit=x", "limit=999999999999999999999", "per_page=1.5"),
    *("cursor=x", "cursor=1:2:3", "cursor=99999999999999999999:1:0", "cursor=%00", "cursor=a,b"),
    *("query=(((", "query=%00", "query=is:", "query=level:odd", "query=timesSeen:%3Ex"),
    *("query=" + "a" * 5000, "query=firstSeen:-99999999w", "query=issue.id:x"),
    *("sort=odd", "sort=%00", "statsPeriod=x", "statsPeriod=99999w", "start=1&end=2"),
    *("start=2026-01-01", "environment=%00", "environment=" + "x" * 300, "project=nothing"),
    *("project=99999999999999999999", "project=%00", "field=p95(", "since=1e99", "resolution=1s"),
    *("status=odd", "full=maybe", "%00=1", "key=%00", "id=x", "groupStatsPeriod=x"),
)


def test_no_parameter_is_a_fault(api: Api, project: Project, issue: Issue) -> None:
    event = make_event(issue).event_id.hex
    make_tag(issue, "environment", "production")
    for path in gets(project, issue, event):
        for parameter in PARAMETERS:
            answer = api("GET", f"{path}?{parameter}")
            assert answer.status_code in (200, 400, 404), (path, parameter, answer.content)
            if answer.status_code != 200 and "validate" not in path:
                assert list(orjson.loads(answer.content)) == ["detail"], (path, parameter)


BODIES: tuple[bytes, ...] = (
    *(b"{", b"[]", b"7", b'"x"', b"null", b"\xff\xfe", b"{}" * 2, b"[" * 5000),
    *(b'{"status":[]}', b'{"status":{"a":1}}', b'{"statusDetails":7}', b'{"assignedTo":[]}'),
    *(b'{"status":"ignored","ignoreCount":1e400}', b'{"status":"ignored","ignoreDuration":"x"}'),
    *(b'{"assignedTo":"user:99999999999999999999"}', b'{"assignedTo":"\\u0000"}', b'{"merge":[]}'),
    *(
        b'{"status":"resolved","statusDetails":{"inRelease":[]}}',
        b'{"text":[]}',
        b'{"text":"\\u0000"}',
    ),
    *(b'{"query":7,"status":"resolved"}', b'{"query":"is:lost","status":"resolved"}'),
    *(b'{"issue":[],"comment":7}', b'{"period_name":[],"nr_of_periods":{}}', b'{"project":[]}'),
)


def test_no_body_is_a_fault(api: Api, project: Project, issue: Issue) -> None:
    canonical = "/api/canonical/0/"
    for method, path in (
        ("PUT", f"issues/{issue.pk}/"),
        ("PUT", f"projects/{ORG}/{project.slug}/issues/?id=1"),
        ("PUT", f"organizations/{ORG}/issues/?id=1"),
        ("POST", f"issues/{issue.pk}/comments/"),
        ("PUT", f"issues/{issue.pk}/comments/1/"),
        ("POST", f"{canonical}issue-comments/"),
        ("POST", f"{canonical}issues/{issue.uuid}/mute-until/"),
        ("POST", f"{canonical}releases/"),
        ("POST", f"{canonical}projects/"),
        ("POST", f"{canonical}teams/"),
        ("POST", "/mcp"),
    ):
        for body in BODIES:
            answer = api(method, path, data=body)
            assert answer.status_code < 500, (method, path, body, answer.content)


def test_no_address_is_a_fault(api: Api, issue: Issue) -> None:
    for ref in (
        "0",
        "9" * 30,
        "-1",
        "NOPE-1",
        "A-" + "9" * 12,
        "%00",
        "%F0%9F%8D%B5",
        "'",
        "x" * 500,
    ):
        for path in (
            f"issues/{ref}/",
            f"issues/{ref}/events/latest/",
            f"issues/{issue.pk}/events/{ref}/",
            f"issues/{issue.pk}/tags/{ref}/",
            f"organizations/{ORG}/shortids/{ref}/",
            f"organizations/{ORG}/eventids/{ref}/",
            f"projects/{ORG}/{ref}/issues/",
            f"/api/canonical/0/issues/{ref}/",
            f"/api/canonical/0/events/{ref}/",
            f"/api/canonical/0/releases/{ref}/",
            f"/api/canonical/0/projects/{ref}/",
        ):
            answer = api("GET", path)
            assert answer.status_code in (400, 404), (path, answer.status_code, answer.content)


# --- what they cost ---


def queries(ask: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as found:
        ask()
    return len(found)


def test_queries_do_not_grow_with_rows(api: Api, project: Project, issue: Issue) -> None:
    make_event(issue, {"tags": {"environment": "production"}})
    make_tag(issue, "environment", "production")
    ref = issue.short_id
    asked = {
        "list": f"projects/{ORG}/{project.slug}/issues/",
        "all": f"organizations/{ORG}/issues/?statsPeriod=90d",
        "one": f"issues/{ref}/",
        "latest": f"organizations/{ORG}/issues/{issue.pk}/events/latest/",
        "events": f"issues/{issue.pk}/events/",
        "full events": f"issues/{issue.pk}/events/?full=1",
        "project's events": f"projects/{ORG}/{project.slug}/events/",
        "hashes": f"issues/{issue.pk}/hashes/",
        "tags": f"issues/{issue.pk}/tags/",
    }
    for path in asked.values():  # what is written once a minute, and remembered
        api.page(path)
    few = {name: queries(partial(api.page, path)) for name, path in asked.items()}
    for number in range(12):
        other = make_issue(project, f"KeyError: {number}")
        make_event(other)
        make_event(issue)
        make_tag(issue, f"tag{number}", "x")
    many = {name: queries(partial(api.page, path)) for name, path in asked.items()}
    assert many == few
    assert few["list"] <= 12
    assert few["latest"] <= 14
    assert few["one"] <= 18
    assert few["events"] <= 12
