"""Digests and merges at the same moment, on the database that lets them."""

import random
import threading
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from ingest.items import ReceivedItem
from issues import merging, moving
from issues.digest import EventSink
from issues.models import Event, GroupHash, Issue, Rearrangement
from projects.models import Project
from tests.factories import make_project, make_team
from tests.issues import recount

START = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)
KINDS, BATCHES, MERGES = 6, 30, 40


def batch(project: Project, number: int) -> list[ReceivedItem]:
    dice = random.Random(number)
    return [
        ReceivedItem(
            project.pk,
            "event",
            {
                "fingerprint": [f"kind {dice.randrange(KINDS)}"],
                "message": "m",
                "user": {"id": str(dice.randrange(4))},
            },
            uuid.UUID(int=number * 100 + each + 1).hex,
            START + timedelta(seconds=number * 100 + each),
        )
        for each in range(8)
    ]


def digesting(project: Project, numbers: range) -> None:
    sink = EventSink()
    for number in numbers:
        items = batch(project, number)
        with transaction.atomic():
            sink.store(sink.prepare(items), START)


def rearranging(project: Project, seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(MERGES):
        issues = list(Issue.objects.filter(project=project).order_by("pk"))
        verb = dice.choice(["merge", "merge", "unmerge", "undo", "relocate"])
        if verb == "merge" and len(issues) > 1:
            merging.merge(dice.sample(issues, 2), by=None, now=START)
        elif verb == "unmerge" and issues:
            issue = dice.choice(issues)
            pks = list(GroupHash.objects.filter(issue=issue).values_list("pk", flat=True))
            try:
                merging.unmerge(issue, dice.sample(pks, min(1, len(pks))), by=None, now=START)
            except merging.CannotMove:
                continue
        elif verb == "undo":
            changes = list(Rearrangement.objects.order_by("-pk")[:3])
            if changes:
                merging.undo(dice.choice(changes), by=None, now=START)
        else:
            moving.relocate(0)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_digest_and_merge_at_once_stay_exact_and_never_deadlock() -> None:
    project = make_project(team=make_team())
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
        threading.Thread(target=run, args=(rearranging, project, 1)),
        threading.Thread(target=run, args=(rearranging, project, 2)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    moving.relocate(60)
    assert Event.objects.count() == 2 * BATCHES * 8
    recount.check()
