"""Reports of browsers: how they come in, and what is made of them."""

import json
from typing import Any

import pytest

from ingest import pipeline, security
from ingest.models import OutcomeCount
from issues.models import Event, EventPayload, Issue
from projects.models import Project
from tests.ingest.door import Answer, digest_all, request

pytestmark = pytest.mark.django_db

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def post(
    project: Project,
    report: Any,
    *,
    content_type: str = "application/csp-report",
    query: str = "",
    path: str = "security/",
    **headers: str,
) -> Answer:
    key = project.keys.get().public_key
    return request(
        f"/api/{project.pk}/{path}?sentry_key={key}{query}",
        json.dumps(report).encode(),
        headers={"Content-Type": content_type, **headers},
    )


def csp(blocked: str = "https://evil.example/x.png", **changes: Any) -> dict[str, Any]:
    report = {
        "document-uri": "https://shop.example/cart",
        "effective-directive": "img-src",
        "violated-directive": "img-src 'self'",
        "blocked-uri": blocked,
        "disposition": "enforce",
    }
    return {"csp-report": report | changes}


def outcomes() -> dict[tuple[str, str, str], int]:
    rows = OutcomeCount.objects.values_list("outcome", "category", "reason", "quantity")
    return {(outcome, category, reason): quantity for outcome, category, reason, quantity in rows}


def stored() -> dict[str, Any]:
    return EventPayload.objects.get(pk=Event.objects.get().pk).load()


@pytest.mark.parametrize("path", ["security/", "security", "csp-report/"])
def test_a_csp_report_becomes_an_event(project: Project, path: str) -> None:
    answer = post(
        project,
        csp(referrer="https://shop.example/"),
        query="&sentry_release=web%401&sentry_environment=live",
        path=path,
        **{"User-Agent": AGENT},
    )
    digest_all()
    event = stored()
    assert (answer.status, answer.json()) == (200, {"id": Event.objects.get().event_id.hex})
    assert event["type"] == event["logger"] == "csp"
    assert (event["platform"], event["level"]) == ("javascript", "error")
    assert (event["release"], event["environment"]) == ("web@1", "live")
    assert event["request"]["url"] == "https://shop.example/cart"
    assert ["Referer", "https://shop.example/"] in event["request"]["headers"]
    assert event["contexts"]["browser"]["name"] == "Firefox"
    assert event["tags"]["effective-directive"] == "img-src"
    assert event["contexts"]["csp"]["violated-directive"] == "img-src 'self'"
    assert Issue.objects.get().title == "Blocked 'image' from 'evil.example'"
    assert outcomes() == {("accepted", "security", ""): 1}


def test_one_cause_is_one_issue(project: Project) -> None:
    for page in range(4):
        document = {"document-uri": f"https://shop.example/{page}"}
        post(project, csp(f"https://evil.example/{page}.png", **document))
    post(project, csp("https://other.example/x.png"))
    post(project, csp(**{"effective-directive": "script-src"}))
    digest_all()
    titles = {issue.title: issue.event_count for issue in Issue.objects.all()}
    assert titles == {
        "Blocked 'image' from 'evil.example'": 4,
        "Blocked 'image' from 'other.example'": 1,
        "Blocked 'script' from 'evil.example'": 1,
    }


def test_both_apis_mean_the_same_cause(project: Project) -> None:
    post(project, csp())
    body = {
        "documentURL": "https://shop.example/cart",
        "effectiveDirective": "img-src",
        "blockedURL": "https://evil.example/y.png",
        "disposition": "report",
        "statusCode": 200,
    }
    reports = [
        {"type": "csp-violation", "url": "https://shop.example/cart", "body": body},
        {"type": "csp-violation", "user_agent": AGENT, "body": body},
        {"type": "deprecation", "body": {"id": "x"}},
    ]
    answer = post(project, reports, content_type="application/reports+json; charset=utf-8")
    assert answer.status == 200
    digest_all()
    assert Issue.objects.get().event_count == 3
    assert outcomes() == {
        ("accepted", "security", ""): 3,
        ("unsupported", "security", "deprecation"): 1,
    }
    levels = sorted(event.level_name for event in Event.objects.all())
    assert levels == ["error", "warning", "warning"]


