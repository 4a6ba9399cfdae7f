"""A flood through the digest: everything is counted as without a storm, few payloads stay."""

import threading
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from ingest import envelope
from ingest.items import Disposal, ReceivedItem
from ingest.models import OutcomeCount
from issues import storm
from issues.attachments import AttachmentSink, of_event
from issues.digest import THINNED, EventSink
from issues.feedback import of_issue
from issues.models import (
    Activity,
    Attachment,
    AttachmentData,
    Event,
    EventPayload,
    HourCount,
    Issue,
    IssueTag,
    UserSeen,
)
from issues.states import Kind
from issues.storm import OFF, Keep, Rule
from issues.thinning import end_storms
from projects.models import MonthCount, Project
from tests.factories import make_project
from tests.ingest.conftest import fresh_pipeline  # noqa: F401  # an autouse fixture
from tests.ingest.door import auth, digest_all, request

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)
RULE = Rule(events=10, minutes=5, every=4)


def event(number: int = 0, **fields: Any) -> dict[str, Any]:
    return {
        "message": "flood",
        "release": f"shop@{number % 3}",
        "environment": ("live", "test")[number % 2],
        "user": {"id": number % 7},
        "tags": {"shelf": f"s{number % 5}"},
    } | fields


def digest(
    project: Project,
    events: Sequence[dict[str, Any]],
    *,
    at: datetime = NOW,
    rule: Rule = RULE,
    step: float = 0.1,
) -> list[Disposal | None]:
    """One batch, its events so many seconds apart."""
    items = [
        ReceivedItem(
            *(project.pk, "event", each, uuid.uuid4().hex, at + timedelta(seconds=index * step))
        )
        for index, each in enumerate(events)
    ]
    sink = EventSink(rule=rule)
    prepared = sink.prepare(items)
    with transaction.atomic():
        return sink.store(prepared, at)


def keeps() -> list[Keep]:
    return [Keep(keep) for keep in Event.objects.order_by("pk").values_list("keep", flat=True)]


def assert_payloads_are_those_of_whole_events() -> None:
    whole = Event.objects.exclude(keep=Keep.THINNED).values_list("pk", flat=True)
    assert sorted(EventPayload.objects.values_list("pk", flat=True)) == sorted(whole)


def counted(project: Project) -> dict[str, Any]:
    """All that is counted of a project, without primary keys."""
    issue = Issue.objects.select_related("first_release", "last_release").get(project=project)
    assert issue.first_release
    assert issue.last_release
    hours = HourCount.objects.filter(project_id=project.pk)
    users = UserSeen.objects.filter(project_id=project.pk)
    tags = IssueTag.objects.filter(project_id=project.pk)
    return {
        "issue": (issue.event_count, issue.user_count, issue.first_seen, issue.last_seen),
        "releases": (issue.first_release.version, issue.last_release.version),
        "hours": sorted(hours.values_list("hour", "count")),
        "users": sorted(users.values_list("user_hash", "first_seen", "last_seen")),
        "tags": sorted(tags.values_list("key", "value", "count", "first_seen", "last_seen")),
        "months": list(MonthCount.objects.filter(project_id=project.pk).values_list("events")),
        "events": Event.objects.filter(project_id=project.pk).count(),
    }


def test_everything_is_counted_as_without_a_storm(project: Project) -> None:
    calm = make_project("Calm")
    for target, rule in ((project, RULE), (calm, OFF)):
        for batch in range(6):
            events = [event(batch * 30 + number) for number in range(30)]
            digest(target, events, at=NOW + timedelta(minutes=20 * batch), rule=rule)
    assert counted(project) == counted(calm)
    assert Event.objects.filter(project_id=calm.pk, keep=Keep.WHOLE).count() == 180
    assert EventPayload.objects.filter(project_id=calm.pk).count() == 180
    # Ten before each storm, 6 places, every fourth of 20 that is no first of its place, the latest.
    assert EventPayload.objects.filter(project_id=project.pk).count() < 6 * (10 + 6 + 5 + 1)
    assert_payloads_are_those_of_whole_events()


def test_the_latest_always_has_its_payload(project: Project) -> None:
    digest(project, [event()] * 10)
    for number in range(12):
        digest(project, [event()] * (1 + number % 3), at=NOW + timedelta(seconds=10 + number))
        latest = Event.objects.latest("received_at", "pk")
        assert EventPayload.objects.get(pk=latest.pk).load()["release"] == "shop@0"
        assert_payloads_are_those_of_whole_events()
    # 24 of the storm: the first of its place and every fourth, the last of them being the latest.
    assert keeps().count(Keep.WHOLE) == 10 + 1 + 6


