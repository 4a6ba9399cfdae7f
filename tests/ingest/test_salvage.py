"""A damaged spool file: what is readable survives once, the rest is told, and nobody is kept from going on."""

import json
import os
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ingest import salvage
from ingest.own_spool import Spool
from ingest.spool import BODY_DAMAGED, BODY_LOST, Record, SpoolDamaged, SpoolReader
from ingest.spool_files import claim, is_marked
from ingest.spools import Spools
from ingest.sqlite_pages import PAGE, log_is_whole, log_of

FILE_BYTES = 30_000
Damage = Callable[[Path, random.Random], None]


def record(number: int, dice: random.Random) -> Record:
    """Of all sizes: many in a page, over some pages, beside the file."""
    size = dice.choice((50, 300, 2_000, 9_000, 25_000, 40_000))
    body = b"%d." % number + dice.randbytes(size)
    return Record(7, 1777629600.0 + number, "envelope", "gzip", f"{number:032x}", "demo/1.0", body)


@dataclass
class Scene:
    """A data directory whose process was killed. written: what it had accepted, by sequence."""

    directory: Path
    written: dict[int, Record]
    stored: int  # the last sequence that is in the database
    spool_id: str
    read: dict[int, Record] = field(default_factory=dict)
    read_elsewhere: list[Record] = field(default_factory=list)  # of other spools

    @property
    def path(self) -> Path:
        return self.directory / "0.spool"

    @property
    def waiting(self) -> set[int]:
        return {sequence for sequence in self.written if sequence > self.stored}

    def digest(self, own: Spool | None = None) -> list[salvage.Report]:
        """Read all there is, as the digester does; every record once, by its spool and sequence."""
        checkpoints = {self.spool_id: self.stored}
        with closing(Spools(self.directory, own=own)) as spools:
            for _ in range(300):
                found = 0
                for reader in spools.readers(lambda spool_id: checkpoints.get(spool_id, 0)):
                    try:
                        after = checkpoints.get(reader.spool_id, 0)
                        batch = reader.read_batch(after, records=50, size=1 << 20)
                        for each in batch:
                            if reader.spool_id == self.spool_id:
                                assert each.sequence not in self.read
                                self.read[each.sequence] = each
                            else:
                                self.read_elsewhere.append(each)
                            after = each.sequence
                        checkpoints[reader.spool_id] = after
                        reader.acknowledge(after)
                        found += len(batch)
                    except SpoolDamaged as error:
                        spools.damaged(reader, error)
                        found = 1
                if not found:
                    break
            else:
                pytest.fail("there is no end to it")
            spools.tidy()
        return salvage.reports(self.directory)

    def assert_what_was_read_is_what_was_written(self) -> None:
        for sequence, each in self.read.items():
            written = self.written[sequence]
            assert each.event_id == written.event_id
            assert each.problem or each.body == written.body

    @property
    def whole(self) -> set[int]:
        return {sequence for sequence, each in self.read.items() if not each.problem}


def open_spool(path: Path) -> Spool:
    return Spool(path, max_bytes=1 << 30, file_bytes=FILE_BYTES)


@pytest.fixture
def scenes(tmp_path: Path) -> Callable[..., Scene]:
    """Makes directories as a killed process leaves them: with a log that is not written back."""

    def make(seed: int, *, records: int = 120, stored: int = 30, logged: int = 20) -> Scene:
        dice = random.Random(seed)
        source = tmp_path / f"living-{seed}"
        source.mkdir()
        written: dict[int, Record] = {}

        def fill(spool: Spool, until: int) -> None:
            while len(written) < until:
                number = len(written) + 1
                written[number] = record(number, dice)
                spool.append(written[number])

        with closing(open_spool(source / "0.spool")) as spool:
            fill(spool, records - logged)
            spool.acknowledge(stored)
        with closing(open_spool(source / "0.spool")) as spool:
            fill(spool, records)
            directory = tmp_path / f"dead-{seed}"
            shutil.copytree(source, directory)
            return Scene(directory, written, stored, spool.spool_id)

    return make


def overwrite_pages(path: Path, dice: random.Random, share: float = 0.1) -> None:
    """Whole ones and pieces of them, with noise and with zeros."""
    pages = path.stat().st_size // PAGE
    with open(path, "r+b") as file:
        for number in dice.sample(range(1, pages), min(pages - 1, max(1, int(pages * share)))):
            size = dice.choice((PAGE, PAGE, 512, 100))
            file.seek(number * PAGE + dice.randrange(PAGE - size + 1))
            file.write(dice.choice((bytes(size), dice.randbytes(size))))


