"""Storm mode: when an issue floods, which payloads stay. Counts are no matter of this module: they stay exact. Pure.

A storm begins with the event that makes more than `events` of an issue within `minutes` clock minutes. From it on a
payload stays for good if it is the first of its release and environment in this storm, or the `every`th event of the
storm; and the latest event keeps its own until a newer one comes. What came before the storm stays as it is, the first
event among it. The storm ends when the rate was not above the bound for `minutes`; its latest event then stays whole.

Events are judged one by one in the order of their digestion, so it does not matter how they fall into batches.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any, NamedTuple

import orjson

from issues.states import Kind

# So many releases with environments are told apart in one storm: a sender whose release differs on every event
# must not switch thinning off.
MAX_PLACES = 200


@dataclass(frozen=True, slots=True)
class Rule:
    """More than `events` within `minutes` are a storm; of it one in `every` stays. events 0: there are no storms."""

    events: int = 1000
    minutes: int = 5
    every: int = 100


OFF = Rule(events=0)


class Keep(IntEnum):
    """What becomes of an event's payload. As in Event.keep."""

    WHOLE = 0
    UNTIL_NEWER = (
        1  # the latest of a storm: until a newer one comes, or for good if none does before the end
    )
    THINNED = 2


class Arrival(NamedTuple):
    """release, environment: primary keys, 0 for none."""

    received_at: datetime
    release: int
    environment: int


class Stored(NamedTuple):
    """A stored event: its primary key, and its id in hex."""

    pk: int
    event_id: str


@dataclass(slots=True)
class Storm:
    """high: the last minute (since 1970) in which the rate was above the bound. digested: the minute of the latest
    digestion. events, kept: since the beginning; kept leaves out `latest`, which is whole only while it is the latest.
    """

    since: datetime
    high: int
    digested: int = 0
    events: int = 0
    kept: int = 0
    places: set[tuple[int, int]] = field(default_factory=set)
    latest: Stored | None = None


@dataclass(slots=True)
class State:
    """What an issue remembers. minutes: events received in each minute of the last few, by minutes since 1970."""

    minutes: dict[int, int] = field(default_factory=dict)
    storm: Storm | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """A storm began or ended: an entry of the issue's activity."""

    kind: Kind
    at: datetime
    data: dict[str, int]


@dataclass(frozen=True, slots=True)
class Verdict:
    """keeps: one for each arrival. latest: which of them the storm keeps until a newer one comes.
    superseded: an event of an earlier batch that is the latest no longer, and loses its payload.
    """

    keeps: list[Keep]
    turns: list[Turn]
    latest: int | None
    superseded: Stored | None


def minute_of(at: datetime) -> int:
    return int(at.timestamp()) // 60


def judge(state: State, arrivals: Sequence[Arrival], rule: Rule, *, last_seen: datetime) -> Verdict:
    """Take an issue's events of a batch into its state, which moves on.

    last_seen: when the latest event so far was received. If the verdict names a latest, the caller sets
    `state.storm.latest` once it knows that event's key.
    """
    if not rule.events and state.storm is None:
        state.minutes.clear()
        return Verdict([Keep.WHOLE] * len(arrivals), [], None, None)
    if state.storm is None and sum(state.minutes.values()) + len(arrivals) <= rule.events:
        # Nearly all batches: half of the time that asking at every event takes.
        _count(state.minutes, arrivals, rule)
        return Verdict([Keep.WHOLE] * len(arrivals), [], None, None)
    keeps: list[Keep] = []
    turns: list[Turn] = []
    superseded: Stored | None = None
    latest: int | None = None
    minutes = state.minutes
    newest = max(minutes, default=0)
    total = _forget(minutes, newest - rule.minutes)
    for index, arrival in enumerate(arrivals):
        received_at, *place = arrival
        minute = minute_of(received_at)
        storm = state.storm
        if storm is not None and (not rule.events or minute >= storm.high + rule.minutes):
            turns.append(_ended(storm, rule, received_at, open_latest=latest is not None))
            state.storm = storm = latest = None
        if minute > newest:
            newest = minute
            total = _forget(minutes, newest - rule.minutes)
        # One that waited longer than the window says nothing about the rate of now.
        if minute > newest - rule.minutes:
            minutes[minute] = minutes.get(minute, 0) + 1
            total += 1
        if total > rule.events > 0:
            if storm is None:
                state.storm = storm = Storm(received_at, newest)
                told = {"events": rule.events, "minutes": rule.minutes}
                turns.append(Turn(Kind.STORM_STARTED, received_at, told))
            storm.high = newest
        is_latest = received_at >= last_seen
        if is_latest:
            last_seen = received_at
        if storm is None:
            keeps.append(Keep.WHOLE)
            continue
        if is_latest and latest is not None:
            keeps[latest], latest = Keep.THINNED, None
        elif is_latest and storm.latest is not None:
            superseded, storm.latest = storm.latest, None
        keeps.append(_keep(storm, (place[0], place[1]), rule, is_latest))
        if keeps[index] is Keep.UNTIL_NEWER:
            latest = index
    return Verdict(keeps, turns, latest, superseded)