def test_batches_make_no_difference(project: Project) -> None:
    other = make_project("Other")
    events = [event(number) for number in range(60)]
    digest(project, events)
    for number, each in enumerate(events):
        digest(other, [each], at=NOW + timedelta(seconds=number * 0.1))
    by_project = [
        list(Event.objects.filter(project_id=p.pk).order_by("pk").values_list("keep", flat=True))
        for p in (project, other)
    ]
    assert by_project[0] == by_project[1]
    assert counted(project) == counted(other)
    assert_payloads_are_those_of_whole_events()


def test_the_digest_says_which_were_thinned(project: Project) -> None:
    fates = digest(project, [event()] * 14)
    # The fourth of the storm is kept for good; the latest would lose its payload to a newer one.
    assert fates == [*[None] * 11, THINNED, THINNED, None]
    assert digest(project, [event()], at=NOW + timedelta(seconds=5)) == [THINNED]


def test_a_storm_and_its_end_are_activity(project: Project) -> None:
    digest(project, [event()] * 30)
    began = NOW + timedelta(seconds=1)
    assert Issue.objects.get().storm_since == began
    digest(project, [event()], at=NOW + timedelta(hours=1))
    assert Issue.objects.get().storm_since is None
    told = Activity.objects.order_by("pk").values_list("kind", "at", "data")
    assert list(told) == [
        (Kind.FIRST_SEEN, NOW, {"release": "shop@0"}),
        (Kind.STORM_STARTED, began, {"events": 10, "minutes": 5}),
        (Kind.STORM_ENDED, NOW + timedelta(minutes=5), {"events": 20, "kept": 6}),
    ]


def test_silence_ends_a_storm(project: Project, django_assert_num_queries: Any) -> None:
    digest(project, [event()] * 31)
    assert end_storms(RULE, NOW + timedelta(minutes=4)) == 0
    assert end_storms(RULE, NOW + timedelta(minutes=5)) == 1
    assert Issue.objects.get().storm_since is None
    assert Activity.objects.latest("pk").kind == Kind.STORM_ENDED
    with django_assert_num_queries(1):
        assert end_storms(RULE, NOW + timedelta(minutes=6)) == 0
    assert keeps()[-1] is Keep.UNTIL_NEWER
    digest(project, [event()], at=NOW + timedelta(minutes=10))
    assert Event.objects.filter(keep=Keep.UNTIL_NEWER).count() == 1, "it stays for good"
    assert_payloads_are_those_of_whole_events()


def test_a_duplicate_of_a_thinned_event_is_a_duplicate(project: Project) -> None:
    digest(project, [event()] * 30)
    thinned = Event.objects.filter(keep=Keep.THINNED).first()
    assert thinned is not None
    items = [ReceivedItem(project.pk, "event", event(), thinned.event_id.hex, NOW)]
    sink = EventSink(rule=RULE)
    with transaction.atomic():
        assert sink.store(sink.prepare(items), NOW) == [Disposal("duplicate")]
    assert Issue.objects.get().event_count == 30


def queries(project: Project, events: int, rule: Rule, at: datetime) -> int:
    with CaptureQueriesContext(connection) as context:
        digest(project, [event()] * events, at=at, rule=rule)
    return len(context)


def test_without_a_storm_it_costs_no_statement_and_in_one_three(project: Project) -> None:
    digest(project, [event()])
    off = queries(project, 3, OFF, NOW + timedelta(minutes=10))
    calm = queries(project, 3, RULE, NOW + timedelta(minutes=20))
    assert calm == off
    digest(project, [event()] * 31, at=NOW + timedelta(minutes=30))
    few = queries(project, 2, RULE, NOW + timedelta(minutes=31))
    many = queries(project, 300, RULE, NOW + timedelta(minutes=32))
    # The thinned event, its payload, whether it had attachments.
    assert (few, many) == (calm + 3, calm + 3)


# --- what belongs to thinned events ---------------------------------------------------------------


def attach(project: Project, event_id: uuid.UUID, name: str = "a.txt") -> Disposal | None:
    item = ReceivedItem(
        *(project.pk, "attachment", memoryview(b"abc"), event_id.hex, NOW),
        headers={"filename": name},
    )
    sink = AttachmentSink(max_bytes=100, max_event_bytes=100)
    with transaction.atomic():
        return sink.store(sink.prepare([item]), NOW)[0]


