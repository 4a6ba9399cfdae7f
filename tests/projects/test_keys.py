"""The key cache: no query for a known key, one for a new one, none for a flood; a database that is away."""

import json
from pathlib import Path

import pytest
from django.db import OperationalError

from projects.keys import READINGS_PER_SECOND, KeyCache, KeysUnavailable
from projects.ref import ProjectRef, Rates

KEY, OTHER = "a" * 32, "b" * 32
SHOP = ProjectRef(7, True)


class Database:
    """Keys that a test may change, and how often they were read."""

    def __init__(self) -> None:
        self.keys = {KEY: SHOP}
        self.readings = 0
        self.is_away = False

    def load(self) -> dict[str, ProjectRef]:
        self.readings += 1
        if self.is_away:
            raise OperationalError("away")
        return dict(self.keys)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(tmp_path: Path, database: Database, clock: Clock) -> KeyCache:
    return KeyCache(tmp_path / "keys.json", seconds=5, load=database.load, clock=clock)


def test_a_known_key_is_read_once(cache: KeyCache, database: Database) -> None:
    assert [cache.get(KEY) for _ in range(100)] == [SHOP] * 100
    assert database.readings == 1


def test_a_key_made_a_moment_ago_is_known_at_once(cache: KeyCache, database: Database) -> None:
    assert cache.get(OTHER) is None
    database.keys[OTHER] = ProjectRef(8, True)
    assert cache.get(OTHER) == ProjectRef(8, True)


def test_a_flood_of_wrong_keys_is_no_flood_of_queries(
    cache: KeyCache, database: Database, clock: Clock
) -> None:
    assert {cache.get(f"{number:032x}") for number in range(500)} == {None}
    assert database.readings == READINGS_PER_SECOND
    clock.now += 1.1
    database.keys[OTHER] = ProjectRef(8, True)
    assert cache.get(OTHER) == ProjectRef(8, True)


def test_a_project_made_a_moment_ago_is_known_at_once(cache: KeyCache, database: Database) -> None:
    assert cache.knows_project(7)
    database.keys[OTHER] = ProjectRef(8, True)
    assert cache.knows_project(8)
    assert not cache.knows_project(9)


def test_while_the_database_is_away_known_keys_stay_known(
    cache: KeyCache, database: Database
) -> None:
    cache.get(KEY)
    database.is_away = True
    assert cache.get(KEY) == SHOP
    with pytest.raises(KeysUnavailable):
        cache.get(OTHER)


def test_a_database_that_is_away_is_not_asked_for_every_unknown_key(
    cache: KeyCache, database: Database, clock: Clock
) -> None:
    database.is_away = True
    for _ in range(50):
        with pytest.raises(KeysUnavailable):
            cache.get(OTHER)
    assert database.readings == 1
    database.is_away = False
    clock.now += 5.1
    assert cache.get(KEY) == SHOP


def test_a_restart_while_the_database_is_away_knows_the_last_keys(
    cache: KeyCache, database: Database, clock: Clock, tmp_path: Path
) -> None:
    cache.get(KEY)
    database.is_away = True
    restarted = KeyCache(tmp_path / "keys.json", seconds=5, load=database.load, clock=clock)
    assert restarted.get(KEY) == SHOP


def test_the_kept_keys_are_for_their_owner_only(cache: KeyCache, tmp_path: Path) -> None:
    cache.get(KEY)
    file = tmp_path / "keys.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_text()) == [[KEY, 7, True, [0, 0], [0, 0], 0.0, False]]


def test_kept_keys_have_their_limits_and_may_be_of_an_older_version(
    tmp_path: Path, database: Database, clock: Clock
) -> None:
    limited = ProjectRef(8, True, Rates(1, 2), Rates(3, 4), 1.5e9)
    database.keys[OTHER] = limited
    KeyCache(tmp_path / "keys.json", seconds=5, load=database.load, clock=clock).get(KEY)
    database.is_away = True
    again = KeyCache(tmp_path / "keys.json", seconds=5, load=database.load, clock=clock)
    assert again.get(OTHER) == limited
    (tmp_path / "keys.json").write_text(json.dumps([[KEY, 7, True]]))
    again = KeyCache(tmp_path / "keys.json", seconds=5, load=database.load, clock=clock)
    assert again.get(KEY) == SHOP


def test_a_broken_file_of_kept_keys_is_ignored(
    tmp_path: Path, database: Database, clock: Clock
) -> None:
    (tmp_path / "keys.json").write_text("[[1]]")
    assert KeyCache(tmp_path / "keys.json", seconds=5, load=database.load, clock=clock).get(KEY)
