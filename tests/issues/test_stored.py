"""Payloads as they are kept: as sent, or normalised; with and without a dictionary."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from issues import compress, dictionaries, stored
from issues.compress import Dictionary
from issues.models import EventPayload, Issue, PayloadDictionary
from issues.models.event import dictionary_of
from issues.payload import normalize
from projects.models import MonthCount, Project
from tests.ingest.door import auth, digest_all, request

AT = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)
EVENT: dict[str, Any] = {
    "event_id": uuid.uuid4().hex,
    "message": "hello",
    "level": "banana",
    "timestamp": AT.timestamp() - 7200,
    "extra": {"n": 7, "long": "x" * 20_000},
    "tags": {"a": "b"},
}


@pytest.mark.parametrize("sent_at", [None, AT - timedelta(hours=2)])
def test_both_forms_read_the_same(sent_at: datetime | None) -> None:
    event = normalize(EVENT, received_at=AT, sent_at=sent_at, store_ip=True)
    raw = orjson.dumps(EVENT)
    content = stored.as_sent(raw, event_id=EVENT["event_id"], received_at=AT, sent_at=sent_at)
    assert content.endswith(raw)
    found = stored.read(content)
    assert found == stored.read(stored.normalized(event))
    assert "level" in [note["name"] for note in found["errors"]]
    assert len(found["extra"]["long"]) == 16 * 1024


@pytest.mark.parametrize("content", [b"", b"7", b"{", b'{"a":1}\n{', b'{"a":1}\n[]', b"\xff\n{}"])
def test_damage_is_an_error_of_one_kind(content: bytes) -> None:
    with pytest.raises((ValueError, KeyError)):
        stored.read(content)


def send(project: Project, event: dict[str, Any]) -> None:
    body = orjson.dumps({}) + b'\n{"type":"event"}\n' + orjson.dumps(event)
    answer = request(f"/api/{project.pk}/envelope/", body, headers=auth(project))
    assert answer.status == 200


def newest() -> EventPayload:
    return EventPayload.objects.latest("pk")


def test_an_event_stays_as_it_was_sent(project: Project) -> None:
    send(project, EVENT | {"unknown": {"kept": [1, 2.50]}})
    digest_all()
    _, _, raw = newest().content().partition(b"\n")
    assert orjson.loads(raw)["extra"]["long"] == EVENT["extra"]["long"]
    assert newest().load()["unknown"] == {"unknown": {"kept": [1, 2.5]}}


@pytest.mark.parametrize(
    "more",
    [
        {"extra": {"password": "hunter2"}},
        {"user": {"ip_address": "203.0.113.7"}},
        {"request": {"headers": {"X-Forwarded-For": "203.0.113.7"}}},
        {"message": "https://anna:hunter2@db.example/"},
    ],
)
def test_what_must_not_be_kept_is_in_no_byte_of_it(project: Project, more: dict[str, Any]) -> None:
    for _ in range(3):
        send(project, EVENT | {"event_id": uuid.uuid4().hex} | more)
        digest_all()
        content = newest().content()
        assert b"\n" not in content
        assert b"hunter2" not in content
        assert b"203.0.113.7" not in content


def test_an_address_stays_where_the_project_wants_it(project: Project) -> None:
    Project.objects.filter(pk=project.pk).update(store_ip=True)
    send(project, EVENT | {"user": {"ip_address": "203.0.113.7"}})
    digest_all()
    assert b"\n" in newest().content()
    assert newest().load()["user"]["ip_address"] == "203.0.113.7"


def test_a_project_gets_a_dictionary_and_later_a_better_one(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dictionaries, "MILESTONES", (20, 40))
    frames = [
        {"function": f"function_{n}", "context_line": f"call({n}, {n * n})"} for n in range(60)
    ]

    def more(count: int) -> None:
        for number in range(count):
            error = {"type": "E", "value": str(number), "stacktrace": {"frames": frames}}
            send(project, {"exception": {"values": [error]}})
        digest_all()

    more(19)
    assert dictionaries.wanting() == []
    more(1)
    plain = len(newest().data)
    assert dictionaries.wanting() == [project.pk]
    assert dictionaries.make(project.pk, AT)
    assert dictionaries.wanting() == []
    more(1)
    assert newest().dictionary == 1
    assert len(newest().data) < plain / 3
    more(19)
    assert dictionaries.wanting() == [project.pk]
    assert dictionaries.make(project.pk, AT)
    more(1)
    assert newest().dictionary == 2
    assert {len(each.load()["exception"]["values"]) for each in EventPayload.objects.all()} == {1}
    assert set(EventPayload.objects.values_list("dictionary", flat=True)) == {0, 1, 2}
    # An issue whose hash is remembered, and that is gone, gets its text from the payload.
    Issue.objects.all().delete()
    more(1)
    assert "function_7" in Issue.objects.get().text.text


def test_events_with_nothing_in_common_get_none(project: Project) -> None:
    MonthCount.objects.create(project_id=project.pk, month=AT.date(), events=300)
    assert dictionaries.wanting() == [project.pk]
    assert not dictionaries.make(project.pk, AT)
    assert dictionaries.wanting() == []
    assert bytes(PayloadDictionary.objects.get().data) == b""
    assert dictionaries.newest([project.pk])[project.pk].number == 0


def test_a_payload_whose_dictionary_is_lost_says_so(project: Project) -> None:
    with pytest.raises(PayloadDictionary.DoesNotExist):
        dictionary_of(project.pk, 7)


def test_what_one_dictionary_packed_another_does_not_unpack() -> None:
    samples = [b'{"n":%d,"text":"the same in all of them"}' % n * 20 for n in range(200)]
    data = compress.train(samples, 4096)
    assert data
    packed = compress.pack(samples[7], Dictionary(1, data))
    assert compress.unpack(packed, Dictionary(1, data)) == samples[7]
    with pytest.raises(Exception, match=r"dictionary|decompress|corrupt"):
        compress.unpack(packed)
