"""Carries the plan out: projects, people, events through the digest's own code, and what people did about them."""

import json
import random
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction

from bugsink_lite.demo.payloads import correlated, feedback, job_log, payload
from bugsink_lite.demo.plan import (
    API,
    PARTS,
    WEB,
    WORKER,
    Deed,
    Moment,
    Problem,
    deeds,
    moments,
    problems,
)
from bugsink_lite.demo.words import COMMENTS, PEOPLE
from ingest import outcomes
from ingest.items import ItemType, ReceivedItem, Sink
from ingest.outcomes import Tally, hour_of
from ingest.reasons import Outcome, category
from ingest.sdks import Register, Seen
from issues import comments, triage
from issues.attachments import AttachmentSink
from issues.digest import EventSink
from issues.feedback import FeedbackSink
from issues.models import Event, Issue
from issues.storm import Rule
from projects import setup
from projects.models import Membership, Project, Role, Team, User

TEAM_SLUG = "demo-shop"
BATCH = 200
SPAN = timedelta(hours=3)
# How often the browser tells of a request that failed on the server.
CORRELATED = 0.35
# Of the browser's events, those whose customer writes; of the worker's, those that come with the task's log.
WRITTEN, LOGGED = 0.05, 0.2
TEMPLATES = {WEB: "react.json", API: "express.json", "worker": "celery.json"}

Tell = Callable[[str], None]


class AlreadyThere(Exception):
    """The demo's projects exist; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Filled:
    projects: int
    issues: int
    events: int


def fill(*, events: int, again: bool, now: datetime, seed: int, tell: Tell) -> Filled:
    """again: add to what an earlier run has made. Raises AlreadyThere."""
    team = Team.objects.filter(slug=TEAM_SLUG).first()
    if team is not None and not again:
        raise AlreadyThere(
            "The demo is there already: its team is “Shop (demo)”. --again adds further events to its projects."
        )
    with transaction.atomic():
        team = team or Team.objects.create(name="Shop (demo)", slug=TEAM_SLUG)
        people = _people(team)
        projects = {
            part.slug: _project(part.slug, part.name, part.platform, team) for part in PARTS
        }
    # The same problems each time; further events are others.
    known = problems(random.Random(seed))
    rng = random.Random(f"{seed} {Event.objects.filter(project_id=projects[WEB].pk).count()}")
    run = _Run(projects, people, now, rng)
    run.carry_out(moments(known, events, now, rng), deeds(known, now, rng, len(people)), tell)
    ids = [project.pk for project in projects.values()]
    return Filled(len(ids), Issue.objects.filter(project_id__in=ids).count(), run.stored)


def _people(team: Team) -> list[User]:
    """Without a password: nobody can sign in as one of them."""
    found = []
    for number, (email, name) in enumerate(PEOPLE):
        user = User.objects.filter(email=email).first() or User.objects.create_user(
            email, name=name
        )
        role = Role.ADMIN if number == 0 else Role.MEMBER
        Membership.objects.get_or_create(team=team, user=user, defaults={"role": role})
        found.append(user)
    return found


def _project(slug: str, name: str, platform: str, team: Team) -> Project:
    """The demo team's of that name, or a new one, whose slug may differ where another project has it."""
    known = team.projects.filter(deleted_at__isnull=True, name=name).first()
    return known or setup.create_project(name, slug=slug, platform=platform, teams=[team])


