"""The shop that never was: lively, the same for the same seed, and through the digest's own code."""

import random
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse

from bugsink_lite.demo.plan import PARTS, Problem, deeds, moments, problems
from ingest.models import OutcomeCount, SdkSeen
from issues.models import Activity, Attachment, Event, Feedback, Issue
from issues.states import Kind, Status
from projects.models import Project, Role, User
from tests.factories import NOW


def plan(seed: int = 7) -> list[Problem]:
    return problems(random.Random(seed))


def test_the_same_seed_is_the_same_shop() -> None:
    assert plan() == plan()
    assert plan() != plan(8)
    first, second = (moments(plan(), 900, NOW, random.Random(1)) for _ in range(2))
    assert first == second


def test_two_weeks_in_order_and_every_problem_at_least_once() -> None:
    found = plan()
    coming = moments(found, 2000, NOW, random.Random(1))
    assert 200 <= len(found) <= 500
    assert [m.at for m in coming] == sorted(m.at for m in coming)
    assert (NOW - coming[0].at).days in (12, 13)
    assert coming[-1].at < NOW
    assert {m.problem.number for m in coming} == {p.number for p in found}
    assert all(deed.at < NOW for deed in deeds(found, NOW, random.Random(1), 4))


@pytest.mark.django_db
def test_the_command_fills_once_and_adds_when_asked(administrator: Client) -> None:
    out = StringIO()
    call_command("demo", events=1, stdout=out)  # every problem comes at least once
    assert "3 projects hold" in out.getvalue()
    first = Event.objects.count()
    issues = Issue.objects.count()
    assert issues > 200
    assert sorted(Project.objects.values_list("slug", flat=True)) == sorted(p.slug for p in PARTS)
    with pytest.raises(CommandError, match="--again"):
        call_command("demo", events=1, stdout=out)
    assert Event.objects.count() == first

    # Nothing is refused or left out on the way, and the tallies say so.
    events = OutcomeCount.objects.filter(category="error")
    assert sum(events.values_list("quantity", flat=True)) == first
    assert set(OutcomeCount.objects.values_list("outcome", flat=True)) == {"accepted"}
    assert SdkSeen.objects.count() == 3
    # People did something, and something came back.
    kinds = set(Activity.objects.values_list("kind", flat=True))
    assert {Kind.RESOLVED, Kind.MUTED, Kind.ASSIGNED, Kind.COMMENTED, Kind.REGRESSED} <= kinds
    assert Issue.objects.filter(status=Status.RESOLVED).exists()
    assert Issue.objects.exclude(first_release=None).exists()
    # Customers wrote about it, and workers sent their logs along.
    assert Feedback.objects.exclude(grouphash_id=None).exists()
    assert Attachment.objects.filter(name="task.log").exists()
    # A failed request is one on both sides.
    web, api = (Project.objects.get(slug=slug).pk for slug in ("shop-web", "shop-api"))
    shared = set(Event.objects.filter(project_id=web).values_list("api_request_id", flat=True))
    both = Event.objects.filter(project_id=api, api_request_id__in=shared)
    assert both.exists()
    assert Event.objects.filter(project_id=web, trace_id=both[0].trace_id).exists()
    # Nobody can sign in as one of the people.
    people = User.objects.filter(email__endswith="@demo.invalid")
    assert not any(user.has_usable_password() for user in people)
    assert people.filter(memberships__role=Role.ADMIN).count() == 1
    for name in ("issues:home", "issues:list"):
        assert administrator.get(reverse(name)).status_code == 200
    assert administrator.get(both[0].get_absolute_url()).status_code == 200

    call_command("demo", events=1, again=True, stdout=out)
    assert Event.objects.count() > first
    assert Issue.objects.count() - issues < 30  # the browser may meet a route that it had not
    assert Project.objects.count() == 3


@pytest.mark.django_db
@pytest.mark.parametrize("events", [0, -1, 10**9])
def test_it_makes_so_many_and_no_more(events: int) -> None:
    with pytest.raises(CommandError, match="1 to 1,000,000"):
        call_command("demo", events=events)
