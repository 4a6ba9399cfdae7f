"""The log endpoint beyond the contract's examples, and the page that shows what came."""

import base64
import gzip
import json
import re
from typing import Any

import orjson
import pytest
from django.test import Client
from django.urls import reverse

from ingest import logs, pipeline, pipelines
from ingest.models import LogSource, OutcomeCount
from issues.models import Event, EventPayload, Issue
from projects.models import Project
from tests.ingest.door import Answer, auth, digest_all, request

pytestmark = pytest.mark.django_db

DOWN = {"level": 60, "time": 1777629600001, "msg": "going down", "pid": 7, "hostname": "api-1"}


def send(project: Project, body: Any, path: str = "", **headers: str) -> Answer:
    given = {**auth(project), "Content-Type": "application/json"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return request(f"/api/{project.pk}/logs/{path}", raw, headers=given)


def told(answer: Answer) -> tuple[int, int, int, list[int]]:
    assert answer.status == 200, answer.body
    found = answer.json()
    rejected = [each["index"] for each in found["rejected"]]
    return found["accepted"], found["ignored"], found["duplicates"], rejected


def outcomes(project: Project) -> dict[tuple[str, str, str], int]:
    return {
        (row.outcome, row.category, row.reason): row.quantity
        for row in OutcomeCount.objects.filter(project_id=project.pk)
    }


def test_every_line_has_one_outcome(project: Project) -> None:
    batch = [DOWN, {"level": 30, "time": 1, "msg": "started"}, "%%%", DOWN]
    assert told(send(project, batch)) == (1, 1, 1, [2])
    digest_all()
    assert outcomes(project) == {
        ("accepted", "error", ""): 1,
        ("filtered", "log_item", "log level"): 1,
        ("duplicate", "error", ""): 1,
        ("invalid", "log_item", "log line"): 1,
        ("accepted", "internal", ""): 1,
    }


def test_a_batch_that_comes_again_to_another_process_is_stored_once(project: Project) -> None:
    other = {"level": 50, "time": 1777629600002, "msg": "other"}
    for _ in range(2):
        assert told(send(project, [DOWN, other])) == (2, 0, 0, [])
        pipeline.recent_lines.clear()
    assert told(send(project, [other, DOWN])) == (2, 0, 0, [])
    digest_all()
    assert Event.objects.count() == 2
    assert outcomes(project)["duplicate", "error", ""] == 4


def test_lines_without_any_identity_are_told_apart_by_their_batch(project: Project) -> None:
    assert told(send(project, b"ERROR x\nERROR x", "", Content_Type="text/plain")) == (2, 0, 0, [])
    assert told(send(project, b"ERROR x", "", Content_Type="text/plain")) == (1, 0, 0, [])


def test_each_event_goes_its_own_way(project: Project) -> None:
    """One that no database takes, or that is too large, costs no other."""
    huge = {**DOWN, "msg": "x" * (1 << 20)}
    odd = {**DOWN, "time": 5, "msg": "a\0b\ud83d"}
    body = json.dumps([huge, odd, DOWN]).encode()
    assert told(send(project, body)) == (2, 0, 0, [0])
    digest_all()
    assert sorted(Issue.objects.values_list("title", flat=True)) == ["a\ufffdb\ufffd", "going down"]


@pytest.mark.parametrize("path", ["pino", "pino/", "?format=pino", "postgresql/?format=pino"])
def test_the_format_stands_in_the_path_or_in_the_query(path: str, project: Project) -> None:
    line = b"7:M 01 May 2026 10:00:00.000 # Short read"
    accepted, _, _, rejected = told(send(project, line, path, Content_Type="text/plain"))
    assert (accepted, rejected) == (0, [0])


def test_an_unknown_format_is_refused(project: Project) -> None:
    assert send(project, [DOWN], "cobol/").status == 404
    assert send(project, [DOWN], "?format=cobol").status == 400
    assert told(send(project, [DOWN], "bunyan/"))[0] == 1


def test_the_query_names_threshold_and_defaults(project: Project) -> None:
    line = {"level": 30, "time": 1777629600000, "msg": "hello"}
    path = "?level=info&environment=staging&release=1.2&service=shop"
    assert told(send(project, line, path))[0] == 1
    digest_all()
    data = EventPayload.objects.get().load()
    assert (data["environment"], data["release"]) == ("staging", "1.2")
    assert data["tags"]["service"] == "shop"


def test_compressed_bodies_and_forms(project: Project) -> None:
    body = gzip.compress(orjson.dumps([DOWN]))
    assert told(send(project, body, Content_Encoding="gzip"))[0] == 1
    form = b"message=%5Berror%5D+no+money"
    media = "application/x-www-form-urlencoded"
    assert told(send(project, form, Content_Type=media))[0] == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400), (b" \n", 400), (b"{", 400), (b"[1,", 400), (b"7", 400), (b'"x"', 400),
        (b"[" * 100_000, 400), (b"[" + b"1," * 5000 + b"1]", 413), (b" " * (logs.MAX_BYTES + 1), 413),
        (b"[]", 200),
    ],
)  # fmt: skip
def test_what_is_refused(body: bytes, status: int, project: Project) -> None:
    answer = send(project, body)
    assert answer.status == status
    digest_all()
    assert pipeline.quarantine().counts() == {}


