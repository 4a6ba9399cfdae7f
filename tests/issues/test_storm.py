"""Which payloads of a flood stay. Pure: values in, values out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issues import storm
from issues.states import Kind
from issues.storm import MAX_PLACES, OFF, Arrival, Keep, Rule, State, Stored, Turn

pytestmark = pytest.mark.once

NOW = datetime(2026, 5, 1, 12, 4, tzinfo=UTC)
RULE = Rule(events=10, minutes=5, every=4)


@dataclass
class Issue:
    """As the digest keeps it: events in the order of digestion, their payloads there or not."""

    text: str = ""
    last_seen: datetime = NOW
    keeps: list[Keep] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)

    def digest(self, arrivals: Sequence[Arrival], rule: Rule = RULE) -> None:
        if not self.keeps and arrivals:
            self.last_seen = arrivals[0].received_at
        state = storm.read(self.text)
        first = len(self.keeps)
        verdict = storm.judge(state, arrivals, rule, last_seen=self.last_seen)
        self.keeps += verdict.keeps
        self.turns += verdict.turns
        if verdict.superseded is not None:
            self.keeps[verdict.superseded.pk] = Keep.THINNED
        if verdict.latest is not None:
            assert state.storm is not None
            state.storm.latest = Stored(first + verdict.latest, "ab" * 16)
        self.last_seen = max([self.last_seen, *(a.received_at for a in arrivals)])
        self.text = storm.write(state)

    @property
    def state(self) -> State:
        return storm.read(self.text)

    @property
    def whole(self) -> list[int]:
        return [index for index, keep in enumerate(self.keeps) if keep is not Keep.THINNED]


def at(seconds: float, release: int = 1, environment: int = 1) -> Arrival:
    return Arrival(NOW + timedelta(seconds=seconds), release, environment)


def flood(count: int, *, start: float = 0, step: float = 0.1) -> list[Arrival]:
    return [at(start + number * step) for number in range(count)]


def kinds(issue: Issue) -> list[Kind]:
    return [turn.kind for turn in issue.turns]


def test_up_to_the_bound_nothing_happens() -> None:
    issue = Issue()
    issue.digest(flood(10))
    assert issue.keeps == [Keep.WHOLE] * 10
    assert (issue.turns, issue.state.storm) == ([], None)


def test_one_more_begins_a_storm_that_keeps_the_first_the_latest_and_one_in_n() -> None:
    issue = Issue()
    issue.digest(flood(20))
    # Ten before it; then the first of its place, the 4th and the 8th of the storm, and the latest of all.
    assert issue.whole == [*range(10), 10, 13, 17, 19]
    assert issue.keeps[19] is Keep.UNTIL_NEWER
    assert issue.turns == [
        Turn(Kind.STORM_STARTED, flood(20)[10].received_at, {"events": 10, "minutes": 5})
    ]
    found = issue.state.storm
    assert found is not None
    assert (found.events, found.kept, found.latest) == (10, 3, Stored(19, "ab" * 16))


def test_a_newer_event_takes_the_payload_of_the_latest() -> None:
    issue = Issue()
    issue.digest(flood(20))
    issue.digest([at(60)])
    assert issue.whole == [*range(10), 10, 13, 17, 20]


def test_one_that_is_kept_for_good_has_no_payload_to_lose() -> None:
    issue = Issue()
    issue.digest(flood(18))
    issue.digest([at(60), at(61)])
    assert issue.whole == [*range(10), 10, 13, 17, 19]


def test_an_older_event_is_not_the_latest() -> None:
    issue = Issue()
    issue.digest([*flood(19), at(-30)])
    assert issue.keeps[18:] == [Keep.UNTIL_NEWER, Keep.THINNED]


def test_every_release_and_environment_keeps_one() -> None:
    issue = Issue()
    issue.digest(flood(12))
    issue.digest([at(30, 2), at(31, 2), at(32, 2, 2), at(33, 2, 2), at(34, 0, 0), at(35)])
    assert [issue.keeps[index] for index in (12, 14, 16)] == [Keep.WHOLE] * 3


def test_releases_that_differ_on_every_event_do_not_switch_thinning_off() -> None:
    issue = Issue()
    issue.digest([at(number / 100, release=number) for number in range(2000)], Rule(10, 5, 10_000))
    assert len(issue.whole) == 10 + MAX_PLACES + 1
    assert len(issue.text) < 4000


def test_old_minutes_do_not_count() -> None:
    """Ten in a minute, again and again, with time between: never more than ten in five minutes."""
    issue = Issue()
    for number in range(20):
        issue.digest(flood(10, start=number * 300))
    assert issue.turns == []
    assert len(issue.state.minutes) == 1


def test_a_storm_ends_with_the_first_event_after_calm() -> None:
    issue = Issue()
    issue.digest(flood(20))
    issue.digest([at(299)])
    assert kinds(issue) == [Kind.STORM_STARTED]
    issue.digest([at(3600), at(3601)])
    assert kinds(issue) == [Kind.STORM_STARTED, Kind.STORM_ENDED]
    # The rate was last above the bound at 299 seconds, in the minute of 12:08.
    ended = issue.turns[1]
    assert (ended.at, ended.data) == (NOW + timedelta(minutes=9), {"events": 11, "kept": 4})
    assert issue.whole == [*range(10), 10, 13, 17, 20, 21, 22], "the storm's latest stays"


def test_a_trickle_after_a_storm_ends_it() -> None:
    issue = Issue()
    issue.digest(flood(20))
    for minute in range(1, 30):
        issue.digest([at(minute * 60)])
    # Above the bound as long as the window reaches the flood: four minutes more. Then five of calm.
    assert issue.turns[1].at == NOW + timedelta(minutes=9)
    assert kinds(issue) == [Kind.STORM_STARTED, Kind.STORM_ENDED]


def test_a_storm_comes_again() -> None:
    issue = Issue()
    issue.digest([*flood(20), *flood(20, start=3600)])
    assert kinds(issue) == [Kind.STORM_STARTED, Kind.STORM_ENDED, Kind.STORM_STARTED]
    assert issue.whole == [
        *(*range(10), 10, 13, 17, 19),
        *(*range(20, 30), 30, 33, 37, 39),
    ]


def test_what_waited_longer_than_the_window_says_nothing_about_the_rate() -> None:
    issue = Issue()
    issue.digest([at(3600), *flood(30)])
    assert issue.turns == []


def test_switched_off_there_is_no_storm_and_none_goes_on() -> None:
    issue = Issue()
    issue.digest(flood(100), OFF)
    assert (issue.whole, issue.turns, issue.text) == ([*range(100)], [], "")
    issue = Issue()
    issue.digest(flood(20))
    issue.digest(flood(20, start=20), OFF)
    assert kinds(issue) == [Kind.STORM_STARTED, Kind.STORM_ENDED]
    assert issue.turns[1].at == NOW + timedelta(seconds=20)
    assert issue.whole[-21:] == [*range(19, 40)]


def test_silence_ends_a_storm_by_the_clock() -> None:
    issue = Issue()
    issue.digest(flood(20))
    state = issue.state
    assert state.storm is not None
    state.storm.digested = storm.minute_of(NOW)
    assert storm.end(state, RULE, NOW + timedelta(seconds=299)) is None
    turn = storm.end(state, RULE, NOW + timedelta(seconds=360))
    assert turn == Turn(Kind.STORM_ENDED, NOW + timedelta(minutes=5), {"events": 10, "kept": 4})
    assert storm.read(storm.write(state)).storm is None
    assert storm.end(state, RULE, NOW + timedelta(hours=1)) is None


def test_a_backlog_that_is_being_digested_is_not_silence() -> None:
    issue = Issue()
    issue.digest(flood(20))
    state = issue.state
    assert state.storm is not None
    later = NOW + timedelta(hours=2)
    state.storm.digested = storm.minute_of(later)
    assert storm.end(state, RULE, later + timedelta(minutes=4)) is None
    assert storm.end(state, RULE, later + timedelta(minutes=5)) is not None


# --- properties -----------------------------------------------------------------------------------

RULES = st.builds(
    Rule, events=st.integers(1, 12), minutes=st.integers(1, 6), every=st.integers(1, 9)
)
# Mostly forwards, sometimes a long silence, sometimes one that was late.
STEPS = st.one_of(st.floats(0, 20), st.floats(0, 20), st.sampled_from([-90.0, 200.0, 2000.0]))


@st.composite
def arrivals(draw: st.DrawFn) -> list[Arrival]:
    seconds, found = 0.0, []
    for step in draw(st.lists(STEPS, max_size=80)):
        seconds += step
        found.append(at(seconds, draw(st.integers(0, 3)), draw(st.integers(0, 2))))
    return found


def digested(events: Sequence[Arrival], rule: Rule, cuts: Sequence[int] = ()) -> Issue:
    issue, start = Issue(), 0
    for cut in [*sorted(cuts), len(events)]:
        issue.digest(events[start:cut], rule)
        start = max(start, cut)
    return issue


@given(arrivals(), RULES, st.lists(st.integers(0, 80), max_size=12))
def test_it_does_not_matter_how_events_fall_into_batches(
    events: list[Arrival], rule: Rule, cuts: list[int]
) -> None:
    at_once = digested(events, rule)
    in_parts = digested(events, rule, [min(cut, len(events)) for cut in cuts])
    assert in_parts.whole == at_once.whole
    assert in_parts.turns == at_once.turns
    assert in_parts.text == at_once.text


@given(arrivals(), RULES)
def test_first_latest_and_one_of_each_place_are_whole(events: list[Arrival], rule: Rule) -> None:
    issue = digested(events, rule)
    assert len(issue.keeps) == len(events), "none is lost"
    if not events:
        return
    whole = set(issue.whole)
    latest = max(range(len(events)), key=lambda index: (events[index].received_at, index))
    assert {0, latest} <= whole
    assert {events[i][1:] for i in whole} == {event[1:] for event in events}


@given(arrivals(), RULES)
def test_whoever_counts_afresh_finds_the_same_storms(events: list[Arrival], rule: Rule) -> None:
    """Every event counted again for every event."""
    minutes = [storm.minute_of(event.received_at) for event in events]
    expected, calm_from = [], 0
    for index, minute in enumerate(minutes):
        if calm_from and minute >= calm_from:
            expected.append(Kind.STORM_ENDED)
            calm_from = 0
        newest = max(minutes[: index + 1])
        within = [m for m in minutes[: index + 1] if m > newest - rule.minutes]
        if len(within) > rule.events:
            expected += [] if calm_from else [Kind.STORM_STARTED]
            calm_from = newest + rule.minutes
    assert kinds(digested(events, rule)) == expected


@given(st.integers(1, 3000), st.integers(1, 200))
def test_of_a_long_storm_one_in_n_is_kept(count: int, every: int) -> None:
    issue = Issue()
    issue.digest(flood(count, step=0.01), Rule(1, 5, every))
    in_storm = count - 1
    if in_storm:
        expected = in_storm // every + (every > 1)  # and the first of its place
        assert sum(keep is Keep.WHOLE for keep in issue.keeps) - 1 == expected
        assert len(issue.whole) - 1 - expected in (0, 1), "and the latest"


@given(arrivals(), RULES)
def test_the_state_comes_back_as_it_was(events: list[Arrival], rule: Rule) -> None:
    text = digested(events, rule).text
    assert storm.write(storm.read(text)) == text
