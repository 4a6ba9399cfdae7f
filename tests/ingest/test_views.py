import gzip
import sqlite3

import pytest
from django.db import DatabaseError
from django.test import override_settings

from ingest import pipeline
from ingest.models import OutcomeCount, Refusal
from ingest.outcomes import recent_refusals
from projects import keys
from projects.models import Project
from tests.factories import NOW, make_project
from tests.ingest.door import auth, request

pytestmark = pytest.mark.django_db

ENVELOPE = b'{"event_id":"9ec79c33ec9942ab8353589fcb2e04dc"}\n{"type":"event"}\n{"message":"x"}\n'


def spooled() -> int:
    return pipeline.spool().backlog()[0]


@pytest.mark.parametrize(
    "path",
    ["/api/{}/envelope/", "/api/{}/envelope", "//api/{}/envelope/", "/api//{}//envelope//",
     "/errors/api/{}/envelope/", "/a/b/api/{}/envelope"],
)  # fmt: skip
def test_every_form_of_the_path_is_answered_directly(project: Project, path: str) -> None:
    answer = request(path.format(project.pk), ENVELOPE, headers=auth(project))
    assert (answer.status, answer.json()) == (200, {"id": "9ec79c33ec9942ab8353589fcb2e04dc"})


@override_settings(PATH_PREFIX="/errors")
def test_the_own_prefix_is_taken_off(project: Project) -> None:
    assert request(f"/errors/api/{project.pk}/envelope/", ENVELOPE, headers=auth(project)).status == 200  # fmt: skip
    assert request("/errors/accounts/login/", method="GET").status == 200


def test_pages_are_not_taken_for_ingest() -> None:
    assert request("/accounts/login/", method="GET").status == 200


@pytest.mark.parametrize("project_id", ["0", "shop", "-1", "1.5", "٣", "9" * 30])
def test_a_project_that_is_no_number_is_404(project_id: str) -> None:
    assert request(f"/api/{project_id}/envelope/", ENVELOPE).status == 404


def test_refusals_say_why_and_keep_nothing(project: Project) -> None:
    other = make_project("Other")
    path = f"/api/{project.pk}/envelope/"
    wrong = {"X-Sentry-Auth": f"Sentry sentry_key={'0' * 32}"}
    refused = [
        (request(path, ENVELOPE), 401, "no key"),
        (request(path, ENVELOPE, headers=wrong), 403, "no project has the key"),
        (request(path, ENVELOPE, headers=auth(other)), 403, "does not belong to project"),
        (request(path, b"hello", headers=auth(project)), 400, "not a line of JSON"),
        (request(path, b"", headers=auth(project)), 400, "envelope header"),
        (
            request(path, b"not gzip at all", headers=auth(project) | {"Content-Encoding": "gzip"}),
            400,
            "broken",
        ),
        (request(path, b"x", headers=auth(project) | {"Content-Encoding": "lzma"}), 415, "lzma"),
    ]
    for answer, status, says in refused:
        assert answer.status == status
        assert says in answer.json()["detail"]
        assert says in answer.headers["x-sentry-error"]
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "Retry-After" in answer.headers["access-control-expose-headers"]
    assert spooled() == 0


def test_a_revoked_key_is_403_and_says_so(project: Project) -> None:
    headers = auth(project)
    project.keys.update(is_active=False)
    answer = request(f"/api/{project.pk}/envelope/", ENVELOPE, headers=headers)
    assert answer.status == 403
    assert "switched off" in answer.json()["detail"]


@override_settings(MAX_REQUEST_BYTES=1000, MAX_ENVELOPE_BYTES=5000, MAX_EVENT_BYTES=2000)
@pytest.mark.parametrize("chunked", [False, True])
def test_too_much_is_413(project: Project, chunked: bool) -> None:
    path = f"/api/{project.pk}/envelope/"
    packed = auth(project) | {"Content-Encoding": "gzip"}
    large = [
        (b"{}\n" + b"x" * 1001, auth(project)),
        (gzip.compress(b"{}\n" + b" " * 6000), packed),
        (gzip.compress(b'{}\n{"type":"event"}\n{"m":"' + b"x" * 2500 + b'"}'), packed),
    ]
    for body, headers in large:
        assert request(path, body, headers=headers, chunked=chunked).status == 413
    assert spooled() == 0


