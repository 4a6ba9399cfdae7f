"""A backup of a running server, brought back elsewhere: nothing lost, nothing twice."""

import json
import threading
from pathlib import Path

import pytest

from bugsink_lite.backup import archive
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
    "name", ["../x", "/etc/passwd", "spool/../../x", "spool/0.bodies/../x", "x"]
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
