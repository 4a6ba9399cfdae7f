"""A backup of a running server, brought back elsewhere: nothing lost, nothing twice."""

import contextlib
import json
import sqlite3
import threading
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from bugsink_lite.backup import archive
from bugsink_lite.backup import make as making
from bugsink_lite.backup import restore as restoring
from bugsink_lite.progress import Progress
from tests.servers import NewServer, Server
from tests.wire import new_event_id, send


def contents(server: Server) -> dict[str, list[tuple[object, ...]]]:
    return {
        "projects": server.query("SELECT id, slug FROM projects_project ORDER BY id"),
        "events": server.query("SELECT id, issue_id FROM issues_event ORDER BY id"),
        "issues": server.query("SELECT id, number, title FROM issues_issue ORDER BY id"),
        "payloads": server.query("SELECT id, length(data) FROM issues_eventpayload ORDER BY id"),
    }


def test_what_was_backed_up_under_load_comes_back_whole(
    new_server: NewServer, tmp_path: Path
) -> None:
    source = new_server()
    dsn = source.create_project("Backed up")
    before = [new_event_id() for _ in range(20)]
    for event_id in before:
        assert send(dsn, {"message": f"before {event_id}"}, event_id).status == 200
    stop, sent = threading.Event(), 0

    def load() -> None:
        nonlocal sent
        while not stop.is_set():
            if (
                send(
                    dsn, {"message": "meanwhile", "extra": {"x": "y" * 500}}, new_event_id()
                ).status
                == 200
            ):
                sent += 1
            stop.wait(0.02)

    sender = threading.Thread(target=load)
    sender.start()
    file = tmp_path / "backup.tar.zst"
    try:
        made = json.loads(source.command("backup", str(file), "--json").stdout)
    finally:
        stop.set()
        sender.join()
    assert made["bytes"] == file.stat().st_size
    assert file.stat().st_mode & 0o777 == 0o600
    source.stop()

    target = new_server(start=False, empty=True)
    target.command("restore", str(file))
    assert (target.data / "secret-key").read_text() == (source.data / "secret-key").read_text()
    assert (target.data / "secret-key").stat().st_mode & 0o777 == 0o600
    target.start()
    target.wait_until_digested()
    found = {row[0] for row in target.query("SELECT event_id FROM issues_event")}
    found = {str(event_id).replace("-", "") for event_id in found}
    assert set(before) <= found
    assert len(found) == target.count("issues_event") <= 20 + sent
    # Numbers go on, of rows and of the spool: what is sent now is not taken for what was there.
    moved = type(dsn).parse(dsn.text.replace(f":{dsn.port}/", f":{target.port}/"))
    stored = target.count("issues_event")
    after = new_event_id()
    assert send(moved, {"message": "after"}, after).status == 200
    target.wait_for_events(stored + 1)


@pytest.mark.long
def test_overwrite_brings_back_exactly_what_was(new_server: NewServer, tmp_path: Path) -> None:
    server = new_server()
    dsn = server.create_project("One")
    assert send(dsn, {"message": "kept"}, new_event_id()).status == 200
    server.wait_until_digested()
    server.stop()
    file = tmp_path / "b"
    server.command("backup", str(file))
    assert "is whole" in server.command("restore", str(file), "--verify").stdout
    again = server.command("backup", str(file), check=False)
    assert (again.returncode, "is there already" in again.stderr) == (1, True)
    refused = server.command("restore", str(file), check=False)
    assert "there is an installation already" in refused.stderr
    before = contents(server)
    server.start()
    refused = server.command("restore", str(file), "--overwrite", check=False)
    assert "stop it first" in refused.stderr
    server.create_project("Two")
    assert send(dsn, {"message": "forgotten"}, new_event_id()).status == 200
    server.wait_for_events(2)
    server.stop()
    server.command("restore", str(file), "--overwrite")
    assert contents(server) == before
    # Numbers go on behind those that were read in.
    assert server.create_project("Three").project_id == dsn.project_id + 1
    server.start()
    assert send(dsn, {"message": "new"}, new_event_id()).status == 200
    server.wait_for_events(2)


@pytest.mark.long
def test_requests_in_the_spool_are_part_of_it(new_server: NewServer, tmp_path: Path) -> None:
    source = new_server(DIGEST="false")
    dsn = source.create_project("Waiting")
    small, large = new_event_id(), new_event_id()
    assert send(dsn, {"message": "small"}, small).status == 200
    incompressible = "".join(new_event_id() for _ in range(24_000))
    assert send(dsn, {"message": "large", "extra": {"x": incompressible}}, large).status == 200
    file = tmp_path / "b"
    source.command("backup", str(file))
    assert source.count("issues_event") == 0
    target = new_server(start=False, empty=True)
    target.command("restore", str(file))
    target.start()
    target.wait_for_events(2)


