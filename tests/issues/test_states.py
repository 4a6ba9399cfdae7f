from datetime import UTC, datetime, timedelta

import pytest

from issues.states import Kind, Level, Status, Verb, Waiting, changes, wakes

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


@pytest.mark.parametrize(
    ("status", "waiting", "woken"),
    [
        (Status.UNRESOLVED, Waiting(), None),
        (Status.RESOLVED, Waiting(), Kind.REGRESSED),
        (Status.RESOLVED, Waiting(resolved_at=BEFORE), Kind.REGRESSED),
        (Status.RESOLVED, Waiting(resolved_at=AFTER), None),
        (Status.MUTED, Waiting(), None),
        (Status.MUTED, Waiting(until=AFTER), None),
        (Status.MUTED, Waiting(until=BEFORE), Kind.UNMUTED),
        (Status.MUTED, Waiting(until_count=10), None),
        (Status.MUTED, Waiting(until_count=9), Kind.UNMUTED),
    ],
)
def test_what_new_events_wake(status: Status, waiting: Waiting, woken: Kind | None) -> None:
    assert wakes(status, waiting, event_count=10, now=NOW) == woken


def test_levels_have_names_and_an_unknown_one_is_an_error() -> None:
    assert [Level.named(n) for n in ("fatal", "debug", "odd")] == [Level.FATAL, Level.DEBUG, Level.ERROR]  # fmt: skip
