"""When what goes wrong: two weeks of the shop, decided by dice that fall the same way for the same seed. Pure."""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bugsink_lite.demo.words import (
    API_PLACES,
    API_TROUBLES,
    WEB_PLACES,
    WEB_TROUBLES,
    WORKER_PLACES,
    WORKER_TROUBLES,
    Place,
    Trouble,
)

DAYS = 14
WEB, API, WORKER = "shop-web", "shop-api", "worker"


@dataclass(frozen=True, slots=True)
class Part:
    """A project. releases: version and how many days ago it went out, the oldest first."""

    slug: str
    name: str
    platform: str
    places: Sequence[Place]
    troubles: Sequence[Trouble]
    releases: Sequence[tuple[str, float]]


PARTS = (
    Part(
        WEB, "shop-web", "javascript-react", WEB_PLACES, WEB_TROUBLES,
        (("shop-web@2.14.0", 30), ("shop-web@2.14.1", 11.4), ("shop-web@2.15.0", 6.2), ("shop-web@2.15.1", 1.3)),
    ),
    Part(
        API, "shop-api", "node-express", API_PLACES, API_TROUBLES,
        (("shop-api@5.8.0", 30), ("shop-api@5.9.0", 9.1), ("shop-api@5.9.1", 5.8), ("shop-api@6.0.0", 0.9)),
    ),
    Part(
        WORKER, "worker", "python-celery", WORKER_PLACES, WORKER_TROUBLES,
        (("worker@1.32.0", 30), ("worker@1.33.0", 7.5), ("worker@1.34.0", 2.1)),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Problem:
    """One bug: it will be one issue. share: of all events. begins, ends: in days before now."""

    number: int
    part: Part
    place: Place
    function: str
    trouble: Trouble
    line: int
    share: float
    begins: float
    ends: float
    peak: float | None  # days ago of an outage, None for a steady trickle
    fate: str  # open, resolved, regressed, muted


@dataclass(frozen=True, slots=True)
class Moment:
    """An event to come."""

    at: datetime
    problem: Problem


@dataclass(frozen=True, slots=True)
class Deed:
    """What a person did about a problem. what: resolve, mute, assign, comment."""

    at: datetime
    problem: Problem
    what: str
    person: int
    text: int


def problems(rng: random.Random) -> list[Problem]:
    """About as many as places, functions and troubles give; a third of them left out, as chance will have it."""
    found: list[Problem] = []
    for part in PARTS:
        for place in part.places:
            for function in place.functions:
                for trouble in part.troubles:
                    if rng.random() < 0.45:
                        continue
                    found.append(_problem(len(found), part, place, function, trouble, rng))
    return found


def _problem(
    number: int, part: Part, place: Place, function: str, trouble: Trouble, rng: random.Random
) -> Problem:
    begins = DAYS * rng.random() ** 0.5
    if rng.random() < 0.4:  # a release brought it
        days = [when for _, when in part.releases if when < DAYS]
        begins = max(0.05, rng.choice(days) - rng.random() * 0.2)
    fate = rng.choices(("open", "resolved", "regressed", "muted"), (72, 15, 7, 6))[0]
    ends = 0.0
    if fate in ("resolved", "regressed"):
        ends = begins * rng.uniform(0.2, 0.6)
    elif rng.random() < 0.35:
        ends = begins * rng.uniform(0.0, 0.8)
    peak = rng.uniform(ends, begins) if rng.random() < 0.25 else None
    share = rng.paretovariate(1.1)
    line = rng.randrange(12, 240)
    return Problem(
        number, part, place, function, trouble, line, min(share, 40.0), begins, ends, peak, fate
    )


def moments(
    found: Sequence[Problem], events: int, now: datetime, rng: random.Random
) -> list[Moment]:
    """In the order of time; every problem at least once, by day more than by night."""
    chosen = [*found, *rng.choices(found, [p.share for p in found], k=max(0, events - len(found)))]
    made = [Moment(now - timedelta(days=_age(p, rng)), p) for p in chosen]
    # Back again, after it was thought to be done.
    made += [
        Moment(now - timedelta(days=p.ends * rng.uniform(0.02, 0.5)), p)
        for p in found
        if p.fate == "regressed"
        for _ in range(rng.randrange(1, 4))
    ]
    return sorted(made, key=lambda each: each.at)


def _age(problem: Problem, rng: random.Random) -> float:
    """In days before now."""
    for _ in range(8):
        if problem.peak is not None and rng.random() < 0.8:
            age = problem.peak + rng.gauss(0, 0.04)
        else:
            age = rng.uniform(problem.ends, problem.begins)
        by_day = 0.55 + 0.45 * math.sin((age % 1.0) * 2 * math.pi)
        if problem.ends <= age <= problem.begins and rng.random() < by_day:
            return max(age, 0.0005)
    return max(rng.uniform(problem.ends, problem.begins), 0.0005)


def deeds(
    found: Sequence[Problem], now: datetime, rng: random.Random, people: int
) -> Iterator[Deed]:
    """Not in order."""
    for problem in found:
        after = problem.ends * 0.9
        if problem.fate in ("resolved", "regressed"):
            yield _deed(problem, "resolve", now, after, rng, people)
        if problem.fate == "muted":
            yield _deed(problem, "mute", now, problem.begins * 0.3, rng, people)
        if rng.random() < 0.18:
            yield _deed(problem, "assign", now, problem.begins * rng.uniform(0.4, 0.9), rng, people)
        for _ in range(rng.choices((0, 1, 2), (88, 9, 3))[0]):
            yield _deed(
                problem, "comment", now, problem.begins * rng.uniform(0.1, 0.9), rng, people
            )


def _deed(
    problem: Problem, what: str, now: datetime, age: float, rng: random.Random, people: int
) -> Deed:
    at = now - timedelta(days=max(age, 0.001))
    return Deed(at, problem, what, rng.randrange(people), rng.randrange(1000))
