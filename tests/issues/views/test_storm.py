"""What the pages say of a storm and of the events that it has thinned."""

import re
import uuid
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ingest.items import ReceivedItem
from issues import storm
from issues.digest import EventSink
from issues.models import Activity, Event, EventPayload, Issue
from issues.states import Kind
from issues.storm import Keep, Rule
from issues.thinning import end_storms
from projects.models import Project
from tests.factories import NOW, error, make_event, make_tag
from tests.ingest.conftest import fresh_pipeline  # noqa: F401  # an autouse fixture
from tests.ingest.door import digest_all, send

pytestmark = pytest.mark.django_db

RULE = Rule(events=10, minutes=5, every=100)
TRACE = "7f" * 16


@pytest.fixture
def flooded(project: Project) -> Issue:
    """Ten events, then a storm of forty that goes on."""
    now = timezone.now()
    items = [
        ReceivedItem(
            *(project.pk, "event", flood_event(number), uuid.uuid4().hex),
            now - timedelta(seconds=60 - number),
        )
        for number in range(50)
    ]
    sink = EventSink(rule=RULE)
    prepared = sink.prepare(items)
    with transaction.atomic():
        sink.store(prepared, now)
    return Issue.objects.get()


def flood_event(number: int) -> dict[str, Any]:
    return error(
        release="shop@1",
        environment="live",
        user={"id": number},
        tags={"api_request_id": f"req-{number}"},
        contexts={"trace": {"trace_id": TRACE}},
    )


def thinned(issue: Issue) -> list[Event]:
    return list(Event.objects.filter(issue_id=issue.pk, keep=Keep.THINNED).order_by("pk"))


def read(client: Client, url: str, **query: str) -> str:
    """What a person reads: the main part without its markup."""
    answer = client.get(url, query)
    assert answer.status_code == 200
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", main)).split()).replace(" :", ":")


def test_the_issue_says_since_when_and_what_is_kept(viewer: Client, flooded: Issue) -> None:
    text = read(viewer, flooded.get_absolute_url())
    assert flooded.storm_since is not None
    since = timezone.localtime(flooded.storm_since)
    assert f"Storm since {since:%H:%M}: 40 events; all are counted, 1 in 100 is kept." in text
    assert "Storm began: more than 10 events in 5 minutes" in text


def test_the_list_marks_it(viewer: Client, flooded: Issue) -> None:
    assert "Storm" in read(viewer, reverse("issues:list"))


def test_an_issue_without_a_storm_says_nothing(viewer: Client, issue: Issue) -> None:
    make_event(issue)
    for url in (issue.get_absolute_url(), reverse("issues:list")):
        assert "Storm" not in read(viewer, url)


def test_after_its_end_only_the_activity_tells(viewer: Client, flooded: Issue) -> None:
    end_storms(RULE, timezone.now() + timedelta(minutes=6))
    text = read(viewer, flooded.get_absolute_url())
    assert "Storm since" not in text
    assert "Storm ended: 40 events, 2 kept whole" in text
    assert "Storm" not in read(viewer, reverse("issues:list"))


def test_the_issue_opens_with_a_whole_event(viewer: Client, flooded: Issue) -> None:
    answer = viewer.get(flooded.get_absolute_url())
    assert answer.context["event"] == Event.objects.latest("received_at")
    assert answer.context["nav"].is_newest
    assert answer.context["exceptions"]


def test_also_where_the_newest_is_thinned(viewer: Client, flooded: Issue) -> None:
    """As after taking issues apart."""
    Event.objects.latest("received_at").delete()
    answer = viewer.get(flooded.get_absolute_url())
    assert not answer.context["event"].is_thinned
    assert answer.context["exceptions"]


def test_a_thinned_event_says_so_and_shows_what_its_row_knows(
    viewer: Client, flooded: Issue
) -> None:
    event = thinned(flooded)[3]
    text = read(viewer, event.get_absolute_url())
    assert "Thinned out in a storm." in text
    for known in (event.event_id.hex, "shop@1", "live", "id:14", TRACE, "req-14", "python"):
        assert known in text
    assert "Raw JSON" not in text
    assert "Stack trace" not in text


def test_a_user_whose_name_is_not_found_is_counted(viewer: Client, flooded: Issue) -> None:
    event = thinned(flooded)[0]
    Event.objects.filter(pk=event.pk).update(user_hash=1, release_id=None, environment_id=None)
    text = read(viewer, event.get_absolute_url())
    assert "User counted; the name went with the payload" in text
    Event.objects.filter(pk=event.pk).update(user_hash=None, trace_id=None, api_request_id=None)
    assert "What is known of it" in read(viewer, event.get_absolute_url())


@pytest.mark.parametrize(
    ("nth", "expected", "distance"),
    [(0, "first of the storm", "1.00 s earlier"), (-1, "latest", "1.00 s later")],
)
def test_it_leads_to_the_nearest_kept_event(
    viewer: Client, flooded: Issue, nth: int, expected: str, distance: str
) -> None:
    event = thinned(flooded)[nth]
    answer = viewer.get(event.get_absolute_url(), {"frames": "all"})
    whole = list(Event.objects.exclude(keep=Keep.THINNED).order_by("received_at"))
    near = {"first of the storm": whole[10], "latest": whole[11]}[expected]
    remains = answer.context["remains"]
    assert (remains.kept, remains.distance) == (near, distance)
    assert f'href="{near.get_absolute_url()}?frames=all"' in answer.content.decode()


