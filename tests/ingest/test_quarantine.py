from pathlib import Path

import pytest

from ingest.quarantine import Quarantine
from ingest.spool import Record

NOW = 1777629600.0
DAY = 86_400.0


def record(body: bytes = b"body", project_id: int = 7) -> Record:
    return Record(project_id, NOW, "envelope", "", "a" * 32, "demo/1.0", body)


@pytest.fixture
def quarantine(tmp_path: Path) -> Quarantine:
    return Quarantine(tmp_path / "quarantine.sqlite3", max_bytes=100, max_seconds=30 * DAY)


def keep(
    quarantine: Quarantine, origin: str, body: bytes = b"body", now: float = NOW, project: int = 7
) -> None:
    quarantine.add(record(body, project), origin=origin, reason="invalid", detail="not JSON", now=now)  # fmt: skip


def test_keeps_the_record_and_its_reason(quarantine: Quarantine) -> None:
    keep(quarantine, "1.0")
    [entry] = quarantine.list(7)
    assert (entry.record, entry.reason, entry.detail) == (record(), "invalid", "not JSON")


def test_a_repeated_batch_adds_nothing(quarantine: Quarantine) -> None:
    keep(quarantine, "1.0")
    keep(quarantine, "1.0")
    assert quarantine.counts() == {7: 1}


def test_shows_a_project_only_its_own(quarantine: Quarantine) -> None:
    keep(quarantine, "1.0", project=7)
    keep(quarantine, "1.1", project=8)
    assert [entry.record.project_id for entry in quarantine.list(8)] == [8]


def test_the_oldest_leave_when_it_is_full(quarantine: Quarantine) -> None:
    for number in range(4):
        keep(quarantine, f"{number}", b"%d" % number * 40)
    assert [entry.record.body[:1] for entry in quarantine.list()] == [b"3", b"2"]


def test_what_is_too_old_leaves(quarantine: Quarantine) -> None:
    keep(quarantine, "old", now=NOW)
    keep(quarantine, "new", now=NOW + 31 * DAY)
    assert len(quarantine.list()) == 1


def test_a_replay_hands_out_everything_oldest_first_and_forgets_it(quarantine: Quarantine) -> None:
    keep(quarantine, "1", b"one")
    keep(quarantine, "2", b"two")
    assert [entry.record.body for entry in quarantine.take()] == [b"one", b"two"]
    assert quarantine.list() == []


def test_a_replay_that_dies_loses_nothing(quarantine: Quarantine) -> None:
    keep(quarantine, "1", b"one")
    keep(quarantine, "2", b"two")
    taking = quarantine.take()
    next(taking)
    del taking
    assert len(quarantine.list()) == 2


def test_a_damaged_file_does_not_stop_it_and_gives_back_what_is_readable(tmp_path: Path) -> None:
    path = tmp_path / "quarantine.sqlite3"
    quarantine = Quarantine(path, max_bytes=1 << 20, max_seconds=30 * DAY)
    for number in range(20):
        keep(quarantine, f"{number}", b"%d" % number * 1000)
    with open(path, "r+b") as file:
        file.write(b"\xff" * 4096)
    keep(quarantine, "new", b"new")
    assert quarantine.list()[0].record.body == b"new"
    assert quarantine.counts() == {7: 21}
    assert (tmp_path / "quarantine.sqlite3.damaged").exists()


def test_what_has_no_bytes_is_shown_and_not_replayed(quarantine: Quarantine) -> None:
    keep(quarantine, "1", b"")
    assert list(quarantine.take()) == []
    assert len(quarantine.list()) == 1
