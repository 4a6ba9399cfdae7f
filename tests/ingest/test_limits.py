import gzip
import threading
import zlib
from datetime import UTC, datetime

import brotli
import orjson
import pytest
import zstandard
from django.test import override_settings

from ingest import compression, envelope, pipeline
from ingest.limits import RateLimiter, over_quota, wait_seconds
from ingest.models import OutcomeCount, Refusal
from issues.models import Event
from projects import keys
from projects.models import MonthCount, Project
from projects.quotas import month_of
from projects.ref import NO_RATES, ProjectRef, Rates
from tests.ingest.door import auth, digest_all, request, send

MINUTE = 1_700_000_040.0  # where one begins
HOUR = 1_699_999_200.0

EVENT = b'{"event_id":"9ec79c33ec9942ab8353589fcb2e04dc"}\n{"type":"event"}\n{"message":"x"}\n'
SESSION = b'{}\n{"type":"session"}\n{"sid":"1"}\n'
BOTH = SESSION + b'{"type":"event"}\n{"message":"x"}\n'


def ref_with(key: Rates = NO_RATES, project: Rates = NO_RATES, until: float = 0.0) -> ProjectRef:
    return ProjectRef(7, True, key, project, until)


def passed(limiter: RateLimiter, ref: ProjectRef, times: list[float], key: str = "k") -> list[bool]:
    return [limiter.check(ref, key, now) is None for now in times]


def test_so_many_requests_pass_in_a_minute() -> None:
    limiter = RateLimiter()
    ref = ref_with(key=Rates(2, 0))
    assert passed(limiter, ref, [MINUTE + n for n in (0, 59, 59.9, 60)]) == [
        True,
        True,
        False,
        True,
    ]
    limited = limiter.check(ref, "k", MINUTE + 61) or limiter.check(ref, "k", MINUTE + 61)
    assert limited is not None
    assert (limited.seconds, limited.header()) == (59, "59::key:rate_limit")
    assert "rate limit of the key" in limited.detail()


def test_so_many_requests_pass_in_an_hour() -> None:
    limiter = RateLimiter()
    ref = ref_with(project=Rates(0, 3))
    assert passed(limiter, ref, [HOUR + n * 60 for n in range(5)]) == [True] * 3 + [False] * 2
    limited = limiter.check(ref, "k", HOUR + 300)
    assert limited is not None
    assert (limited.seconds, limited.scope) == (3300, "project")
    assert passed(limiter, ref, [HOUR + 3600]) == [True]


def test_each_key_has_its_own_limit_and_the_project_has_one_for_all() -> None:
    limiter = RateLimiter()
    ref = ref_with(key=Rates(2, 0), project=Rates(3, 0))
    assert passed(limiter, ref, [MINUTE] * 3, "a") == [True, True, False]
    assert passed(limiter, ref, [MINUTE] * 2, "b") == [True, False]
    limited = limiter.check(ref, "b", MINUTE)
    assert limited is not None
    assert limited.scope == "project"


def test_the_installation_has_a_limit() -> None:
    limiter = RateLimiter(Rates(1, 0))
    assert passed(limiter, ref_with(), [MINUTE, MINUTE]) == [True, False]
    other = ProjectRef(8)
    limited = limiter.check(other, "x", MINUTE)
    assert limited is not None
    assert limited.header() == "60::organization:rate_limit"


def test_threads_count_together() -> None:
    limiter, ref = RateLimiter(), ref_with(key=Rates(500, 0))
    passed_: list[bool] = []
    work = lambda: passed_.extend(passed(limiter, ref, [MINUTE] * 250))  # noqa: E731
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert passed_.count(True) == 500


