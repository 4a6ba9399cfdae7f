from pathlib import Path

import pytest
from django.db import DatabaseError

from projects.keys import KeyCache, KeysUnavailable
from projects.ref import ProjectRef

KEY = "c0ffee00" * 4
REF = ProjectRef(7)


class Database:
    """Stands where the query stands; can be away."""

    def __init__(self, **keys: ProjectRef) -> None:
        self.keys = {KEY: REF} | keys
        self.away = False
        self.readings = 0

    def __call__(self) -> dict[str, ProjectRef]:
        self.readings += 1
        if self.away:
            raise DatabaseError("away")
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
    return KeyCache(tmp_path / "keys.json", seconds=5, load=database, clock=clock)


def test_a_known_key_costs_one_reading(cache: KeyCache, database: Database) -> None:
    assert [cache.get(KEY) for _ in range(100)] == [REF] * 100
    assert database.readings == 1


def test_a_flood_of_wrong_keys_is_no_flood_of_queries(cache: KeyCache, database: Database) -> None:
    assert all(cache.get(f"{number:032x}") is None for number in range(100))
    assert database.readings == 1


def test_a_key_made_a_moment_ago_is_found(
    cache: KeyCache, database: Database, clock: Clock
) -> None:
    cache.get(KEY)
    database.keys["new"] = ProjectRef(8)
    clock.now += 0.2
    assert cache.get("new") == ProjectRef(8)


def test_a_restart_goes_on_while_the_database_is_away(
    cache: KeyCache, database: Database, clock: Clock, tmp_path: Path
) -> None:
    cache.get(KEY)
    database.away = True
    restarted = KeyCache(tmp_path / "keys.json", seconds=5, load=database, clock=clock)
    assert restarted.get(KEY) == REF
    with pytest.raises(KeysUnavailable):
        restarted.get("unknown")


def test_the_file_is_for_its_owner_only(cache: KeyCache, tmp_path: Path) -> None:
    cache.get(KEY)
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600


def test_an_unreadable_file_is_no_obstacle(
    tmp_path: Path, database: Database, clock: Clock
) -> None:
    (tmp_path / "keys.json").write_text('[["x", "y"]]')
    assert KeyCache(tmp_path / "keys.json", seconds=5, load=database, clock=clock).get(KEY) == REF


def test_knows_which_projects_there_are(cache: KeyCache) -> None:
    cache.get(KEY)
    assert cache.knows_project(7)
    assert not cache.knows_project(8)
