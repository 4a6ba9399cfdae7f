import gzip

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from ingest import checkins, envelope, lenient, pipeline
from ingest.legacy import BodyError
from ingest.models import OutcomeCount, Refusal
from projects.models import Project
from tests.ingest.door import auth, digest_all, request

ID = "9ec79c33ec9942ab8353589fcb2e04dc"


def outcomes() -> dict[tuple[str, str], int]:
    rows = OutcomeCount.objects.values_list("outcome", "category", "quantity")
    return {(outcome, category): quantity for outcome, category, quantity in rows}


@pytest.mark.django_db
@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(
    ("method", "query", "body"),
    [
        ("GET", "?status=ok", b""),
        ("POST", "?status=in_progress&check_in_id=" + ID, b""),
        ("POST", "?status=error&duration=2.5&environment=live", b""),
        ("POST", "", b'{"status":"ok","monitor_config":{"schedule":{"type":"crontab"}}}'),
    ],
)
def test_a_check_in_is_202_without_a_body(
    project: Project, method: str, query: str, body: bytes, slash: str
) -> None:
    key = project.keys.get().public_key
    path = f"/api/{project.pk}/cron/nightly"
    by_path = request(f"{path}/{key}{slash}{query}", body, method=method)
    by_header = request(f"{path}{slash}{query}", body, method=method, headers=auth(project))
    for answer in (by_path, by_header):
        assert (answer.status, answer.body) == (202, b"")
        assert answer.headers["access-control-allow-origin"] == "*"
    digest_all()
    assert outcomes() == {("unsupported", "monitor"): 2}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("nightly/{key}/", b"", 400),
        ("nightly/{key}/?status=maybe", b"", 400),
        ("nightly/{key}/?status=ok&duration=long", b"", 400),
        ("nightly/{key}/?status=ok", b"[1]", 400),
        ("nightly/{key}/?status=ok", b" " * 102_401, 413),
        ("night.ly/{key}/?status=ok", b"", 404),
        ("nightly/{key}0/?status=ok", b"", 403),
        ("nightly/?status=ok", b"", 401),
    ],
)
def test_what_is_refused(project: Project, path: str, body: bytes, status: int) -> None:
    key = project.keys.get().public_key
    answer = request(f"/api/{project.pk}/cron/{path.format(key=key)}", body)
    assert answer.status == status
    assert answer.headers["x-sentry-error"]


@pytest.mark.django_db
@override_settings(SPOOL_MAX_BYTES=1)
def test_a_script_is_never_told_to_wait(project: Project) -> None:
    key = project.keys.get().public_key
    for _ in range(2):
        answer = request(f"/api/{project.pk}/cron/nightly/{key}/?status=ok", method="GET")
        assert answer.status == 202
    assert pipeline.spool().backlog()[0] == 1
    pipeline.refusals.flush()
    assert Refusal.objects.get().reason == "rate_limited", "what was not kept is seen"


@pytest.mark.django_db
def test_the_body_may_be_compressed(project: Project) -> None:
    key = project.keys.get().public_key
    answer = request(
        f"/api/{project.pk}/cron/nightly/{key}/",
        gzip.compress(b'{"status":"ok"}'),
        headers={"Content-Encoding": "gzip"},
    )
    assert answer.status == 202


def test_the_check_in_is_that_of_an_sdk() -> None:
    _, raw = checkins.to_envelope(
        b'{"monitor_config":{"timezone":"UTC"},"duration":3}',
        query="status=ok&environment=live%0A",
        slug="Night-ly_1",
        new_id=ID,
    )
    framed = envelope.frame(raw)
    [item] = framed.items
    assert lenient.load_object(framed.payload(item)) == {
        "check_in_id": ID,
        "monitor_slug": "night-ly_1",
        "status": "ok",
        "environment": "live",
        "duration": 3.0,
        "monitor_config": {"timezone": "UTC"},
    }


@given(st.binary(max_size=300), st.text(max_size=100))
def test_no_body_and_no_query_make_it_fail(body: bytes, query: str) -> None:
    try:
        _, raw = checkins.to_envelope(body, query=query, slug="a", new_id=ID)
    except BodyError:
        return
    assert len(envelope.frame(raw).items) == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            ("status", "duration", "check_in_id", "monitor_slug", "monitor_config"), JSON
        ),
    )
)
def test_any_values_have_a_verdict(check_in: dict[str, object]) -> None:
    assert isinstance(checkins.problem_of(check_in), str)
