"""What each event of an issue is worth."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from uuid import UUID

from issues.retention.choice import MAX_PLACES, Row, Walk
from issues.retention.policy import Worth

START = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)
LATER = START + timedelta(days=400)


def row(number: int, *, release: int = 1, environment: int = 1, thinned: bool = False) -> Row:
    at = START + timedelta(hours=number)
    return Row(number, UUID(int=number), at, at, release, environment, thinned)


def walk(last: int, settled: datetime = LATER) -> Walk:
    return Walk(START, START + timedelta(hours=last), settled)


def worths(rows: list[Row], linked: Collection[UUID] = ()) -> list[Worth]:
    return [worth for _, worth, _ in walk(rows[-1].pk).judged(rows, linked)]


END, LINKED, PLACE, ORDINARY = Worth.END, Worth.LINKED, Worth.PLACE, Worth.ORDINARY


def test_the_first_and_the_latest_say_most() -> None:
    assert worths([row(n) for n in range(4)]) == [END, ORDINARY, ORDINARY, END]


def test_one_of_each_release_and_environment_is_worth_more() -> None:
    rows = [
        row(0),
        row(1, release=2),
        row(2, release=2),
        row(3, release=2, environment=2),
        row(4, release=0),
        row(5),
    ]
    assert worths(rows) == [END, PLACE, ORDINARY, PLACE, PLACE, END]


def test_a_thinned_event_stands_for_no_release() -> None:
    rows = [row(0), row(1, release=2, thinned=True), row(2, release=2), row(3)]
    assert worths(rows) == [END, ORDINARY, PLACE, END]


def test_what_somebody_speaks_of_is_worth_more() -> None:
    assert worths([row(n) for n in range(4)], {UUID(int=2)}) == [END, ORDINARY, LINKED, END]


def test_a_release_of_its_own_for_every_event_keeps_so_many_and_no_more() -> None:
    rows = [row(n, release=n + 1) for n in range(MAX_PLACES + 50)]
    found = worths(rows)
    assert found.count(PLACE) == MAX_PLACES - 1  # the first event's is one of them
    assert found[-10:-1] == [ORDINARY] * 9


def test_what_was_stored_a_moment_ago_is_no_matter() -> None:
    rows = [row(n) for n in range(4)]
    judged = walk(3, settled=rows[1].digested_at).judged(rows, ())
    assert [each.pk for each, _, _ in judged] == [0, 1]


def test_age_depends_on_the_worth() -> None:
    rows = [row(n) for n in range(6)]
    cutoffs = dict.fromkeys(Worth, rows[1].received_at) | {ORDINARY: rows[3].received_at}
    there = Walk(START, rows[5].received_at, LATER, cutoffs)
    assert [each.pk for each, _, is_old in there.judged(rows, ()) if is_old] == [0, 1, 2]
