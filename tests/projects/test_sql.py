from datetime import UTC, datetime, timedelta

import pytest

from issues.models import HourCount, UserSeen
from projects import sql

pytestmark = pytest.mark.django_db

HOUR = datetime(2026, 5, 1, 10, tzinfo=UTC)
COLUMNS = ("project_id", "grouphash_id", "environment_id", "hour", "count")
UNIQUE = COLUMNS[:4]


def test_adds_to_what_is_there() -> None:
    for count in (2, 3):
        rows = [(1, 1, 0, HOUR, count), (1, 2, 0, HOUR, 1)]
        sql.add_up(HourCount, COLUMNS, rows, unique=UNIQUE, add=("count",))
    counts = dict(HourCount.objects.values_list("grouphash_id", "count"))
    assert counts == {1: 5, 2: 2}


def test_lowers_the_first_and_raises_the_last() -> None:
    columns = (
        *("project_id", "grouphash_id", "user_hash", "environment_id"),
        *("count", "first_seen", "last_seen"),
    )
    for minutes in (20, 10, 30, 15):
        at = HOUR + timedelta(minutes=minutes)
        row = (1, 1, 5, 0, 1, at, at)
        sql.add_up(
            UserSeen,
            columns,
            [row],
            unique=columns[:4],
            add=("count",),
            earliest=("first_seen",),
            latest=("last_seen",),
        )
    seen = UserSeen.objects.get()
    assert (seen.count, seen.first_seen.minute, seen.last_seen.minute) == (4, 10, 30)


def test_takes_more_rows_than_a_statement_has_parameters() -> None:
    rows = [(1, number, 0, HOUR, 1) for number in range(sql.MAX_PARAMETERS // len(COLUMNS) + 10)]
    sql.add_up(HourCount, COLUMNS, rows, unique=UNIQUE, add=("count",))
    assert HourCount.objects.count() == len(rows)


def test_inserts_return_their_keys_in_order() -> None:
    rows = [(1, number, 0, HOUR, number) for number in range(500)]
    keys = sql.insert(HourCount, COLUMNS, rows)
    found = HourCount.objects.in_bulk(keys)
    assert [found[key].count for key in keys] == list(range(500))


def test_updates_by_key() -> None:
    keys = sql.insert(HourCount, COLUMNS, [(1, 1, 0, HOUR, 1), (1, 2, 0, HOUR, 1)])
    sql.update(HourCount, ("count", "hour"), [(7, HOUR + timedelta(hours=1), keys[0])])
    assert HourCount.objects.get(pk=keys[0]).count == 7
    assert HourCount.objects.get(pk=keys[0]).hour == HOUR + timedelta(hours=1)
    assert HourCount.objects.get(pk=keys[1]).count == 1


def test_nothing_to_do_is_nothing_done(django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        sql.add_up(HourCount, COLUMNS, [], unique=UNIQUE, add=("count",))
        sql.update(HourCount, ("count",), [])
        assert sql.insert(HourCount, COLUMNS, []) == []