def test_basic_authentication_and_wrong_keys(project: Project) -> None:
    key = project.keys.get().public_key
    basic = "Basic " + base64.b64encode(f"{key}:x".encode()).decode()
    path, body = f"/api/{project.pk}/logs/", orjson.dumps([DOWN])
    assert request(path, body, headers={"Authorization": basic}).status == 200
    assert request(path, body).status == 401
    assert request(f"{path}?sentry_key={'0' * 32}", body).status == 403
    assert request(path, method="GET").status == 405


def test_a_full_spool_says_come_again(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(pipeline.spool()), "is_full", lambda self: True)
    answer = send(project, [DOWN])
    assert (answer.status, answer.headers["retry-after"]) == (429, "60")
    assert not pipeline.recent_lines.holds("")


def test_a_logstash_event_to_the_store_always_becomes_an_event(project: Project) -> None:
    mark = {"@timestamp": "2026-05-01T10:00:02Z", "@version": "1"}
    path = f"/api/{project.pk}/store/"
    for event in ({"message": "all fine"}, {"message": "x", "level": 30, "time": 1}, {}):
        assert request(path, orjson.dumps(mark | event), headers=auth(project)).status == 200
    digest_all()
    levels = [data.load()["level"] for data in EventPayload.objects.order_by("pk")]
    assert levels == ["error", "info", "error"]


def test_the_page_shows_what_came(owner: Client, project: Project) -> None:
    address = reverse("ingest:logs", args=[project.slug])
    assert "No log line yet" in owner.get(address).content.decode()
    send(
        project,
        ["%%%", {**DOWN, "password": "hunter2hunter2", "msg": "<b>"}],
        User_Agent="Logstash",
    )
    send(project, b"[error] token=abcdef0123456789", Content_Type="text/plain")
    digest_all()
    source = LogSource.objects.get(project_id=project.pk)
    assert (source.accepted, source.rejected, source.formats) == (2, 1, "text")
    assert (source.failed_line, source.reason) == ("%%%", "no words in it")
    text = owner.get(address).content.decode()
    assert "abcdef0123456789" not in text
    assert "[error] token=[Filtered]" in text
    assert "no words in it" in text


def test_secrets_of_a_json_line_are_not_shown(owner: Client, project: Project) -> None:
    send(project, [{**DOWN, "password": "hunter2hunter2", "msg": "<b>x"}])
    digest_all()
    text = owner.get(reverse("ingest:logs", args=[project.slug])).content.decode()
    assert "hunter2" not in text
    assert "<b>x" not in text


@pytest.mark.parametrize("shipper", [each.key for each in pipelines.SHIPPERS])
def test_the_page_prints_the_pipeline_with_the_key(
    shipper: str, owner: Client, project: Project
) -> None:
    page = owner.get(reverse("ingest:logs", args=[project.slug]), {"shipper": shipper})
    text = page.context["text"]
    assert project.keys.get().public_key in text
    assert not re.search(r"\b(ERRORS_URL|PROJECT|KEY|HOST|PREFIX\w*)\b", text)
    assert f"api/{project.pk}/logs/" in text or shipper == "ship-logs"


def test_the_page_asks_as_often_for_any_number_of_lines(
    owner: Client, project: Project, django_assert_max_num_queries: Any
) -> None:
    send(project, [DOWN] * 50)
    digest_all()
    with django_assert_max_num_queries(10):
        owner.get(reverse("ingest:logs", args=[project.slug]))


@pytest.mark.parametrize("file", [each.file for each in pipelines.SHIPPERS if each.file])
def test_brackets_of_a_pipeline_are_closed(file: str) -> None:
    source = (pipelines.DEPLOY / file).read_text()
    bare = re.sub(r"#[^\n]*|\"[^\"\n]*\"|'[^'\n]*'|/[^/\n]*/ ", "", source)
    opened: list[str] = []
    for letter in bare:
        if letter in "{[(":
            opened.append(letter)
        elif letter in "}])":
            assert opened.pop() + letter in ("{}", "[]", "()")
    assert opened == []
    assert "logs/" in source