def test_uploads_and_salvaged_spools_are_part_of_it(new_server: NewServer, tmp_path: Path) -> None:
    source = new_server(DIGEST="false", MAX_EVENT_BYTES="4000000")
    dsn = source.create_project("Salvaged")
    assert send(dsn, {"message": "small"}, new_event_id()).status == 200
    incompressible = "".join(new_event_id() for _ in range(80_000))
    large = {"message": "large", "extra": {"x": incompressible}}
    assert send(dsn, large, new_event_id()).status == 200
    source.stop()
    spool = source.data / "spool"
    for old in [*spool.glob("0.spool*"), spool / "0.bodies"]:
        old.rename(spool / f"salvaged-0-20260501T100000123456Z{old.name.removeprefix('0')}")
    bundle = Path("uploads/bundles/ab") / ("ab" * 20)
    (source.data / bundle).parent.mkdir(parents=True)
    (source.data / bundle).write_bytes(b"SYSB" * 1000)
    (source.data / bundle).with_name(f"{bundle.name}.x.part").write_bytes(b"half")
    file = tmp_path / "b"
    source.command("backup", str(file))
    target = new_server(start=False, empty=True, MAX_EVENT_BYTES="4000000")
    target.command("restore", str(file))
    assert (target.data / bundle).read_bytes() == b"SYSB" * 1000
    assert (target.data / bundle).stat().st_mode & 0o777 == 0o600
    assert len(list((target.data / bundle).parent.iterdir())) == 1
    target.start()
    target.wait_for_events(2)


# --- in this process -----------------------------------------------------------------------------


@pytest.fixture
def data(tmp_path: Path, settings: Settings) -> Path:
    """A data directory of its own, with a spool that somebody else's records are in."""
    settings.DATA_DIR, settings.SPOOL_DIR = tmp_path / "data", tmp_path / "data" / "spool"
    settings.SPOOL_DIR.mkdir(parents=True)
    return settings.DATA_DIR  # type: ignore[no-any-return]


def fill(path: Path, rows: int) -> None:
    with contextlib.closing(sqlite3.connect(path)) as spool, spool:
        spool.execute("CREATE TABLE meta (spool_id TEXT)")
        spool.execute("INSERT INTO meta VALUES ('x')")
        spool.execute("CREATE TABLE record (sequence INTEGER PRIMARY KEY, body BLOB)")
        spool.executemany("INSERT INTO record (body) VALUES (?)", [(b"b" * 500,)] * rows)


def rows(path: Path) -> int:
    with contextlib.closing(sqlite3.connect(path)) as spool:
        return int(spool.execute("SELECT count(*) FROM record").fetchone()[0])


def written(path: Path) -> list[str]:
    """The files of the data directory into an archive: its members."""
    manifest = archive.Manifest("0.1.0", "", connection.vendor, [])
    with open(path, "wb") as opened, archive.Writer(opened, manifest) as writer:
        making._add_spools(writer, path.parent)
        making._add_uploads(writer)
    return list(manifest.members)


@pytest.mark.django_db
def test_files_of_any_size_go_in_pieces(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "PIECE_BYTES", 1000)
    spool, large, empty = data / "spool", "12" * 20, "34" * 20
    fill(spool / "0.spool", 50)
    for name, content in ((large, bytes(range(250)) * 9), (empty, b"")):
        (data / "uploads" / "bundles" / name[:2]).mkdir(parents=True)
        (data / "uploads" / "bundles" / name[:2] / name).write_bytes(content)
    found = written(tmp_path / "b")
    assert {f"spool/0.spool/{number:08}" for number in range(20)} <= set(found)
    uploads = [f"uploads/bundles/12/{large}/{number:08}" for number in range(3)]
    uploads.append(f"uploads/bundles/34/{empty}/00000000")
    assert [name for name in found if name.startswith("uploads/")] == uploads
    archive.verify(tmp_path / "b", Progress("", 1))

    # Over what is there: more records, a longer file, and all that damage leaves behind.
    (spool / "0.spool").unlink()
    fill(spool / "0.spool", 90)
    fill(spool / "1.spool", 1)
    (data / "uploads" / "bundles" / "12" / large).write_bytes(b"x" * 9000)
    (data / "uploads" / "bundles" / "34" / empty).unlink()
    (spool / "0.spool.damaged-20260501T100000Z.bodies").mkdir()
    (spool / "0.spool.damaged-20260501T100000Z.bodies" / ("0" * 32)).touch()
    (spool / "0.spool.damaged-20260501T100000Z.json").touch()
    (spool / "0.damaged").touch()
    restoring._restore_files(tmp_path / "b")
    assert [path.name for path in spool.iterdir()] == ["0.spool"]
    assert rows(spool / "0.spool") == 50
    content = (data / "uploads" / "bundles" / "12" / large).read_bytes()
    assert content == bytes(range(250)) * 9
    assert (data / "uploads" / "bundles" / "34" / empty).read_bytes() == b""


