"""What all endpoints have in common, and the small ones: GET on store, network error reports."""

import base64
import zlib
from urllib.parse import quote

import pytest
from django.test import override_settings

from ingest import pipeline
from ingest.models import OutcomeCount, Refusal
from issues.models import Event, Issue
from projects.models import Project
from tests.ingest.door import auth, digest_all, request

pytestmark = pytest.mark.django_db

ID = "9ec79c33ec9942ab8353589fcb2e04dc"
EVENT = '{"message":"by GET","extra":{"t":"ÿÿÿ>>>???"}}'.encode()
ENDPOINTS = {
    "envelope": "POST",
    "store": "GET, POST",
    "security": "POST",
    "csp-report": "POST",
    "nel": "POST",
    "minidump": "POST",
    "cron/nightly": "GET, POST",
    f"events/{ID}/attachments": "POST",
    "integration/otlp/v1/logs": "POST",
    "otlp/v1/traces": "POST",
}


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(("path", "methods"), list(ENDPOINTS.items()))
def test_every_endpoint_tells_browsers_and_others_what_it_takes(
    path: str, methods: str, slash: str
) -> None:
    url = f"/errors/api/7/{path}{slash}"
    preflight = request(url, method="OPTIONS")
    assert preflight.status == 200
    assert preflight.headers["access-control-allow-methods"] == f"{methods}, OPTIONS"
    assert "x-sentry-auth" in preflight.headers["access-control-allow-headers"]
    wrong = request(url, method="DELETE")
    assert (wrong.status, wrong.headers["allow"]) == (405, f"{methods}, OPTIONS")
    assert request(url.replace("/7/", "/shop/")).status == 404
    for answer in (preflight, wrong, request(url), request(url.replace("/7/", "/shop/"))):
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "Retry-After" in answer.headers["access-control-expose-headers"]
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("path", ENDPOINTS)
def test_every_endpoint_wants_a_key(project: Project, path: str) -> None:
    assert request(f"/api/{project.pk}/{path}/", b"{}\n").status == 401


@pytest.mark.parametrize(
    "data",
    [
        pytest.param('{"message":"by GET","extra":{"a":"+ -_"}}', id="JSON"),
        pytest.param(base64.b64encode(EVENT).decode(), id="base64"),
        pytest.param(base64.b64encode(zlib.compress(EVENT)).decode(), id="base64 of zlib"),
        pytest.param(base64.urlsafe_b64encode(EVENT).decode(), id="the alphabet of URLs"),
    ],
)
@pytest.mark.parametrize("escaped", [True, False])
def test_an_event_in_a_query_is_answered_with_a_pixel(
    project: Project, data: str, escaped: bool
) -> None:
    key = project.keys.get().public_key
    text = quote(data, safe="") if escaped or data.startswith("{") else data
    path = f"/api/{project.pk}/store/?sentry_version=4&sentry_key={key}&sentry_data={text}"
    answer = request(path, method="GET")
    assert (answer.status, answer.headers["content-type"]) == (200, "image/gif")
    assert answer.body.startswith(b"GIF89a")
    digest_all()
    assert Issue.objects.get().title == "by GET"


@pytest.mark.parametrize(
    ("query", "status"), [("", 405), ("&sentry_data=%7B", 400), ("&sentry_data=hello!", 400)]
)
def test_a_query_without_an_event_is_refused(project: Project, query: str, status: int) -> None:
    key = project.keys.get().public_key
    answer = request(f"/api/{project.pk}/store/?sentry_key={key}{query}", method="GET")
    assert answer.status == status


def test_network_error_reports_are_accepted_and_dropped(project: Project) -> None:
    headers = auth(project) | {"Content-Type": "application/reports+json"}
    answer = request(f"/api/{project.pk}/nel/", b'[{"type":"network-error"}]', headers=headers)
    assert (answer.status, answer.json()) == (200, {})
    digest_all()
    row = OutcomeCount.objects.get()
    assert (row.outcome, row.reason) == ("unsupported", "nel")
    assert not Event.objects.exists()


@override_settings(SPOOL_MAX_BYTES=1)
@pytest.mark.parametrize("path", ["security", "otlp/v1/logs", "minidump", "nel"])
def test_a_full_spool_asks_all_others_to_wait(project: Project, path: str) -> None:
    request(f"/api/{project.pk}/store/", b'{"message":"m"}', headers=auth(project))
    answer = request(f"/api/{project.pk}/{path}/", b"{}", headers=auth(project))
    assert (answer.status, answer.headers["retry-after"]) == (429, "60")


def test_a_query_of_a_thousand_fields_does_not_lose_the_event(project: Project) -> None:
    key = project.keys.get().public_key
    query = f"sentry_key={key}&" + "&".join(f"f{n}=1" for n in range(1000))
    assert request(f"/api/{project.pk}/store/?{query}", b'{"message":"m"}').status == 200


def test_odd_names_of_clients_can_be_written_down(project: Project) -> None:
    key = project.keys.get().public_key
    for name in ("%00", "%ED%A0%BD", "a%0Ab"):
        path = f"/api/{project.pk}/store/?sentry_key={key}&sentry_client={name}"
        assert request(path, b'{"message":"m"}').status == 200
        assert request(path, b"{").status == 400
    assert request(f"/api/{project.pk}/store/?sentry_key=%00%00%00%00", b"{}").status in (401, 403)
    digest_all()
    assert pipeline.refusals.flush() == 4
    assert Refusal.objects.filter(reason="unreadable_body").get().client == "a b"


def test_unreal_reports_are_refused_with_a_way_out(project: Project) -> None:
    key = project.keys.get().public_key
    answer = request(f"/api/{project.pk}/unreal/{key}/", b"x")
    assert answer.status == 404
    assert "/minidump/" in answer.headers["x-sentry-error"]
    assert answer.headers["access-control-allow-origin"] == "*"