def test_a_body_cut_short_is_refused(project: Project) -> None:
    headers = auth(project)
    answer = request(f"/api/{project.pk}/envelope/", ENVELOPE, headers=headers | {"X": "y"})
    assert answer.status == 200
    import io

    from ingest.accept import BodyBroken
    from ingest.views import read_body

    with pytest.raises(BodyBroken):
        read_body({"wsgi.input": io.BytesIO(b"abc"), "CONTENT_LENGTH": "10"}, 1000)


@override_settings(SPOOL_MAX_BYTES=1)
def test_a_full_spool_asks_to_wait(project: Project) -> None:
    path = f"/api/{project.pk}/envelope/"
    assert request(path, ENVELOPE, headers=auth(project)).status == 200
    answer = request(path, ENVELOPE, headers=auth(project))
    assert (answer.status, answer.headers["retry-after"]) == (429, "60")
    assert answer.headers["x-sentry-rate-limits"].startswith("60::")
    assert spooled() == 1


def test_a_failing_disk_is_503_and_keeps_the_sender_informed(project: Project, monkeypatch) -> None:
    def fail(record: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(pipeline.spool(), "append", fail)
    answer = request(f"/api/{project.pk}/envelope/", ENVELOPE, headers=auth(project))
    assert (answer.status, answer.headers["retry-after"]) == (503, "30")


def test_an_unknown_key_while_the_database_is_away_is_503(project: Project, monkeypatch) -> None:
    def away() -> None:
        raise DatabaseError("away")

    monkeypatch.setattr(keys.cache(), "_load", away)
    answer = request(f"/api/{project.pk}/envelope/", ENVELOPE, headers=auth(project))
    assert (answer.status, answer.headers["retry-after"]) == (503, "10")


def test_accepting_runs_no_query_once_the_key_is_known(
    project: Project, django_assert_num_queries
) -> None:
    headers = auth(project)
    path = f"/api/{project.pk}/envelope/"
    request(path, ENVELOPE, headers=headers)
    with django_assert_num_queries(0):
        assert request(path, ENVELOPE, headers=headers).status == 200


def test_a_header_cannot_be_forged_through_an_error(project: Project) -> None:
    headers = auth(project) | {"Content-Encoding": "x\r\nSet-Cookie: a=b\u2028é"}
    answer = request(f"/api/{project.pk}/envelope/", ENVELOPE, headers=headers)
    assert answer.status == 415
    line = answer.headers["x-sentry-error"]
    assert line.isascii()
    assert not {"\r", "\n"} & set(line)


def test_the_project_learns_why_requests_were_refused(project: Project) -> None:
    path = f"/api/{project.pk}/envelope/"
    request(path, ENVELOPE, headers=auth(project))
    for _ in range(3):
        request(path, ENVELOPE, headers={"X-Sentry-Auth": f"Sentry sentry_key={'0' * 32}"})
    request(path, b"hello", headers=auth(project))
    request("/api/99999/envelope/", ENVELOPE)
    assert pipeline.refusals.flush() == 4
    found = {r.reason: r.count for r in Refusal.objects.all()}
    assert found == {"unknown_key": 3, "unreadable_body": 1}
    assert set(Refusal.objects.values_list("project_id", flat=True)) == {project.pk}
    counted = OutcomeCount.objects.filter(outcome="invalid").values_list("reason", "quantity")
    assert dict(counted) == found


def test_refusals_add_up_over_flushes(project: Project) -> None:
    for _ in range(2):
        request(f"/api/{project.pk}/envelope/", b"hello", headers=auth(project))
        pipeline.refusals.flush()
    refusal = Refusal.objects.get()
    assert (refusal.count, refusal.client, refusal.status) == (2, "demo/1.0", 400)
    assert refusal.first_at < refusal.last_at
    assert recent_refusals(project.pk, refusal.last_at) == [refusal]
    assert recent_refusals(project.pk + 1, NOW) == []


def test_refusals_wait_while_the_database_is_away(project: Project, monkeypatch) -> None:
    request(f"/api/{project.pk}/envelope/", b"hello", headers=auth(project))

    def away(taken: object) -> None:
        raise DatabaseError("away")

    with monkeypatch.context() as patch:
        patch.setattr(pipeline.refusals, "_write", away)
        with pytest.raises(DatabaseError):
            pipeline.refusals.flush()
    request(f"/api/{project.pk}/envelope/", b"hello", headers=auth(project))
    assert pipeline.refusals.flush() == 2