def test_with_nothing_kept_there_is_no_link(viewer: Client, issue: Issue) -> None:
    event = make_event(issue, keep=Keep.THINNED)
    EventPayload.objects.all().delete()
    assert "nearest kept" not in read(viewer, event.get_absolute_url())
    assert "Thinned out" in read(viewer, issue.get_absolute_url())


def test_its_neighbours_are_one_key_away(viewer: Client, flooded: Issue) -> None:
    answer = viewer.get(flooded.get_absolute_url())
    for position in range(49, 0, -1):
        older = answer.context["nav"].older
        answer = viewer.get(reverse("issues:event", args=[flooded.pk, older]))
        assert (answer.status_code, answer.context["nav"].position) == (200, position)


@pytest.mark.parametrize("query", [{}, {"download": ""}])
def test_its_json_is_gone_and_the_answer_says_why(
    viewer: Client, flooded: Issue, query: dict[str, str]
) -> None:
    event = thinned(flooded)[0]
    answer = viewer.get(reverse("issues:event_json", args=[flooded.pk, event.event_id.hex]), query)
    assert answer.status_code == 410
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert "thinned out in a storm" in answer.content.decode()


def test_strangers_learn_nothing(stranger: Client, flooded: Issue) -> None:
    event = thinned(flooded)[0]
    for name in ("event", "event_json"):
        url = reverse(f"issues:{name}", args=[flooded.pk, event.event_id.hex])
        assert stranger.get(url).status_code == 404


def test_it_is_found_by_its_id_its_trace_and_its_request(member: Client, flooded: Issue) -> None:
    event = thinned(flooded)[5]
    found = member.get(reverse("issues:find"), {"query": event.event_id.hex}, follow=True)
    assert found.context["event"] == event
    for query in (f"trace:{TRACE}", f"api_request_id:{event.api_request_id}"):
        assert "KeyError" in read(member, reverse("issues:list"), query=query)


@pytest.mark.parametrize("data", [{}, {"events": "many", "kept": None}, [1], None])
def test_activity_without_figures_is_shown(viewer: Client, issue: Issue, data: Any) -> None:
    for kind in (Kind.STORM_STARTED, Kind.STORM_ENDED):
        Activity.objects.create(
            project_id=issue.project_id, issue=issue, kind=kind, at=NOW, data=data or {}
        )
    text = read(viewer, issue.get_absolute_url())
    assert "Storm began" in text
    assert "Storm ended" in text


def test_a_thinned_event_costs_few_queries(
    viewer: Client, flooded: Issue, django_assert_num_queries: Any
) -> None:
    for number in range(20):
        make_tag(flooded, "user", f"id:x{number}")
    event = thinned(flooded)[7]
    # Three look for what happened with it, one for the release that is suspected.
    with django_assert_num_queries(30):
        viewer.get(event.get_absolute_url())
    # No more than for any other issue; one of them says what the issue is made of.
    with django_assert_num_queries(25):
        viewer.get(flooded.get_absolute_url())


def test_a_flood_through_the_door(
    project: Project, member: Client, administrator: Client, settings: Any
) -> None:
    """3,000 events as SDKs send them, under the settings of an installation."""
    for number in range(3000):
        sent = {
            "message": "flood",
            "release": f"shop@{number % 2}",
            "environment": "live",
            "user": {"id": number % 50},
            "tags": {"shelf": f"s{number % 3}"},
        }
        assert send(project, sent).status == 200
    digest_all()
    issue = Issue.objects.get()
    assert (issue.event_count, issue.user_count, Event.objects.count()) == (3000, 50, 3000)
    in_storm = 3000 - settings.STORM_EVENTS
    found = storm.read(issue.flood).storm
    assert found is not None
    assert (found.events, found.kept) == (in_storm, 2 + in_storm // settings.STORM_KEEP_EVERY)
    whole = Event.objects.exclude(keep=Keep.THINNED)
    assert whole.count() - settings.STORM_EVENTS - found.kept in (0, 1)
    assert EventPayload.objects.count() == whole.count()
    gone = thinned(issue)
    for event in (gone[0], gone[1], gone[len(gone) // 2], gone[-1]):
        assert "Thinned out in a storm." in read(member, event.get_absolute_url())
        json = reverse("issues:event_json", args=[issue.pk, event.event_id.hex])
        assert member.get(json).status_code == 410
    for client in (member, administrator):
        text = read(client, issue.get_absolute_url())
        assert f"{in_storm:,} events; all are counted, 1 in 100 is kept." in text
        assert "Storm" in read(client, reverse("issues:list"))
    oldest = member.get(reverse("issues:oldest", args=[issue.pk]), follow=True)
    assert not oldest.context["event"].is_thinned
    doctor = read(member, reverse("ingest:doctor", args=[project.slug]))
    assert re.search(rf"accepted error storm {in_storm - found.kept:,}\b", doctor)
