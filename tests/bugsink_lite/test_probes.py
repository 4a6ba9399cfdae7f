"""/health and /metrics at the door: for whom, and what they say when something is wrong."""

import re
import shutil
import time
from base64 import b64encode
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from pytest_django.fixtures import Settings

from bugsink_lite import probes
from bugsink_lite.exposition import counter, histogram
from ingest import gauges, meter, pipeline
from projects.models import Project
from tests.ingest.conftest import fresh_pipeline
from tests.ingest.door import Answer, digest_all, request, send
from tests.servers import ROOT

__all__ = ["fresh_pipeline"]

HERE = "127.0.0.1"
TOKEN = "a-token-of-some-length"


def get(path: str, address: str = HERE, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return request(path, method="GET", headers=named, address=address)


def samples(text: str) -> dict[str, float]:
    """Every line must be a comment or a sample."""
    found = {}
    for line in text.splitlines():
        if line.startswith("# "):
            assert re.fullmatch(r"# (HELP|TYPE) bugsink_lite_\w+ .+", line), line
            continue
        match = re.fullmatch(r'(bugsink_lite_\w+(?:\{(?:\w+="[^"]*",?)+\})?) (-?[0-9.e+-]+)', line)
        assert match is not None, line
        assert match[1] not in found
        found[match[1]] = float(match[2])
    return found


@pytest.mark.usefixtures("db")
def test_a_sound_server_is_live_and_ready() -> None:
    assert get("/health/live").json() == {"status": "ok"}
    ready = get("/health/ready")
    assert (ready.status, ready.json()["status"]) == (200, "ok")
    assert set(ready.json()["checks"]) == {"database", "spool", "digest", "disk"}


@pytest.mark.usefixtures("db")
def test_strangers_hear_whether_and_not_why() -> None:
    for answer in (
        get("/health/ready", "192.0.2.1"),
        get("/health/ready", HERE, X_Forwarded_For="192.0.2.1"),
    ):
        assert answer.status == 200
        assert [check for check in answer.json()["checks"].values() if "detail" in check] == []
    assert "detail" in get("/health/ready").json()["checks"]["disk"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", sorted(probes.PATHS))
def test_nothing_can_be_changed_here(path: str, method: str) -> None:
    assert request(path, method=method, address=HERE).status == 405


@pytest.mark.usefixtures("db")
def test_what_is_wrong_is_named(settings: Settings, project: Project) -> None:
    settings.READY_FREE_BYTES = shutil.disk_usage(django_settings.DATA_DIR).total + 1
    answer = get("/health/ready")
    assert answer.status == 503
    found = {name: check["status"] for name, check in answer.json()["checks"].items()}
    assert found == {"database": "ok", "spool": "ok", "digest": "ok", "disk": "failed"}
    assert get("/health/ready?only=database,spool").status == 200
    assert get("/health/ready?only=disk").status == 503
    assert get("/health/ready?only=weather").status == 400


@pytest.mark.usefixtures("db")
def test_a_digest_that_lags_is_not_ready(
    settings: Settings, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert send(project, {"message": "waits"}).status == 200
    assert get("/health/ready").status == 200
    later = time.time() + settings.READY_LAG_SECONDS + 1
    monkeypatch.setattr(
        probes, "time", SimpleNamespace(time=lambda: later, monotonic=time.monotonic)
    )
    answer = get("/health/ready?only=digest")
    assert answer.status == 503
    assert "1 records wait" in answer.json()["checks"]["digest"]["detail"]
    digest_all()
    assert get("/health/ready?only=digest").status == 200


@pytest.mark.usefixtures("db")
def test_a_database_that_is_away_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> Any:
        raise OSError("connection refused\nby the host")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", gone)
        patch.setattr(connection, "close", lambda: None)
        answer = get("/health/ready?only=database")
        text = get("/metrics").body.decode()
    assert answer.status == 503
    assert answer.json()["checks"]["database"]["detail"] == "connection refused by the host"
    assert samples(text)["bugsink_lite_database_up"] == 0


# --- who may -----------------------------------------------------------------------------------


def basic(token: str) -> str:
    return "Basic " + b64encode(f"prometheus:{token}".encode()).decode()


@pytest.mark.parametrize(
    ("address", "headers", "token", "expected"),
    [
        pytest.param(HERE, {}, "", True, id="a neighbour"),
        pytest.param("::1", {}, "", True, id="by IPv6"),
        pytest.param("::ffff:127.0.0.1", {}, "", True, id="by IPv4 in IPv6"),
        pytest.param("192.0.2.1", {}, "", False, id="from elsewhere"),
        pytest.param("::ffff:192.0.2.1", {}, "", False, id="from elsewhere in IPv6"),
        pytest.param("", {}, "", False, id="by a Unix socket"),
        pytest.param(HERE, {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, "", False, id="through a proxy"),
        pytest.param(HERE, {"HTTP_FORWARDED": "for=x"}, "", False, id="through a modern proxy"),
        pytest.param(HERE, {}, TOKEN, False, id="a neighbour without the token"),
        pytest.param(
            "192.0.2.1", {"HTTP_AUTHORIZATION": f"Bearer {TOKEN}"}, TOKEN, True, id="token"
        ),
        pytest.param("192.0.2.1", {"HTTP_AUTHORIZATION": basic(TOKEN)}, TOKEN, True, id="basic"),
        pytest.param(HERE, {"HTTP_AUTHORIZATION": "Bearer wrong"}, TOKEN, False, id="wrong token"),
        pytest.param(HERE, {"HTTP_AUTHORIZATION": "Bearer \xff"}, TOKEN, False, id="no ASCII"),
        pytest.param(HERE, {"HTTP_AUTHORIZATION": "Basic ?"}, TOKEN, False, id="no base64"),
        pytest.param(HERE, {"HTTP_AUTHORIZATION": basic("")}, TOKEN, False, id="empty password"),
        pytest.param("192.0.2.1", {"HTTP_AUTHORIZATION": "Bearer "}, "", False, id="no token set"),
    ],
)
def test_who_may_see_numbers(
    address: str, headers: dict[str, str], token: str, expected: bool
) -> None:
    assert probes.may_see({"REMOTE_ADDR": address} | headers, token) is expected


@pytest.mark.usefixtures("db")
def test_metrics_ask_for_their_token(settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN
    refused = get("/metrics")
    assert (refused.status, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert get("/metrics", "192.0.2.1", Authorization=f"Bearer {TOKEN}").status == 200


# --- the numbers ---------------------------------------------------------------------------------


@pytest.fixture
def _new_meter() -> None:
    meter.share(2)


@pytest.mark.usefixtures("db")
@pytest.mark.usefixtures("_new_meter")
def test_what_arrives_is_counted(project: Project) -> None:
    for _ in range(3):
        assert send(project, {"message": "x"}).status == 200
    assert request("/api/1/envelope/", b"").status in (400, 401, 403)
    found = samples(get("/metrics").body.decode())
    assert found['bugsink_lite_ingest_requests_total{status="200"}'] == 3
    refused = sum(
        found[f'bugsink_lite_ingest_requests_total{{status="{n}"}}'] for n in (400, 401, 403)
    )
    assert refused == 1
    assert found["bugsink_lite_ingest_seconds_count"] == 4
    assert found['bugsink_lite_ingest_seconds_bucket{le="+Inf"}'] == 4
    assert found["bugsink_lite_spool_records"] == 3
    assert found["bugsink_lite_spool_bytes"] > 0
    assert found["bugsink_lite_spool_oldest_seconds"] >= 0
    assert found["bugsink_lite_database_up"] == 1
    assert found["bugsink_lite_database_bytes"] > 0

    digest_all()

    found = samples(get("/metrics").body.decode())
    assert found["bugsink_lite_spool_records"] == found["bugsink_lite_spool_oldest_seconds"] == 0
    assert found["bugsink_lite_digest_records_total"] == 3
    assert found['bugsink_lite_items_total{outcome="accepted"}'] == 3
    assert found["bugsink_lite_digest_batch_seconds_count"] >= 1


@pytest.mark.usefixtures("db")
def test_every_metric_is_documented() -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    names = {
        re.sub(r"\{.*|(?<=seconds)_(?:bucket|sum|count)\b.*", "", name)
        for name in samples(get("/metrics").body.decode())
    }
    names = {name.removeprefix("bugsink_lite_") for name in names}
    assert len(names) > 10
    assert [name for name in names if not re.search(rf"`{name}\b", text)] == []


def test_processes_count_in_places_of_their_own() -> None:
    meter.share(3)
    for place in (0, 1, 1, 2):
        meter.take_place(place)
        meter.answered(200, [0.002])
        meter.items([("accepted", 5), ("invalid", 1)])
    meter.answered(418, [100.0])
    assert (meter.statuses()["200"], meter.statuses()["other"]) == (4, 1)
    assert (meter.outcomes()["accepted"], meter.outcomes()["invalid"]) == (20, 4)
    counts, total = meter.ingest_seconds()
    assert counts == [0] + [4] * (len(meter.INGEST_BOUNDS) - 1) + [5]
    assert total == pytest.approx(100.008)
    meter.share(1)


def test_a_duration_is_never_negative() -> None:
    meter.share(1)
    meter.answered(200, [-5.0])
    assert meter.ingest_seconds()[1] == 0


@pytest.mark.usefixtures("db")
def test_what_waits_is_seen_from_outside(project: Project) -> None:
    nothing = gauges.waiting(django_settings.SPOOL_DIR)
    assert nothing == gauges.Waiting()
    before = time.time()
    send(project, {"message": "x"})
    send(project, {"message": "y" * 2_000_000})
    found = gauges.waiting(django_settings.SPOOL_DIR)
    assert found.records == pipeline.spool().backlog()[0]
    assert found.oldest_at is not None
    assert before - 1 <= found.oldest_at <= time.time() + 1
    assert gauges.Waiting(1, 2, 5.0) + gauges.Waiting(1, 1, 3.0) == gauges.Waiting(2, 3, 3.0)


def test_the_format_is_prometheus_own() -> None:
    assert counter("a_total", "About.", [({"x": 'q"\\\n'}, 2), ({}, 0.5)]) == (
        "# HELP bugsink_lite_a_total About.\n# TYPE bugsink_lite_a_total counter\n"
        'bugsink_lite_a_total{x="q\\"\\\\\\n"} 2\nbugsink_lite_a_total 0.5\n'
    )
    text = histogram("s", "About.", (0.001, 10.0), [1, 2, 3], 12.5)
    assert text.splitlines()[2:] == [
        'bugsink_lite_s_bucket{le="0.001"} 1',
        'bugsink_lite_s_bucket{le="10"} 2',
        'bugsink_lite_s_bucket{le="+Inf"} 3',
        "bugsink_lite_s_sum 12.5",
        "bugsink_lite_s_count 3",
    ]


# --- request ids -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(
    ("given", "is_kept"),
    [
        ("0f3c-a_b.C9", True),
        ("short", False),
        ("x" * 65, False),
        ("a b c d e f g", False),
        ("é" * 9, False),
    ],
)
def test_a_page_bears_its_requests_name(given: str, is_kept: bool) -> None:
    answer = request(
        "/accounts/login/", method="GET", headers={"X-Request-ID": given, "Host": "localhost"}
    )
    assert (answer.headers["x-request-id"] == given) is is_kept
    assert re.fullmatch(r"[A-Za-z0-9._-]{8,64}", answer.headers["x-request-id"])
