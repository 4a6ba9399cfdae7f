"""SDK doctor: what it knows, what it advises, who may see and do what."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ingest import doctor, pipeline, trial
from ingest.doctor import Fate, Finding, Loss, Sdk
from ingest.doctor_pages import bars
from issues.models import Event, Issue
from projects.models import Project
from tests.factories import NOW, make_project
from tests.ingest.door import auth, digest_all, request

pytestmark = pytest.mark.django_db

SDK = Sdk("sentry.python", "2.75.0", NOW, envelopes=9, events=7)


def page(project: Project, name: str = "doctor") -> str:
    return reverse(f"ingest:{name}", args=[project.slug])


def post(project: Project, body: bytes, path: str = "envelope") -> None:
    request(f"/api/{project.pk}/{path}/", body, headers=auth(project))


def advice(**given: Any) -> list[Finding]:
    values: dict[str, Any] = {"found": [SDK], "fates": [], "losses": [], "quarantined": 0}
    return doctor.advise(**values | given, now=NOW + timedelta(minutes=5))


def fill(project: Project) -> None:
    """One of everything."""
    post(project, b'{"message":"m","release":"1"}', "store")
    post(project, b"{oops", "store")
    post(project, b'{}\n{"type":"event"}\n{oops\n')
    post(project, b'{}\n{"type":"session"}\n{"started":1}\n{"type":"client_report"}\n'
        b'{"discarded_events":[{"reason":"network_error","category":"error","quantity":3}]}\n')  # fmt: skip
    digest_all()
    pipeline.refusals.flush()


def test_the_queries_see_what_came(project: Project) -> None:
    fill(project)
    fill(make_project("Other"))
    now = timezone.now()
    [sdk] = doctor.sdks(project.pk)
    assert (sdk.title, sdk.envelopes, sdk.events) == ("demo 1.0", 3, 1)
    assert (sdk.no_release, sdk.no_environment) == (0, 1)
    found = {(f.outcome, f.category, f.reason): f.quantity for f in doctor.fates(project.pk, now)}
    assert found == {
        ("invalid", "error", "json"): 1,
        ("invalid", "default", "unreadable_body"): 1,
        ("accepted", "error", ""): 1,
        ("accepted", "internal", ""): 1,
        ("unsupported", "session", "session"): 1,
    }
    assert not doctor.fates(project.pk, now)[0].is_fine, "troubles first"
    *before, last = doctor.hours(project.pk, now)
    assert (last.accepted, last.lost, last.others) == (2, 2, 1)
    assert len(before) == 23
    assert {hour.total for hour in before} == {0}
    [loss] = doctor.losses(project.pk, now)
    assert (loss.reason, loss.category, loss.quantity) == ("network_error", "error", 3)
    [kept] = doctor.kept(pipeline.quarantine(), project.pk)
    assert (kept.reason, kept.client) == ("invalid", "demo/1.0")
    assert kept.size > 0


def test_yesterday_is_not_today(project: Project) -> None:
    fill(project)
    tomorrow = timezone.now() + timedelta(days=2)
    assert doctor.fates(project.pk, tomorrow) == []
    assert doctor.losses(project.pk, tomorrow) == []
    assert {hour.total for hour in doctor.hours(project.pk, tomorrow)} == {0}


def test_a_healthy_project_needs_no_advice() -> None:
    fine = [Fate("accepted", "error", "", 9, NOW), Fate("unsupported", "span", "span", 9, NOW)]
    assert advice(fates=fine, losses=[Loss("sample_rate", "transaction", 90, NOW)]) == []


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"found": []}, "Nothing has arrived yet."),
        ({"fates": [Fate("too_large", "error", "x", 1, NOW)]}, "Too large in 24 hours: 1 item."),
        (
            {"fates": [Fate("accepted", "error", "storm", 1580, NOW)]},
            "Storms thinned 1,580 items in 24 hours.",
        ),
        (
            {"fates": [Fate("invalid", "error", "json", 1200, NOW)]},
            "Could not be read in 24 hours: 1,200 items.",
        ),
        (
            {"fates": [Fate("rate_limited", "error", "", 2, NOW)]},
            "Refused by a limit in 24 hours: 2 items.",
        ),
        ({"quarantined": 3}, "3 records in quarantine"),
        ({"losses": [Loss("network_error", "error", 4, NOW)]}, "could not deliver 4 items"),
    ],
)
def test_what_is_worth_a_look_is_said(given: dict[str, Any], says: str) -> None:
    [finding] = advice(**given)
    assert says in finding.words
    assert finding.advice


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("no_release", "without a release"),
        ("no_environment", "without an environment"),
        ("skewed", "a clock is wrong, by up to 3 h"),
    ],
)
def test_what_an_sdk_lacks_is_said_while_it_is_true(name: str, says: str) -> None:
    def sdk(**changes: Any) -> Sdk:
        return Sdk("demo", "1.0", NOW, 9, 7, largest_skew=3 * 3600, **changes)

    [finding] = advice(found=[sdk(**{name: 2, f"{name}_at": NOW})])
    assert says in finding.words
    assert advice(found=[sdk(**{name: 2, f"{name}_at": NOW - timedelta(days=3)})]) == []


def test_the_worst_comes_first() -> None:
    found = advice(found=[], quarantined=1)
    assert [finding.tone for finding in found] == ["bad", "warn"]


def test_the_chart_stacks_and_fits(project: Project) -> None:
    fill(project)
    drawn = bars(doctor.hours(project.pk, timezone.now()))
    assert [bar.tone for bar in drawn] == ["", "warn", "bad"]
    assert float(drawn[0].y) + float(drawn[0].height) == pytest.approx(88, abs=0.1)
    assert all(float(bar.y) >= 13 for bar in drawn)
    assert bars([]) == []


# --- the page ---------------------------------------------------------------------------------


def test_the_page_shows_all_of_it(project: Project, viewer: Client) -> None:
    fill(project)
    text = viewer.get(page(project)).content.decode()
    for words in ("demo 1.0", "unreadable_body", "network_error", "in quarantine", "curl -i"):
        assert words in text
    assert "Replay" not in text
    assert "Send a test event" not in text


def test_an_empty_project_has_a_page(project: Project, member: Client) -> None:
    text = member.get(page(project)).content.decode()
    assert "Nothing has arrived yet." in text
    assert "Send a test event" in text
    project.keys.update(is_active=False)
    assert "no active key" in member.get(page(project)).content.decode()


def test_what_senders_wrote_is_shown_as_text(project: Project, member: Client) -> None:
    evil = "<script>alert(1)</script>"
    post(project, b'{"sdk":{"name":"%s"}}\n{"type":"%s"}\nx' % (evil.encode(), evil.encode()))
    key = project.keys.get().public_key
    request(f"/api/{project.pk}/store/?sentry_key={key}&sentry_client=%3Cscript%3E", b"<script>")
    post(project, b'{}\n{"type":"session"}\n{"started":1,"status":"<script>"}')
    digest_all()
    pipeline.refusals.flush()
    text = member.get(page(project)).content.decode()
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_a_test_event_goes_through_the_spool(project: Project, member: Client) -> None:
    assert member.post(page(project, "doctor_test_event"))["Location"] == page(project)
    assert pipeline.spool().backlog()[0] == 1
    digest_all()
    assert Issue.objects.get().title.startswith("TestError")
    assert doctor.sdks(project.pk)[0].name == "bugsink-lite.test"


def test_a_full_spool_is_said(project: Project, member: Client, settings) -> None:
    post(project, b'{}\n{"type":"event"}\n{oops\n')
    digest_all()
    pipeline.close()
    settings.SPOOL_MAX_BYTES = 0
    for name in ("doctor_test_event", "doctor_replay"):
        answer = member.post(page(project, name), follow=True)
        assert "The spool is full" in answer.content.decode()
    assert len(pipeline.quarantine().list(project.pk)) == 1, "nothing is lost"


def test_one_record_or_all_are_replayed(project: Project, member: Client) -> None:
    other = make_project("Other")
    for target in (project, project, project, other):
        post(target, b'{}\n{"type":"event"}\n{oops\n')
    digest_all()
    first = doctor.kept(pipeline.quarantine(), project.pk)[0].id
    member.post(page(project, "doctor_replay"), {"record": str(first)})
    assert first not in [kept.id for kept in doctor.kept(pipeline.quarantine(), project.pk)]
    assert pipeline.spool().backlog()[0] == 1
    member.post(page(project, "doctor_replay"))
    assert pipeline.spool().backlog()[0] == 3
    digest_all()
    assert pipeline.quarantine().counts() == {project.pk: 3, other.pk: 1}, "still unreadable"
    assert not Event.objects.exists()


@pytest.mark.parametrize("record", ["x", "9" * 30, "٣", "999999"])
def test_a_record_that_is_not_there_is_said(project: Project, member: Client, record: str) -> None:
    answer = member.post(page(project, "doctor_replay"), {"record": record}, follow=True)
    assert answer.status_code == 200
    assert pipeline.spool().backlog()[0] == 0


def test_another_projects_record_is_not_replayed(project: Project, member: Client) -> None:
    other = make_project("Other")
    post(other, b'{}\n{"type":"event"}\n{oops\n')
    digest_all()
    number = doctor.kept(pipeline.quarantine(), other.pk)[0].id
    member.post(page(project, "doctor_replay"), {"record": str(number)})
    assert pipeline.quarantine().counts() == {other.pk: 1}


def test_who_may_see_and_who_may_act(
    project: Project, viewer: Client, member: Client, stranger: Client
) -> None:
    acts = [page(project, "doctor_test_event"), page(project, "doctor_replay")]
    assert viewer.get(page(project)).status_code == 200
    assert stranger.get(page(project)).status_code == 404
    assert Client().get(page(project)).status_code == 302
    for url in acts:
        assert viewer.post(url).status_code == 403
        assert stranger.post(url).status_code == 404
        assert Client().post(url).status_code == 302
        assert member.get(url).status_code == 405
        assert member.post(url).status_code == 302


def test_the_page_pins_its_queries(
    project: Project, member: Client, django_assert_max_num_queries
) -> None:
    fill(project)
    member.get(page(project))
    with django_assert_max_num_queries(14):
        member.get(page(project))


def test_the_curl_line_is_one_a_shell_takes() -> None:
    line = trial.curl_line(f"https://{'c0ffee00' * 4}@errors.example/x/7")
    assert f"'https://errors.example/x/api/7/store/?sentry_key={'c0ffee00' * 4}'" in line


def test_log_lines_that_were_not_understood_are_a_finding_of_their_own() -> None:
    fate = Fate("invalid", "log_item", "log line", 3, NOW)
    words = [finding.words for finding in advice(fates=[fate])]
    assert words == ["3 log lines could not be understood in 24 hours."]