class _Run:
    """One pass through the two weeks. last: of each problem the latest event, by which its issue is found."""

    def __init__(
        self,
        projects: dict[str, Project],
        people: Sequence[User],
        now: datetime,
        rng: random.Random,
    ) -> None:
        self._projects = projects
        self._people = people
        self._now = now
        self._rng = rng
        self._sink = EventSink(rule=Rule(events=0))
        self._feedback = FeedbackSink()
        self._files = AttachmentSink(max_bytes=100_000, max_event_bytes=100_000)
        self._register = Register()
        self._templates = {slug: _template(name) for slug, name in TEMPLATES.items()}
        self._last: dict[int, str] = {}
        self.stored = 0

    def carry_out(self, coming: Sequence[Moment], done: Any, tell: Tell) -> None:
        waiting = sorted(done, key=lambda deed: deed.at)
        start = 0
        while start < len(coming):
            part = _next(coming, start)
            while waiting and waiting[0].at < part[0].at:
                self._do(waiting.pop(0))
            self._digest(part)
            if (start + len(part)) // 1000 > start // 1000:
                tell(f"{start + len(part)} of {len(coming)} events")
            start += len(part)
        for deed in waiting:
            self._do(deed)

    def _digest(self, part: Sequence[Moment]) -> None:
        items: list[ReceivedItem] = []
        said: list[ReceivedItem] = []
        files: list[ReceivedItem] = []
        for moment in part:
            slug = moment.problem.part.slug
            event = payload(moment, self._templates[slug], self._now, self._rng)
            self._last[moment.problem.number] = event["event_id"]
            items.append(self._item(slug, event, moment.at))
            if slug == WEB and self._rng.random() < WRITTEN:
                words = feedback(event, self._rng)
                said.append(self._item(slug, words, moment.at, ItemType.FEEDBACK))
            if slug == WORKER and self._rng.random() < LOGGED:
                files.append(self._log(event, moment.at))
            if slug == API and self._rng.random() < CORRELATED:
                answer = correlated(event, self._templates[WEB], moment.problem, self._rng)
                answer["release"] = self._web_release(moment)
                items.append(self._item(WEB, answer, moment.at + timedelta(milliseconds=300)))
        now = min(part[-1].at + timedelta(seconds=2), self._now)
        sinks: list[tuple[Sink, list[ReceivedItem]]] = [
            (self._sink, items), (self._feedback, said), (self._files, files)
        ]  # fmt: skip
        prepared = [sink.prepare(given) for sink, given in sinks]
        with transaction.atomic():
            tallies: Counter[Tally] = Counter()
            for (sink, given), ready in zip(sinks, prepared, strict=True):
                for item, fate in zip(given, sink.store(ready, now), strict=True):
                    outcome = Outcome(fate.outcome) if fate else Outcome.ACCEPTED
                    hour = hour_of(item.received_at)
                    tallies[Tally(item.project_id, hour, outcome, category(item.type))] += 1
                    self.stored += fate is None and item.type == ItemType.EVENT
            outcomes.count(tallies)
            self._register.record(_seen(item) for item in items)

    def _item(
        self, slug: str, event: dict[str, Any], at: datetime, type_: ItemType = ItemType.EVENT
    ) -> ReceivedItem:
        project = self._projects[slug]
        return ReceivedItem(project.pk, type_.value, event, event["event_id"], at)

    def _log(self, event: dict[str, Any], at: datetime) -> ReceivedItem:
        return ReceivedItem(
            self._projects[WORKER].pk,
            ItemType.ATTACHMENT.value,
            memoryview(job_log(event)),
            event["event_id"],
            at,
            headers={"filename": "task.log", "content_type": "text/plain"},
        )

    def _web_release(self, moment: Moment) -> str:
        age = (self._now - moment.at).total_seconds() / 86_400
        return [version for version, days in PARTS[0].releases if days >= age][-1]

    def _do(self, deed: Deed) -> None:
        issue = self._issue(deed.problem)
        if issue is None:
            return
        person = self._people[deed.person]
        if deed.what == "resolve":
            triage.resolve([issue], by=person, now=deed.at)
        elif deed.what == "mute":
            triage.mute([issue], by=person, now=deed.at)
        elif deed.what == "assign":
            triage.assign(
                [issue], to=self._people[deed.text % len(self._people)], by=person, now=deed.at
            )
        else:
            comments.comment(issue, COMMENTS[deed.text % len(COMMENTS)], by=person, now=deed.at)

    def _issue(self, problem: Problem) -> Issue | None:
        last = self._last.get(problem.number)
        if last is None:
            return None
        project = self._projects[problem.part.slug]
        found = Event.objects.filter(project_id=project.pk, event_id=uuid.UUID(last)).first()
        return Issue.objects.filter(pk=found.issue_id).first() if found else None


def _next(coming: Sequence[Moment], start: int) -> Sequence[Moment]:
    """A batch is stored at one moment: it spans a few hours at most."""
    last = coming[start].at + SPAN
    part = coming[start : start + BATCH]
    return [moment for moment in part if moment.at <= last]


def _template(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((Path(__file__).parent / name).read_text())
    return found


def _seen(item: ReceivedItem) -> Seen:
    seen = Seen(item.project_id, item.received_at)
    assert isinstance(item.payload, dict)
    seen.meet(item.payload)
    return seen