def test_a_client_waits_at_least_a_second_and_at_most_an_hour() -> None:
    assert [wait_seconds(100.0 + s, 100.0) for s in (-5, 0.2, 1.5, 90, 86_400)] == [1, 1, 2, 90, 3600]  # fmt: skip
    assert over_quota(ref_with(until=MINUTE), MINUTE) is None
    limited = over_quota(ref_with(until=MINUTE + 30), MINUTE)
    assert limited is not None
    assert limited.header() == "30:error;default;security:project:quota"


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("", bytes),
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("br", brotli.compress),
        ("zstd", zstandard.ZstdCompressor().compress),
    ],
)
def test_the_head_of_a_body_tells_its_first_item(encoding: str, pack) -> None:
    body = pack(SESSION + b"x" * 1_000_000)
    assert envelope.first_type(compression.head(body, encoding, 1000)) == "session"
    assert len(compression.head(body, encoding, 1000)) <= 1000


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "lzma", "gzip, br"])
def test_the_head_of_rubbish_tells_nothing(encoding: str) -> None:
    assert envelope.first_type(compression.head(b"\x00rubbish", encoding, 1000)) is None


# --- at the door ------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_limited_key_is_answered_with_429_and_all_categories(project: Project) -> None:
    project.keys.update(rate_per_hour=2)
    path = f"/api/{project.pk}/envelope/"
    answers = [request(path, EVENT, headers=auth(project)) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    seconds = answers[2].headers["retry-after"]
    assert answers[2].headers["x-sentry-rate-limits"] == f"{seconds}::key:rate_limit"
    assert 1 <= int(seconds) <= 3600
    assert "rate limit of the key" in answers[2].headers["x-sentry-error"]
    pipeline.refusals.flush()
    assert Refusal.objects.get().reason == "rate_limited"
    counted = OutcomeCount.objects.get(outcome="rate_limited")
    assert (counted.reason, counted.quantity) == ("rate_limited", 1)


@pytest.mark.django_db
def test_a_key_that_stands_in_the_envelope_is_limited_too(project: Project) -> None:
    project.keys.update(rate_per_hour=1)
    key = project.keys.get().public_key
    body = b'{"dsn":"https://%s@host/%d"}\n{"type":"event"}\n{}\n' % (key.encode(), project.pk)
    answers = [request(f"/api/{project.pk}/envelope/", body) for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 429]


@pytest.mark.django_db
@override_settings(RATE_LIMIT_PER_HOUR=1)
def test_the_installation_can_be_limited(project: Project) -> None:
    assert [send(project, {"message": "x"}).status for _ in range(2)] == [200, 429]


@pytest.mark.django_db
def test_a_used_up_quota_refuses_events_and_nothing_else(project: Project) -> None:
    Project.objects.update(monthly_quota=2)
    month = month_of(datetime.now(UTC))
    for number in range(2):
        assert send(project, {"message": f"{number}"}).status == 200
        digest_all()
    keys.cache().refresh()
    assert MonthCount.objects.get().events == 2
    path = f"/api/{project.pk}/envelope/"
    packed = auth(project) | {"Content-Encoding": "gzip"}
    refused = [
        send(project, {"message": "x"}),
        request(path, EVENT, headers=auth(project)),
        request(path, gzip.compress(EVENT), headers=packed),
        request(path, BOTH, headers=auth(project)),
        # Never inflated: nothing tells that it is broken.
        request(path, gzip.compress(EVENT)[:-4], headers=packed),
    ]
    for answer in refused:
        assert answer.status == 429
        seconds = answer.headers["retry-after"]
        assert answer.headers["x-sentry-rate-limits"] == f"{seconds}:error;default;security:project:quota"  # fmt: skip
        assert "quota of the project" in answer.json()["detail"]
    assert request(path, SESSION, headers=auth(project)).status == 200
    assert request(path, gzip.compress(SESSION), headers=packed).status == 200
    pipeline.refusals.flush()
    assert OutcomeCount.objects.get(outcome="rate_limited", reason="quota").quantity == 5
    digest_all()
    assert Event.objects.count() == 2
    assert month_of(Event.objects.latest("id").received_at) == month


@pytest.mark.django_db
def test_duplicates_and_filtered_events_use_up_no_quota(project: Project) -> None:
    Project.objects.update(filter_errors="noise*")
    event = orjson.loads(EVENT.split(b"\n")[0]) | {"message": "x"}
    for body in (event, event, {"message": "noise 17"}):
        assert send(project, body).status == 200
    digest_all()
    assert MonthCount.objects.get().events == 1
    outcomes = OutcomeCount.objects.values_list("outcome", "reason", "quantity")
    assert set(outcomes) == {("accepted", "", 1), ("duplicate", "", 1), ("filtered", "error", 1)}