def test_attachments_go_with_the_payload(project: Project) -> None:
    digest(project, [event()] * 13)
    whole, thinned, latest = Event.objects.order_by("pk")[10:13]
    assert attach(project, whole.event_id) is None
    assert attach(project, thinned.event_id) == Disposal("filtered", "storm")
    assert attach(project, latest.event_id) == Disposal("accepted", "storm")
    assert len(of_event(project.pk, latest.event_id)) == 1
    digest(project, [event()], at=NOW + timedelta(seconds=5))
    assert of_event(project.pk, latest.event_id) == []
    assert Attachment.objects.get().event_id == whole.event_id
    assert AttachmentData.objects.count() == 1


def test_the_same_id_in_another_project_keeps_its_attachment(project: Project) -> None:
    """Also when both projects' storms lose an event in the same batch."""
    other = make_project("Other")
    for target in (project, other):
        digest(target, [event()] * 13)
    latest = Event.objects.filter(project_id=project.pk).latest("pk")
    whole = Event.objects.filter(project_id=other.pk).order_by("pk")[10]
    Event.objects.filter(pk=whole.pk).update(event_id=latest.event_id)
    for target in (project, other):
        attach(target, latest.event_id)
    items = [
        ReceivedItem(target.pk, "event", event(), uuid.uuid4().hex, NOW + timedelta(seconds=5))
        for target in (project, other)
    ]
    sink = EventSink(rule=RULE)
    with transaction.atomic():
        sink.store(sink.prepare(items), NOW)
    assert Attachment.objects.get().project_id == other.pk


def test_feedback_finds_a_thinned_event(project: Project) -> None:
    digest(project, [event()] * 30)
    thinned = Event.objects.filter(keep=Keep.THINNED).first()
    assert thinned is not None
    report = b'{"event_id":"%s","comments":"It broke."}' % thinned.event_id.hex.encode()
    body = envelope.build({}, iter([({"type": "user_report"}, report)]))
    assert request(f"/api/{project.pk}/envelope/", body, headers=auth(project)).status == 200
    digest_all()
    [said] = of_issue(Issue.objects.get())
    assert said.event_id == thinned.event_id


def test_outcomes_stay_accepted_and_name_the_storm(project: Project, settings: Any) -> None:
    settings.STORM_EVENTS, settings.STORM_KEEP_EVERY = 10, 4
    text = b'{"message":"m"}'
    for number in range(20):
        items = [({"type": "event"}, text), ({"type": "attachment", "filename": "a"}, b"abc")]
        body = envelope.build({"event_id": f"{number + 1:032x}"}, iter(items))
        assert request(f"/api/{project.pk}/envelope/", body, headers=auth(project)).status == 200
    digest_all()
    rows = OutcomeCount.objects.values_list("category", "outcome", "reason", "quantity")
    # Of ten in the storm the 1st, 4th and 8th stay; the latest is thinned once a newer one comes.
    assert sorted(rows) == [
        ("attachment", "accepted", "", 13),
        ("attachment", "accepted", "storm", 1),
        ("attachment", "filtered", "storm", 6),
        ("error", "accepted", "", 13),
        ("error", "accepted", "storm", 7),
    ]


# --- two at once ----------------------------------------------------------------------------------


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_digesters_share_one_storm() -> None:
    """Each with a connection of its own, batch after batch of the same issue: no event is judged twice or missed."""
    project = make_project("Shop")
    digest(project, [event()])
    failures: list[BaseException] = []

    def work(first: int) -> None:
        try:
            for number in range(40):
                at = NOW + timedelta(seconds=1 + number * 2 + first)
                digest(project, [event()] * 10, at=at, step=0.05)
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(first,)) for first in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    issue = Issue.objects.get()
    assert (issue.event_count, Event.objects.count()) == (801, 801)
    found = storm.read(issue.flood).storm
    assert found is not None
    assert found.events == 801 - 10
    # The first of its place, every fourth; and the latest, unless it is one of them.
    assert found.kept == 1 + 791 // 4
    assert keeps().count(Keep.UNTIL_NEWER) <= 1
    assert keeps().count(Keep.WHOLE) == 10 + found.kept
    assert_payloads_are_those_of_whole_events()
    latest = Event.objects.latest("received_at", "pk")
    assert EventPayload.objects.filter(pk=latest.pk).exists()
    started = Activity.objects.filter(kind=Kind.STORM_STARTED)
    assert started.count() == 1