@pytest.mark.django_db
def test_spools_in_one_piece_as_the_first_version_wrote_them(data: Path, tmp_path: Path) -> None:
    fill(tmp_path / "copy", 3)
    manifest = archive.Manifest("0.1.0", "", connection.vendor, [])
    with open(tmp_path / "b", "wb") as opened, archive.Writer(opened, manifest) as writer:
        writer.add("spool/0.spool", (tmp_path / "copy").read_bytes())
        writer.add("spool/1.spool", b"no database" * 100)
        writer.add(f"spool/0.bodies/{'0' * 32}", b"body")
    restoring._restore_files(tmp_path / "b")
    assert rows(data / "spool" / "0.spool") == 3
    assert (data / "spool" / "0.bodies" / ("0" * 32)).read_bytes() == b"body"
    # Damaged as it was: the server knows what to do.
    assert (data / "spool" / "1.spool").read_bytes() == b"no database" * 100


@pytest.mark.django_db
def test_a_spool_that_cannot_be_read_is_not_left_out_silently(data: Path, tmp_path: Path) -> None:
    (data / "spool" / "0.spool").write_bytes(b"no database" * 100)
    with pytest.raises(archive.BackupError, match=r"0\.spool cannot be read"):
        making.make(tmp_path / "b")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


@pytest.mark.django_db
def test_a_newer_versions_backup_changes_nothing(data: Path, tmp_path: Path) -> None:
    fill(data / "spool" / "0.spool", 1)
    fill(tmp_path / "database", 1)
    manifest = archive.Manifest("9.0.0", "", connection.vendor, [("issues", "9999_later")])
    with open(tmp_path / "b", "wb") as opened, archive.Writer(opened, manifest) as writer:
        writer.add("secret-key", b"theirs")
        writer.add_file("sqlite", tmp_path / "database")
    before = connection.introspection.table_names()
    with pytest.raises(archive.BackupError, match=r"9\.0\.0 made it.*issues\.9999_later"):
        restoring.restore(tmp_path / "b", overwrite=True)
    assert connection.introspection.table_names() == before
    assert [path.relative_to(data).as_posix() for path in sorted(data.rglob("*"))] == [
        "spool",
        "spool/0.spool",
    ]


# --- the file ------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "backup"
    manifest = archive.Manifest("0.1.0", "2026-01-01T00:00:00+00:00", "sqlite", [("a", "0001")])
    with open(path, "wb") as opened, archive.Writer(opened, manifest) as writer:
        writer.add("secret-key", b"k" * 50)
        writer.add("sqlite/00000000", bytes(range(256)) * 4000)
    return path


@pytest.mark.once
def test_a_whole_file_is_whole(file: Path) -> None:
    found = archive.verify(file, Progress("", 1))
    assert found.size == 50 + 256 * 4000
    assert found.migrations == [("a", "0001")]


@pytest.mark.once
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.95])
def test_a_file_that_was_cut_off_is_told(file: Path, share: float) -> None:
    data = file.read_bytes()
    file.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(archive.BackupError, match=r"damaged|manifest|cut off"):
        archive.verify(file, Progress("", 1))


@pytest.mark.once
def test_no_byte_can_be_changed_unnoticed(file: Path) -> None:
    data = file.read_bytes()
    for place in range(0, len(data), max(1, len(data) // 60)):
        file.write_bytes(data[:place] + bytes([data[place] ^ 0x41]) + data[place + 1 :])
        try:
            found = archive.verify(file, Progress("", 1))
        except archive.BackupError:
            continue
        # A bit that means nothing, in a header.
        assert found.members["secret-key"][0] == 50


@pytest.mark.once
@pytest.mark.parametrize(
    "name",
    [
        *("../x", "/etc/passwd", "spool/../../x", "spool/0.bodies/../x", "x"),
        *("spool/../0.spool/00000000", "uploads/bundles/../x/00000000", "spool/٠.bodies/../x"),
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "backup"
    manifest = archive.Manifest("0.1.0", "", "sqlite", [])
    with open(path, "wb") as opened, archive.Writer(opened, manifest) as writer:
        writer.add(name, b"x")
    with pytest.raises(archive.BackupError, match="which no backup does"):
        archive.verify(path, Progress("", 1))


@pytest.mark.once
def test_what_is_no_backup_is_said(tmp_path: Path) -> None:
    with pytest.raises(archive.BackupError, match="cannot be read"):
        archive.verify(tmp_path / "missing", Progress("", 1))
    (tmp_path / "text").write_text("hello")
    with pytest.raises(archive.BackupError, match="no backup"):
        archive.verify(tmp_path / "text", Progress("", 1))


def test_a_manifest_of_another_format_is_refused() -> None:
    with pytest.raises(archive.BackupError, match="reads format"):
        archive.Manifest.load(b'{"format": 99}')
    with pytest.raises(archive.BackupError, match="cannot be read"):
        archive.Manifest.load(b"[]")