def cut(path: Path, dice: random.Random) -> None:
    os.truncate(path, dice.randrange(path.stat().st_size // 4, path.stat().st_size))


def cut_to_nothing(path: Path, dice: random.Random) -> None:
    os.truncate(path, 0)


def break_header(path: Path, dice: random.Random) -> None:
    with open(path, "r+b") as file:
        file.write(dice.randbytes(PAGE))


def break_log(path: Path, dice: random.Random) -> None:
    overwrite_pages(log_of(path), dice)


def break_both(path: Path, dice: random.Random) -> None:
    overwrite_pages(path, dice)
    break_log(path, dice)


def remove(path: Path, dice: random.Random) -> None:
    path.unlink()


KINDS: list[Damage] = [
    *(overwrite_pages, cut, cut_to_nothing, break_header, break_log, break_both, remove)
]


def try_damage(scene: Scene, damage: Damage, seed: int) -> None:
    damage(scene.path, random.Random(seed))
    reports = scene.digest()
    scene.assert_what_was_read_is_what_was_written()
    lost = scene.waiting - scene.whole
    bodiless = {sequence for sequence, each in scene.read.items() if each.problem}
    assert bodiless <= lost
    if reports:
        [report] = reports
        # Some may have been read before the damage was met.
        assert report.bodiless in range(len(bodiless) + 1)
        assert report.missing in range(len(lost - bodiless) + 1)
    else:
        # Nothing that was looked at was damaged, or bodies only.
        assert lost == bodiless
    assert list(scene.directory.glob("salvaged-*")) == [], "digested, and gone"


@pytest.mark.parametrize("damage", KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_what_is_readable_survives_once(
    damage: Damage, seed: int, scenes: Callable[..., Scene]
) -> None:
    try_damage(scenes(seed), damage, seed)


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("damage", KINDS)
def test_what_is_readable_survives_once_with_many_seeds(
    damage: Damage, scenes: Callable[..., Scene]
) -> None:
    for seed in range(100, 125):
        try_damage(scenes(seed, records=60 + seed), damage, seed)


def test_a_bad_page_loses_its_own_records_only(scenes: Callable[..., Scene]) -> None:
    """Inner nodes of the tree, and with them all that SQLite finds through them, cost nothing."""
    scene = scenes(1, records=600, stored=0, logged=0)
    with open(scene.path, "r+b") as file:
        pages = scene.path.stat().st_size // PAGE
        inner = [n for n in range(1, pages) if os.pread(file.fileno(), 1, n * PAGE) == b"\x05"]
        assert inner
        for number in inner:
            os.pwrite(file.fileno(), bytes(PAGE), number * PAGE)
    [report] = scene.digest()
    assert (report.saved, report.bodiless, report.missing) == (600, 0, 0)
    assert scene.whole == scene.waiting


def test_a_broken_header_costs_nothing(scenes: Callable[..., Scene]) -> None:
    scene = scenes(1, logged=0)
    break_header(scene.path, random.Random(1))
    scene.digest()
    assert scene.whole == scene.waiting


def test_a_log_is_read_beyond_its_damage(scenes: Callable[..., Scene]) -> None:
    """SQLite stops at the first bad page and says nothing."""
    scene = scenes(2, logged=60)
    log = log_of(scene.path)
    assert log_is_whole(log)
    with open(log, "r+b") as file:
        file.seek(32 + 3 * (24 + PAGE) + 500)
        file.write(b"\xff" * 20)
    assert not log_is_whole(log)
    [report] = scene.digest()
    assert len(scene.waiting - scene.whole) <= 1
    assert report.saved is not None
    assert report.saved >= 89


def test_a_log_without_its_file_is_read(scenes: Callable[..., Scene]) -> None:
    scene = scenes(3, logged=20)
    cut_to_nothing(scene.path, random.Random(3))
    scene.digest()
    # The last page of what was there before is in the log, too.
    assert scene.whole >= set(range(101, 121))


def test_a_log_that_is_cut_off_in_a_transaction_is_no_damage(
    scenes: Callable[..., Scene],
) -> None:
    """What a power failure leaves: nobody was told that it is there."""
    scene = scenes(4)
    with open(log_of(scene.path), "ab") as file:
        file.write(random.Random(4).randbytes(3 * PAGE))
    assert scene.digest() == []
    assert scene.whole == scene.waiting


def test_a_lost_body_is_told_and_not_taken_for_an_empty_one(scenes: Callable[..., Scene]) -> None:
    scene = scenes(5, logged=0)
    break_header(scene.path, random.Random(5))
    victims = [s for s in scene.waiting if len(scene.written[s].body) > FILE_BYTES]
    bodies = sorted((scene.directory / "0.bodies").iterdir())
    bodies[0].unlink()
    bodies[1].write_bytes(b"something else")
    [report] = scene.digest()
    problems = [each.problem for each in scene.read.values() if each.problem]
    assert len(victims) >= 2
    assert sorted(problems) == sorted([BODY_DAMAGED, BODY_LOST])
    assert report.bodiless == 1


def test_damage_that_sqlite_does_not_see_is_seen(scenes: Callable[..., Scene]) -> None:
    """A flipped bit in a body: pages have no checksums, rows do."""
    scene = scenes(6)
    number = max(
        s for s in scene.waiting if s <= 100 and 9_000 < len(scene.written[s].body) < 30_000
    )
    data = bytearray(scene.path.read_bytes())
    place = data.index(scene.written[number].body[5_000:5_050])
    data[place] ^= 1
    scene.path.write_bytes(data)
    assert scene.digest() == []
    assert scene.read[number].problem == BODY_DAMAGED
    assert scene.whole == scene.waiting - {number}


def test_the_same_is_found_however_often_it_is_cut_short(scenes: Callable[..., Scene]) -> None:
    scene = scenes(7, logged=0)
    break_header(scene.path, random.Random(7))

    def interrupted(spool_id: str) -> int:
        raise RuntimeError("the database is away")

    for _ in range(3):
        with (
            closing(Spools(scene.directory, own=None)) as spools,
            pytest.raises(RuntimeError),
        ):
            spools.readers(interrupted)
    scene.digest()
    assert scene.whole == scene.waiting


def test_the_process_goes_on_in_another_file_and_loses_nothing(
    scenes: Callable[..., Scene],
) -> None:
    """Damaged while it is open: the append that meets it succeeds all the same."""
    scene = scenes(8)
    with closing(open_spool(scene.path)) as spool:
        overwrite_pages(scene.path, random.Random(8), share=1.0)
        elsewhere = []
        for number in range(121, 321):
            new = record(number, random.Random(number))
            spool.append(new)
            if spool.spool_id == scene.spool_id:
                scene.written[number] = new
            else:
                elsewhere.append(new.event_id)
            if number == 200:
                scene.digest(own=spool)
        assert spool.path.name == "1.spool"
        assert len(elsewhere) >= 100
        assert len(scene.digest(own=spool)) == 1
        assert spool.backlog() == (0, 0)
    scene.assert_what_was_read_is_what_was_written()
    assert [each.event_id for each in scene.read_elsewhere if not each.problem] == elsewhere


def test_a_reader_has_the_owner_leave_the_file(tmp_path: Path) -> None:
    """Another process digests, finds the damage, and waits for the owner to go before it touches the file."""
    with closing(Spool(tmp_path / "0.spool", max_bytes=1 << 20, file_bytes=1000)) as owner:
        owner.append(record(1, random.Random(1)))
        with closing(Spools(tmp_path, own=None)) as spools:
            [reader] = spools.readers(lambda spool_id: 0)
            spools.damaged(reader, SpoolDamaged("as found by the reader"))
            assert spools.readers(lambda spool_id: 0) == []
            assert (tmp_path / "0.spool").exists()
            owner.tidy()  # as its idle thread does
            assert owner.path.name == "1.spool"
            found = spools.readers(lambda spool_id: 0)
            assert sorted(reader.path.name.split("-")[0] for reader in found) == [
                "1.spool",
                "salvaged",
            ]
            assert not (tmp_path / "0.spool").exists()


def test_a_damaged_file_is_not_claimed(tmp_path: Path) -> None:
    (tmp_path / "0.spool").write_bytes(b"rubbish" * 1000)
    with closing(Spool.claimed(tmp_path, max_bytes=1 << 20, file_bytes=1000, sync="full")) as spool:
        assert spool.path.name == "1.spool"
        assert is_marked(tmp_path / "0.spool")
        path, lock = claim(tmp_path)
        lock.close()
        assert path.name == "2.spool"


def test_damaged_files_are_kept_bounded(tmp_path: Path) -> None:
    for number in range(salvage.KEPT_FILES + 2):
        name = f"0.spool.damaged-{number}"
        (tmp_path / name).write_bytes(b"x")
        report = {"name": name, "found_at": 1e9 + number, "reason": "", "saved": 0}
        (tmp_path / f"{name}.json").write_text(json.dumps(report))
    salvage.prune(tmp_path, 1e9 + 60)
    assert len(salvage.reports(tmp_path)) == salvage.KEPT_FILES
    assert not (tmp_path / "0.spool.damaged-0").exists()
    salvage.prune(tmp_path, 1e9 + salvage.KEPT_SECONDS + 60)
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_the_version_before_is_read_and_salvaged(tmp_path: Path) -> None:
    path = tmp_path / "0.spool"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(
            f"""
            PRAGMA page_size={PAGE};
            CREATE TABLE meta (spool_id TEXT NOT NULL);
            CREATE TABLE record (sequence INTEGER PRIMARY KEY AUTOINCREMENT, project_id INTEGER NOT NULL,
                received_at REAL NOT NULL, kind TEXT NOT NULL, encoding TEXT NOT NULL, event_id TEXT NOT NULL,
                client TEXT NOT NULL, size INTEGER NOT NULL, file TEXT, body BLOB);
            INSERT INTO meta VALUES ('{"ab" * 16}');
            INSERT INTO record VALUES (5, 7, 1.5, 'envelope', '', '{"a" * 32}', 'demo', 4, NULL, x'01020304');
            """
        )
    with closing(SpoolReader(path)) as reader:
        [found] = reader.read_batch(0, records=9, size=99)
        assert found.body == b"\1\2\3\4"
    break_header(path, random.Random(1))
    with closing(Spools(tmp_path, own=None)) as spools:
        [reader] = spools.readers(lambda spool_id: 4)
        assert (reader.spool_id, reader.read_batch(4, records=9, size=99)) == ("ab" * 16, [found])
