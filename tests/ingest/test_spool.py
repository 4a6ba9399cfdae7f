import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Protocol

import pytest

from ingest.own_spool import Spool
from ingest.spool import BODY_LOST, Record, SpoolFull, SpoolReader
from ingest.spool_files import claim, lock_file


def record(body: bytes = b"body", project_id: int = 7) -> Record:
    return Record(project_id, 1777629600.5, "envelope", "gzip", "a" * 32, "demo/1.0", body)


class Make(Protocol):
    def __call__(self, path: Path, max_bytes: int = 1 << 20, file_bytes: int = 1000) -> Spool: ...


@pytest.fixture
def make() -> Iterator[Make]:
    """Opens spools and closes them when the test is over."""
    with ExitStack() as stack:

        def make(path: Path, max_bytes: int = 1 << 20, file_bytes: int = 1000) -> Spool:
            spool = Spool(path, max_bytes=max_bytes, file_bytes=file_bytes)
            stack.callback(spool.close)
            return spool

        yield make


def bodies(reader: SpoolReader, after: int = 0) -> list[bytes]:
    return [r.body for r in reader.read_batch(after, records=1000, size=1 << 30)]


@pytest.fixture
def spool(tmp_path: Path, make: Make) -> Spool:
    return make(tmp_path / "0.spool")


def test_gives_back_what_it_was_given(spool: Spool) -> None:
    spool.append(record())
    [found] = spool.read_batch(0, records=10, size=1000)
    assert found == Record(
        7, 1777629600.5, "envelope", "gzip", "a" * 32, "demo/1.0", b"body", sequence=1
    )


def test_a_record_is_there_for_another_process_at_once(spool: Spool) -> None:
    spool.append(record())
    with closing(SpoolReader(spool.path)) as reader:
        assert bodies(reader) == [b"body"]


def test_survives_being_opened_again(spool: Spool, make: Make) -> None:
    spool.append(record(b"one"))
    spool_id = spool.spool_id
    spool.close()
    again = make(spool.path)
    again.append(record(b"two"))
    assert bodies(again) == [b"one", b"two"]
    assert again.spool_id == spool_id


def test_acknowledged_records_are_gone_and_their_numbers_never_come_back(spool: Spool) -> None:
    for body in (b"one", b"two", b"three"):
        spool.append(record(body))
    spool.acknowledge(2)
    assert bodies(spool) == [b"three"]
    spool.acknowledge(3)
    assert spool.backlog() == (0, 0)
    spool.append(record(b"four"))
    assert [r.sequence for r in spool.read_batch(0, records=9, size=99)] == [4]


def test_large_bodies_lie_beside_it_and_go_with_their_record(spool: Spool) -> None:
    spool.append(record(b"x" * 5000))
    assert bodies(spool) == [b"x" * 5000]
    assert len(list(spool.bodies.iterdir())) == 1
    spool.acknowledge(1)
    assert list(spool.bodies.iterdir()) == []


def test_a_batch_is_bounded_in_records_and_bytes(spool: Spool) -> None:
    for _ in range(5):
        spool.append(record(b"x" * 100))
    assert len(spool.read_batch(0, records=2, size=10_000)) == 2
    assert len(spool.read_batch(0, records=10, size=250)) == 2
    assert len(spool.read_batch(0, records=10, size=1)) == 1, "one at least, or it would never go"


def test_a_full_spool_refuses_and_takes_again_when_there_is_room(
    tmp_path: Path, make: Make
) -> None:
    spool = make(tmp_path / "0.spool", max_bytes=250)
    for _ in range(3):
        spool.append(record(b"x" * 100))
    with pytest.raises(SpoolFull):
        spool.append(record())
    spool.acknowledge(1)
    spool.append(record(b"again"))
    assert bodies(spool)[-1] == b"again"


def test_knows_its_fill_after_a_restart(tmp_path: Path, make: Make) -> None:
    spool = make(tmp_path / "0.spool", max_bytes=100)
    spool.append(record(b"x" * 200))
    spool.close()
    assert make(spool.path, max_bytes=100).is_full()


def test_requests_that_wait_together_are_all_kept(spool: Spool) -> None:
    def send(number: int) -> None:
        for part in range(20):
            spool.append(record(b"%d.%d" % (number, part)))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(bodies(spool)) == sorted(b"%d.%d" % (n, p) for n in range(16) for p in range(20))


