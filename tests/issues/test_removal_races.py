"""Digests, deletions and triage at the same moment, on the database that lets them."""

import random
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from issues import moving, removal, triage
from issues.models import DeletedIssue, Event, EventPayload, GroupHash, HourCount, Issue
from issues.states import Fix, How
from issues.triage import CannotResolve
from projects.models import Project
from tests.factories import make_project, make_release, make_team
from tests.issues import recount
from tests.issues.test_merging_races import BATCHES, START, digesting

TURNS = 25


def deleting(project: Project, seed: int) -> None:
    dice = random.Random(seed)
    for turn in range(TURNS):
        issues = list(Issue.objects.filter(project=project).order_by("pk"))
        if issues:
            removal.delete(dice.sample(issues, min(2, len(issues))), by=None, now=START)
        removal.carry_on(0)
        if turn % 5 == 0:
            moving.relocate(0)


def deciding(project: Project, seed: int) -> None:
    dice = random.Random(seed)
    for turn in range(TURNS):
        issues = list(Issue.objects.filter(project=project).select_related("project"))
        now = START + timedelta(seconds=turn * 100)
        try:
            fix = Fix(dice.choice(list(How)), version="1.0", commit="abcdef1")
            triage.resolve(issues, by=None, now=now, fix=fix)
        except CannotResolve:
            pass
        triage.mute(dice.sample(issues, len(issues) // 2), by=None, now=now, within=(3, 60))
        triage.end_mutes(now)
        triage.settle_releases(now)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_digest_delete_and_decide_at_once() -> None:
    project = make_project(team=make_team())
    make_release(project, "1.0")
    digesting(project, range(1))
    errors: list[BaseException] = []

    def run(work: Any, *args: Any) -> None:
        try:
            work(*args)
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=run, args=(digesting, project, range(1, BATCHES))),
        threading.Thread(target=run, args=(digesting, project, range(BATCHES, 2 * BATCHES))),
        threading.Thread(target=run, args=(deleting, project, 1)),
        threading.Thread(target=run, args=(deciding, project, 2)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    while removal.carry_on(5):
        pass
    assert not DeletedIssue.objects.exists()
    known = set(GroupHash.objects.values_list("pk", flat=True))
    assert set(Event.objects.values_list("grouphash_id", flat=True)) <= known
    assert set(HourCount.objects.values_list("grouphash_id", flat=True)) <= known
    assert EventPayload.objects.count() == Event.objects.count()
    recount.check()
