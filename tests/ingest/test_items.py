"""Every item type: what is stored, what is only counted, what is kept in quarantine; each exactly once."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bugsink_lite.background import sinks
from ingest import checks, envelope, pipeline
from ingest.items import ReceivedItem
from ingest.losses import read as read_losses
from ingest.models import ClientLoss, OutcomeCount
from ingest.sdks import Seen
from ingest.spool import Record
from ingest.unpack import Dropped, Unreadable, unpack
from issues.models import Event, Feedback
from projects.models import Project
from tests.ingest.door import auth, digest_all, request
from tests.ingest.test_forms import DUMP

ID = "9ec79c33ec9942ab8353589fcb2e04dc"
TRACE = {"trace_id": "a" * 32, "span_id": "b" * 16}
TRANSACTION = {
    "type": "transaction",
    "start_timestamp": 1777630000,
    "timestamp": 1777630001,
    "contexts": {"trace": TRACE},
}
CHECK_IN = {"check_in_id": ID, "monitor_slug": "nightly", "status": "ok"}
LOG = {"timestamp": 1777630000.5, "trace_id": "a" * 32, "level": "info", "body": "hello"}


def send(project: Project, *items: tuple[dict[str, Any], Any], **headers: Any) -> None:
    pairs = [(h, p if isinstance(p, bytes) else json.dumps(p).encode()) for h, p in items]
    body = envelope.build(headers, iter(pairs))
    answer = request(f"/api/{project.pk}/envelope/", body, headers=auth(project))
    assert answer.status == 200, answer.body
    digest_all()


def outcomes() -> dict[tuple[str, str, str], int]:
    rows = OutcomeCount.objects.values_list("outcome", "category", "reason", "quantity")
    return {(outcome, category, reason): quantity for outcome, category, reason, quantity in rows}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "payload", "category", "quantity"),
    [
        ("transaction", TRANSACTION, "transaction", 1),
        ("session", {"sid": "s", "started": "2026-05-01T10:00:00Z", "status": "crashed"}, "session", 1),
        ("sessions", {"aggregates": [{"started": "2026-05-01T10:00:00Z", "exited": 3}]}, "session", 1),
        ("check_in", CHECK_IN, "monitor", 1),
        ("log", {"items": [LOG, LOG, LOG]}, "log_item", 3),
        ("log", LOG, "log_item", 1),
        ("span", {"version": 2, "items": [TRACE, TRACE]}, "span", 2),
        ("span", TRACE, "span", 1),
        ("replay_recording", b'{"segment_id":0}\nxxx', "replay", 1),
        ("statsd", b"a:1|c", "metric_bucket", 1),
    ],
)  # fmt: skip
def test_what_no_room_takes_is_counted(
    project: Project, kind: str, payload: Any, category: str, quantity: int
) -> None:
    send(project, ({"type": kind}, payload))
    assert outcomes() == {("unsupported", category, kind): quantity}
    assert pipeline.quarantine().counts() == {}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "payload", "says"),
    [
        ("transaction", {"timestamp": 1}, "start_timestamp"),
        ("transaction", {**TRANSACTION, "contexts": {"trace": {"trace_id": "x"}}}, "trace_id"),
        ("session", {"status": "ok"}, "started"),
        ("session", {"started": 1, "status": ["ok"]}, "status"),
        ("sessions", {"aggregates": [1]}, "aggregates"),
        ("check_in", {**CHECK_IN, "status": "maybe"}, "status"),
        ("check_in", {**CHECK_IN, "monitor_slug": "a b"}, "slug"),
        ("log", {"level": "info"}, "log"),
        ("span", {"items": {}}, "items"),
        ("client_report", {"discarded_events": 7}, "discarded_events"),
        ("user_report", b"{", "JSON"),
        ("feedback", b"[]", "not an object"),
    ],
)
def test_what_cannot_be_read_waits_in_quarantine_and_the_rest_goes_on(
    project: Project, kind: str, payload: Any, says: str
) -> None:
    send(project, ({"type": kind}, payload), ({"type": "event"}, {"message": "m"}), event_id=ID)
    [entry] = pipeline.quarantine().list(project.pk)
    assert says in entry.detail
    assert [item.type for item in envelope.frame(entry.record.body).items] == [kind]
    stored = Event.objects.count()
    assert stored == (0 if kind in ("transaction", "feedback") else 1), "one event per envelope"


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "size"), [("client_report", 5_000), ("user_report", 17_000)])
def test_too_large_items_are_dropped_and_counted(project: Project, kind: str, size: int) -> None:
    send(project, ({"type": kind}, {"comments": "x" * size}), ({"type": "event"}, {"message": "m"}))
    assert Event.objects.count() == 1
    assert not Feedback.objects.exists()
    assert [key[0] for key in outcomes() if key[2] == f"{kind} too large"] == ["too_large"]


def test_too_large_entries_leave_the_others() -> None:
    payload = {"items": [LOG, {**LOG, "body": "x" * (1 << 20)}, LOG]}
    checked = checks.check("log", payload, len(json.dumps(payload)))
    assert (checked.quantity, checked.too_large, len(payload["items"])) == (2, 1, 2)


@pytest.mark.django_db
def test_odd_types_are_counted_under_names_that_can_be_stored(project: Project) -> None:
    for kind in ("\x00\ud83d", "a b", "x" * 500, 7, ["event"], None, ""):
        send(project, ({"type": kind, "item_count": -1}, b"x"))
    found = {reason for _, _, reason in outcomes()}
    assert found == {"??", "a b", "x" * 64, "no type"}
    assert pipeline.quarantine().counts() == {}


@pytest.mark.django_db
def test_a_lone_minidump_is_an_event(project: Project) -> None:
    dump = {"type": "attachment", "attachment_type": "event.minidump", "filename": "x.dmp"}
    send(project, (dump, DUMP), event_id=ID)
    assert Event.objects.get().event_id.hex == ID
    assert outcomes() == {("accepted", "error", ""): 1, ("accepted", "attachment", ""): 1}


@pytest.mark.django_db
def test_references_without_bytes_are_no_attachments(project: Project) -> None:
    kind = "application/vnd.sentry.attachment-ref+json"
    header = {"type": "attachment", "content_type": kind}
    send(project, ({"type": "event"}, {"message": "m"}), (header, b"{}"), event_id=ID)
    assert ("unsupported", "attachment", "reference without bytes") in outcomes()


@pytest.mark.django_db
def test_losses_of_clients_add_up(project: Project) -> None:
    report = {
        "timestamp": 1777630000,
        "discarded_events": [
            {"reason": "queue_overflow", "category": "error", "quantity": 2},
            {"reason": "my own", "category": {"a": 1}, "quantity": 1},
            {"reason": "sample_rate", "category": "transaction", "quantity": 0},
            {"reason": ["x"], "quantity": True},
            7,
        ],
        "rate_limited_events": [{"reason": "x", "category": "span", "quantity": 5}],
    }
    send(project, ({"type": "client_report"}, report), ({"type": "client_report"}, report))
    send(project, ({"type": "client_report"}, report))
    rows = ClientLoss.objects.values_list("reason", "category", "quantity")
    assert set(rows) == {
        ("queue_overflow", "error", 6),
        ("other", "other", 3),
        ("ratelimit_backoff", "span", 15),
    }
    assert outcomes() == {("accepted", "internal", ""): 3}


# --- whatever comes, every item has one fate --------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
TYPES = st.sampled_from(
    [
        *sorted(checks.MAX_BYTES),
        *("event", "transaction", "feedback", "log", "span", "attachment"),
        *("otlp_logs", "otlp_traces", "nel", "profile", "hologram"),
    ]
)
FIELDS = ("type", "items", "status", "started", "contexts", "csp-report", "body", "aggregates")
PAYLOAD = st.binary(max_size=60) | st.dictionaries(
    st.sampled_from(FIELDS) | st.text(max_size=5), JSON, max_size=5
).map(lambda value: json.dumps(value).encode())
HEADERS = st.dictionaries(
    st.sampled_from(("filename", "content_type", "attachment_type", "item_count", "event_id")),
    JSON,
    max_size=3,
)
WANTED = st.sampled_from((frozenset[str](), frozenset(sinks()), frozenset({"log", "span"})))


@given(st.lists(st.tuples(TYPES, HEADERS, PAYLOAD), max_size=6), JSON, WANTED)
def test_every_item_has_one_fate(
    items: list[tuple[str, dict[str, Any], bytes]], sdk: Any, wanted: frozenset[str]
) -> None:
    body = envelope.build(
        {"sdk": sdk, "sent_at": sdk}, iter([({**h, "type": t}, p) for t, h, p in items])
    )
    record = Record(1, 1777630000.0, "envelope", "", ID, "demo/1.0", body, 5)
    found = list(unpack(record, limit=1 << 20, wanted=wanted))
    assert [type(thing) for thing in found].count(Seen) == 1
    fates = [thing for thing in found if isinstance(thing, ReceivedItem | Dropped | Unreadable)]
    made_of_dumps = sum(h.get("attachment_type") == "event.minidump" for _, h, _ in items)
    # Of a container a part may be dropped and a part kept.
    containers = sum(t in ("log", "span") for t, _, _ in items)
    assert len(items) <= len(fates) <= len(items) + made_of_dumps + containers
    for thing in fates:
        if isinstance(thing, ReceivedItem):
            assert thing.type in wanted
        elif isinstance(thing, Unreadable):
            assert envelope.frame(thing.record.body).items
        else:
            assert thing.reason.isascii()
            assert thing.quantity >= 0


@given(st.dictionaries(st.sampled_from(("discarded_events", "filtered_events")), JSON))
def test_any_client_report_can_be_counted(report: dict[str, Any]) -> None:
    for reason, category, quantity in read_losses(report):
        assert quantity > 0
        assert reason.isascii() and category.isascii()  # noqa: PT018