def _count(minutes: dict[int, int], arrivals: Sequence[Arrival], rule: Rule) -> None:
    newest = max(minutes, default=0)
    for arrival in arrivals:
        minute = minute_of(arrival.received_at)
        if minute > newest - rule.minutes:
            minutes[minute] = minutes.get(minute, 0) + 1
            newest = max(newest, minute)
    if min(minutes, default=newest) <= newest - rule.minutes:
        _forget(minutes, newest - rule.minutes)


def _keep(storm: Storm, place: tuple[int, int], rule: Rule, is_latest: bool) -> Keep:
    storm.events += 1
    is_first = place not in storm.places and len(storm.places) < MAX_PLACES
    if is_first:
        storm.places.add(place)
    if is_first or storm.events % rule.every == 0:
        storm.kept += 1
        return Keep.WHOLE
    return Keep.UNTIL_NEWER if is_latest else Keep.THINNED


def _forget(minutes: dict[int, int], until: int) -> int:
    """Drop the minutes up to `until`. Returns the events of the others."""
    for minute in [minute for minute in minutes if minute <= until]:
        del minutes[minute]
    return sum(minutes.values())


def is_over(storm: Storm, rule: Rule, now: datetime) -> bool:
    """Whether a storm that no event ends has ended by the clock.

    Not while the issue's events are being digested: the storm's own may be waiting in the spool still.
    """
    return not rule.events or minute_of(now) >= max(storm.high, storm.digested) + rule.minutes


def end(state: State, rule: Rule, now: datetime) -> Turn | None:
    """End the storm if it is over by the clock."""
    storm = state.storm
    if storm is None or not is_over(storm, rule, now):
        return None
    state.storm = None
    return _ended(storm, rule, now, open_latest=False)


def _ended(storm: Storm, rule: Rule, now: datetime, *, open_latest: bool) -> Turn:
    calm = datetime.fromtimestamp((storm.high + rule.minutes) * 60, UTC)
    kept = storm.kept + (open_latest or storm.latest is not None)
    told = {"events": storm.events, "kept": kept}
    return Turn(Kind.STORM_ENDED, max(storm.since, min(calm, now)), told)


def read(text: str) -> State:
    """What `write` wrote."""
    if not text:
        return State()
    stored: dict[str, Any] = orjson.loads(text)
    state = State(dict(stored["minutes"]))
    if (storm := stored.get("storm")) is not None:
        latest = storm["latest"]
        state.storm = Storm(
            since=datetime.fromisoformat(storm["since"]),
            high=storm["high"],
            digested=storm["digested"],
            events=storm["events"],
            kept=storm["kept"],
            places={(release, environment) for release, environment in storm["places"]},
            latest=Stored(*latest) if latest else None,
        )
    return state


def write(state: State) -> str:
    if not state.minutes and state.storm is None:
        return ""
    stored: dict[str, Any] = {"minutes": list(state.minutes.items())}
    if (storm := state.storm) is not None:
        stored["storm"] = {
            "since": storm.since,
            "high": storm.high,
            "digested": storm.digested,
            "events": storm.events,
            "kept": storm.kept,
            "places": sorted(storm.places),
            "latest": list(storm.latest) if storm.latest else None,
        }
    return orjson.dumps(stored).decode()
