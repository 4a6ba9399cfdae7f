"""Where grouping itself fails, the event is stored, flagged and counted (grouping contract, section 13.6)."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

import issues.grouping
from ingest import doctor
from issues.digest import NOT_GROUPED, EventSink
from issues.models import Event, GroupHash, GroupingFailure, Issue
from projects.models import Project
from tests.issues.regroup.test_apply import Stream, error, sizes

pytestmark = pytest.mark.django_db


@pytest.fixture
def stream(project: Project) -> Stream:
    stream = Stream()
    stream.project, stream.now = project, timezone.now()
    return stream


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def place(*_: Any, **__: Any) -> None:
        raise RuntimeError("a\x00\ud800 <b>hostile</b> word")

    monkeypatch.setattr("issues.grouping.exception.place_of", place)


@pytest.mark.usefixtures("broken")
def test_nothing_is_dropped_and_everything_is_counted(stream: Stream) -> None:
    stream.receive(error("a"), error("b"))
    stream.receive(error("a"), {"message": "fine"})
    assert sizes(stream.project) == [1, 3]
    failure = GroupingFailure.objects.get()
    assert (failure.project_id, failure.count) == (stream.project.pk, 3)
    assert failure.place.startswith("RuntimeError in issues/grouping/exception.py, line ")
    assert failure.event_id == Event.objects.order_by("pk")[0].event_id
    assert failure.first_seen < failure.last_seen
    assert GroupHash.objects.get(config="g1", why__kind="fallback").hash


@pytest.mark.usefixtures("broken")
def test_the_fate_of_the_event_says_so(stream: Stream) -> None:
    from ingest.items import ReceivedItem

    sink = EventSink()
    item = ReceivedItem(stream.project.pk, "event", error("a"), "9" * 32, stream.tick())
    assert sink.store(sink.prepare([item]), stream.now) == [NOT_GROUPED]


def test_the_doctor_speaks_of_it() -> None:
    now = timezone.now()
    fates = [
        doctor.Fate("accepted", category, "grouping_error", 2, now)
        for category in ("error", "security")
    ]
    findings = doctor.advise(found=[], fates=fates, losses=[], quarantined=0, now=now)
    assert findings[0].tone == "bad"
    assert findings[0].words == "Grouping failed for 4 events in 24 hours."
    assert not any("Storms" in finding.words for finding in findings)


@pytest.mark.usefixtures("broken")
def test_the_event_and_the_settings_show_it(owner: Client, viewer: Client, stream: Stream) -> None:
    settings = reverse("issues:grouping", args=[stream.project.slug])
    assert "Where grouping failed" not in owner.get(settings).content.decode()
    stream.receive(error("a"))
    page = owner.get(Issue.objects.get().get_absolute_url()).content.decode()
    assert "Grouping failed for this event." in page
    assert f"{settings}#failures" in page
    assert "&lt;b&gt;hostile&lt;/b&gt;" in page
    assert settings not in viewer.get(Issue.objects.get().get_absolute_url()).content.decode()
    said = owner.get(settings).content.decode()
    assert "Where grouping failed" in said
    assert "issues/grouping/exception.py, line" in said


def test_mended_it_is_put_right_by_a_dry_run(
    stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    from issues.regroup import decisions

    def broken(*_: Any) -> None:
        raise ValueError("no")

    with monkeypatch.context() as patch:
        patch.setattr(issues.grouping, "default_grouping", broken)
        stream.receive(error("a"), {"message": "one"}, {"message": "two"})
    stream.receive({"message": "one"})
    run = stream.regroup({})
    assert decisions.apply(run, by=None, now=stream.tick())
    stream.finish(run)
    titles = dict(Issue.objects.values_list("title", "event_count"))
    assert titles["one"] == 2
    assert sum(titles.values()) == 4
    assert not Event.objects.filter(
        grouphash_id__in=GroupHash.objects.filter(why__kind="fallback").values("pk")
    ).exists()