def test_a_failing_disk_is_told_to_everyone_who_waits(spool: Spool) -> None:
    spool._writer.execute("PRAGMA query_only=ON")  # as a read-only file system answers
    with pytest.raises(sqlite3.OperationalError):
        spool.append(record())
    spool._writer.execute("PRAGMA query_only=OFF")
    spool.append(record(b"later"))
    assert bodies(spool) == [b"later"]


def test_a_lost_body_file_does_not_stop_the_others(spool: Spool) -> None:
    spool.append(record(b"x" * 5000))
    spool.append(record(b"small"))
    for path in spool.bodies.iterdir():
        path.unlink()
    lost, small = spool.read_batch(0, records=9, size=1 << 20)
    assert (lost.body, lost.problem) == (b"", BODY_LOST)
    assert (small.body, small.problem) == (b"small", "")


@pytest.mark.parametrize("is_moved", [False, True])
def test_a_body_follows_a_spool_that_is_renewed_meanwhile(
    spool: Spool, is_moved: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the writing of the body and that of its row, or in the middle of the former."""
    first, old = spool.path, spool.bodies
    write = spool._write_body

    def interrupted(body: bytes) -> str:
        monkeypatch.undo()
        if not is_moved:
            name = write(body)
        spool.renew("damaged")
        if is_moved:
            raise FileNotFoundError  # what was the directory has another name
        return name

    monkeypatch.setattr(spool, "_write_body", interrupted)
    spool.append(record(b"x" * 5000))
    assert spool.path != first
    assert spool.bodies != old
    assert bodies(spool) == [b"x" * 5000]


def test_every_process_claims_a_file_of_its_own_and_dead_ones_are_reused(tmp_path: Path) -> None:
    first, lock = claim(tmp_path)
    second, other = claim(tmp_path)
    assert (first.name, second.name) == ("0.spool", "1.spool")
    lock.close()  # as when the process dies
    again, lock = claim(tmp_path)
    assert again == first
    lock.close()
    other.close()


def test_a_reader_that_looks_at_a_free_file_is_not_taken_for_its_owner(
    tmp_path: Path, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a start the digester opens the file of a process that died, while the next process looks for one."""
    make(tmp_path / "0.spool").close()
    looks = threading.Event()

    def look(reader: SpoolReader) -> None:
        looks.set()
        time.sleep(0.3)

    monkeypatch.setattr(SpoolReader, "_check_log", look)

    def read() -> None:
        SpoolReader(tmp_path / "0.spool").close()

    thread = threading.Thread(target=read)
    thread.start()
    assert looks.wait(10)
    path, lock = claim(tmp_path)
    lock.close()
    thread.join()
    assert path.name == "0.spool"


def test_a_lock_is_held_by_one(tmp_path: Path) -> None:
    path = tmp_path / "digest.lock"
    held = lock_file(path)
    assert held is not None
    assert lock_file(path) is None
    held.close()
    with lock_file(path) or pytest.fail("the lock outlived its holder"):
        pass


def test_a_past_backlog_gives_its_disk_back(make: Make, tmp_path: Path) -> None:
    spool = make(tmp_path / "1.spool", max_bytes=1 << 30, file_bytes=1 << 20)
    for _ in range(100):
        spool.append(record(b"x" * 200_000))
    assert spool.path.stat().st_size > 15 << 20
    spool.acknowledge(100)
    spool.tidy()
    assert spool.path.stat().st_size < 1 << 20


def test_what_another_process_digests_makes_room(tmp_path: Path, make: Make) -> None:
    spool = make(tmp_path / "0.spool", max_bytes=250)
    for _ in range(3):
        spool.append(record(b"x" * 100))
    assert spool.is_full()
    with closing(SpoolReader(spool.path)) as other:
        other.acknowledge(3)
    spool._looked_at = 0.0  # as a second later
    assert not spool.is_full()
    assert spool.backlog() == (0, 0)


def test_a_body_whose_request_died_goes_at_the_next_start(tmp_path: Path, make: Make) -> None:
    spool = make(tmp_path / "0.spool")
    spool.append(record(b"x" * 5000))
    (spool.bodies / "orphan").write_bytes(b"x")
    spool.close()
    again = make(spool.path)
    assert len(list(again.bodies.iterdir())) == 1
    assert bodies(again) == [b"x" * 5000]
