from datetime import UTC, datetime, timedelta

import pytest

from issues.states import (
    Arrival,
    Kind,
    Level,
    Priority,
    Status,
    Verb,
    Waiting,
    Woken,
    changes,
    wakes,
)
from issues.window import UserWindow, Window
from projects.versions import Known

NOW = datetime(2026, 5, 1, tzinfo=UTC)
BEFORE, AFTER = NOW - timedelta(hours=1), NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("verb", "status", "legal"),
    [
        (Verb.RESOLVE, Status.UNRESOLVED, True),
        (Verb.RESOLVE, Status.MUTED, True),
        (Verb.RESOLVE, Status.RESOLVED, False),
        (Verb.REOPEN, Status.UNRESOLVED, False),
        (Verb.REOPEN, Status.RESOLVED, True),
        (Verb.MUTE, Status.MUTED, False),
        (Verb.MUTE, Status.RESOLVED, True),
    ],
)
def test_a_verb_changes_what_is_not_so_already(verb: Verb, status: Status, legal: bool) -> None:
    assert changes(verb, status) is legal


def test_naming_a_release_or_a_condition_changes_what_is_so_already() -> None:
    assert changes(Verb.RESOLVE, Status.RESOLVED, says_more=True)
    assert changes(Verb.MUTE, Status.MUTED, says_more=True)
    assert not changes(Verb.REOPEN, Status.UNRESOLVED, says_more=True)


R1, R2, R3 = (Known(f"{n}.0", BEFORE - timedelta(days=9 - n), n) for n in (1, 2, 3))
HASH_1 = Known("f00dfeed", BEFORE, 10)
HASH_2 = Known("0badcafe", NOW, 11)


@pytest.mark.parametrize(
    ("status", "waiting", "woken"),
    [
        (Status.UNRESOLVED, Waiting(), None),
        (Status.RESOLVED, Waiting(), Kind.REGRESSED),
        (Status.RESOLVED, Waiting(resolved_at=BEFORE), Kind.REGRESSED),
        (Status.RESOLVED, Waiting(resolved_at=NOW), None),
        (Status.RESOLVED, Waiting(resolved_at=AFTER), None),
        (Status.MUTED, Waiting(), None),
        (Status.MUTED, Waiting(until=AFTER), None),
        (Status.MUTED, Waiting(until=BEFORE), Kind.UNMUTED),
        (Status.MUTED, Waiting(until_count=12), None),
        (Status.MUTED, Waiting(until_count=11), Kind.UNMUTED),
        (Status.MUTED, Waiting(until_users=4), None),
        (Status.MUTED, Waiting(until_users=3), Kind.UNMUTED),
        (Status.MUTED, Waiting(until_users=9, until_count=11), Kind.UNMUTED),
        (Status.MUTED, Waiting(window=Window(2, 60)), None),
        (Status.MUTED, Waiting(window=Window(1, 60)), Kind.UNMUTED),
    ],
)
def test_what_a_new_event_wakes(status: Status, waiting: Waiting, woken: Kind | None) -> None:
    found = wakes(status, waiting, [Arrival(NOW)], event_count=10, user_count=3)
    assert found == (None if woken is None else Woken(woken, 0))


def test_the_last_of_the_users_who_are_waited_for_wakes() -> None:
    waiting = Waiting(window=UserWindow(2, 60))
    arrivals = [Arrival(NOW, None, user) for user in (7, 7, None, 8, 9)]
    assert wakes(Status.MUTED, waiting, arrivals, event_count=0) == Woken(Kind.UNMUTED, 3)


@pytest.mark.parametrize(
    ("waiting", "release", "regresses"),
    [
        pytest.param(Waiting(resolved_in=R2), R1, False, id="an older release"),
        pytest.param(Waiting(resolved_in=R2), R2, True, id="the release with the fix"),
        pytest.param(Waiting(resolved_in=R2), R3, True, id="a newer one"),
        pytest.param(Waiting(resolved_in=R2), None, True, id="none is named"),
        pytest.param(
            Waiting(resolved_in=R2, resolved_at=AFTER), R3, False, id="before it was said"
        ),
        pytest.param(Waiting(resolved_in=HASH_2), HASH_1, False, id="first seen before"),
        pytest.param(Waiting(resolved_in=HASH_1), HASH_2, True, id="first seen after"),
        pytest.param(Waiting(is_next=True, after=R2), R2, False, id="next: not there yet"),
        pytest.param(Waiting(is_next=True, after=R2), R1, False, id="next: an old one"),
        pytest.param(Waiting(is_next=True, after=R2), R3, True, id="next: it is there"),
        pytest.param(Waiting(is_next=True, after=R2), None, False, id="next: none is named"),
        pytest.param(Waiting(is_next=True), R1, True, id="next: the first at all"),
    ],
)
def test_releases_decide_what_regresses(
    waiting: Waiting, release: Known | None, regresses: bool
) -> None:
    found = wakes(Status.RESOLVED, waiting, [Arrival(NOW, release)], event_count=1)
    assert (found is not None) is regresses


def test_it_is_the_first_event_that_decides_whatever_comes_with_it() -> None:
    old, new = Arrival(NOW, R1), Arrival(NOW, R2)
    for arrivals, by in (([old, new, old], 1), ([new, old], 0)):
        found = wakes(Status.RESOLVED, Waiting(resolved_in=R2), arrivals, event_count=0)
        assert found == Woken(Kind.REGRESSED, by)
    three = [Arrival(NOW)] * 3
    assert wakes(Status.MUTED, Waiting(until_count=12), three, event_count=10) == Woken(
        Kind.UNMUTED, 1
    )


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_batches_make_no_difference(size: int) -> None:
    events = [Arrival(NOW + timedelta(minutes=n)) for n in range(7)]
    waiting, count = Waiting(window=Window(3, 3)), 0
    woken = None
    for start in range(0, 7, size):
        batch = events[start : start + size]
        woken = wakes(Status.MUTED, waiting, batch, event_count=count)
        if woken:
            woken = Woken(woken.kind, start + woken.by)
            break
        count += len(batch)
    assert woken == Woken(Kind.UNMUTED, 2)


def test_priority_follows_the_level_until_somebody_chooses() -> None:
    found = [Priority.of_level(level).name for level in Level]
    assert found == ["LOW", "LOW", "MEDIUM", "HIGH", "HIGH"]


def test_levels_have_names_and_an_unknown_one_is_an_error() -> None:
    assert [Level.named(n) for n in ("fatal", "debug", "odd")] == [Level.FATAL, Level.DEBUG, Level.ERROR]  # fmt: skip