@pytest.mark.parametrize(
    ("report", "content_type", "title"),
    [
        (
            {"expect-ct-report": {"hostname": "shop.example", "port": 443}},
            "application/expect-ct-report+json",
            "Expect-CT failed for 'shop.example'",
        ),
        (
            {"expect-staple-report": {"hostname": "shop.example"}},
            "application/expect-staple-report",
            "Expect-Staple failed for 'shop.example'",
        ),
        (
            {"hostname": "shop.example", "known-pins": [], "date-time": "2026-05-01T10:00:00Z"},
            "application/json",
            "Public key pinning failed for 'shop.example'",
        ),
        (
            {"csp-report": {"violated-directive": "script-src 'self'", "blocked-uri": "eval"}},
            "application/csp-report",
            "Blocked eval 'script'",
        ),
    ],
)
def test_every_kind_has_a_title(
    project: Project, report: dict[str, Any], content_type: str, title: str
) -> None:
    assert post(project, report, content_type=content_type).status == 200
    digest_all()
    assert Issue.objects.get().title == title


@pytest.mark.parametrize(
    "report",
    [
        csp("chrome-extension://abc/x.js"),
        csp("moz-extension"),
        csp("about"),
        csp(**{"source-file": "safari-web-extension://abc"}),
    ],
)
def test_noise_of_extensions_is_filtered_and_counted(
    project: Project, report: dict[str, Any]
) -> None:
    assert post(project, report).status == 200
    digest_all()
    assert not Event.objects.exists()
    assert outcomes() == {("filtered", "security", "browser-extension"): 1}


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{}", "text/plain", 415),
        (b"{}", "", 415),
        (b"{", "application/csp-report", 400),
        (b"7", "application/csp-report", 400),
        (b"[7]", "application/reports+json", 400),
        (b'{"a":"' + b"x" * 65536 + b'"}', "application/csp-report", 413),
        (b"{}", "application/csp-report", 200),
        (b"[]", "application/reports+json", 200),
    ],
)
def test_what_is_refused(project: Project, body: bytes, content_type: str, status: int) -> None:
    key = project.keys.get().public_key
    answer = request(
        f"/api/{project.pk}/security/?sentry_key={key}",
        body,
        headers={"Content-Type": content_type},
    )
    assert answer.status == status
    assert answer.headers["access-control-allow-origin"] == "*"
    digest_all()
    assert not Event.objects.exists()
    assert pipeline.quarantine().counts() == {}


def test_a_key_is_needed(project: Project) -> None:
    headers = {"Content-Type": "application/csp-report"}
    assert request(f"/api/{project.pk}/security/", b"{}", headers=headers).status == 401


def test_hostile_reports_are_stored(project: Project) -> None:
    text = '{"csp-report":{"document-uri":"\\ud83d\\u0000","blocked-uri":["x"],"status-code":%s}}'
    for status in ("1", "9" * 40, "1e999", "[[[]]]"):
        key = project.keys.get().public_key
        answer = request(
            f"/api/{project.pk}/security/?sentry_key={key}&sentry_release=%00%ED%A0%BD",
            (text % status).encode(),
            headers={"Content-Type": "application/csp-report"},
        )
        assert answer.status == 200
    digest_all()
    assert Event.objects.count() == 4
    assert pipeline.quarantine().counts() == {}


def test_reports_also_come_in_envelopes(project: Project) -> None:
    key = project.keys.get().public_key
    payload = json.dumps(csp()).encode()
    body = b'{"event_id":"9ec79c33ec9942ab8353589fcb2e04dc"}\n{"type":"raw_security"}\n' + payload
    assert request(f"/api/{project.pk}/envelope/?sentry_key={key}", body).status == 200
    digest_all()
    assert Issue.objects.get().title == "Blocked 'image' from 'evil.example'"


def test_extensions_are_known_by_scheme_and_keyword() -> None:
    assert security.is_noise({"blocked-uri": "Chrome-Extension://x"})
    assert not security.is_noise({"blocked-uri": "https://about.example/", "source-file": 7})
