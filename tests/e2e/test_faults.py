"""Faults below the product: a damaged spool, a full disk, connections that are cut, a database that is away."""

import contextlib
import os
import random
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.e2e.load import Load, event
from tests.e2e.test_kill import assert_stored_exactly, stored_ids, wait_for_progress
from tests.servers import NewServer, Server, wait_for
from tests.wire import Answer, Dsn, Sender, new_event_id, send
from tests.with_postgres import cluster

pytestmark = pytest.mark.timeout(300)

PAGE = 4096
DISK_BYTES = 64 << 20


# --- a damaged spool -----------------------------------------------------------------------------


def fill_spool(server: Server, dsn: Dsn, number: int) -> list[str]:
    """Events that stay in the spool, since the server does not digest."""
    ids = [new_event_id() for _ in range(number)]
    with contextlib.closing(Sender(dsn)) as sender:
        for place, event_id in enumerate(ids):
            assert sender.send(event(place), event_id).status == 200
    return ids


def start_digesting(server: Server) -> None:
    server.environment["DIGEST"] = "true"
    server.start()


def zero_the_middle(path: Path) -> None:
    with open(path, "r+b") as file:
        file.seek(path.stat().st_size // 2 // PAGE * PAGE)
        file.write(bytes(2 * PAGE))


def cut_in_half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2 + 100)


def break_the_header(path: Path) -> None:
    with open(path, "r+b") as file:
        file.write(b"\xff" * PAGE)


def cut_to_nothing(path: Path) -> None:
    os.truncate(path, 0)


def break_the_log(path: Path) -> None:
    zero_the_middle(path.with_name(f"{path.name}-wal"))


@pytest.mark.parametrize(
    ("damage", "at_least"),
    [
        pytest.param(zero_the_middle, 250, marks=pytest.mark.long),
        (cut_in_half, 100),
        pytest.param(break_the_header, 300, marks=pytest.mark.long),
        pytest.param(cut_to_nothing, 0, marks=pytest.mark.long),
        (break_the_log, 250),
    ],
)
def test_a_spool_that_is_damaged_while_nobody_looks(
    damage: Callable[[Path], None], at_least: int, new_server: NewServer
) -> None:
    """What is left is stored, the rest is told, new events are taken and stored."""
    server = new_server(DIGEST="false")
    dsn = server.create_project("Shop")
    ids = fill_spool(server, dsn, 300)
    if damage is break_the_log:
        server.kill()
    else:
        server.stop()  # the log is written back
    damage(server.data / "spool" / "0.spool")
    start_digesting(server)
    new = fill_spool(server, dsn, 20)
    server.wait_until_digested()
    stored = stored_ids(server)
    assert len(stored) == len(set(stored))
    assert set(new) <= set(stored) <= {*ids, *new}
    assert len(stored) >= at_least + len(new)
    stats = server.stats()
    assert stats["damaged"] == 1
    if damage is not cut_to_nothing:  # nothing says how many there were
        assert len(stored) + stats["lost"] in range(len(new) + 150, len(new) + 301)
    assert "is damaged" in server.output()
    assert "records saved" in server.command("spool", "status").stdout


def test_a_spool_that_is_damaged_under_load(new_server: NewServer) -> None:
    """Ingest never stops: the damage costs records, not answers. Whatever was stored was stored once."""
    server = new_server()
    spools = server.data / "spool"
    with Load(server.create_project("Shop"), connections=4) as load:
        wait_for_progress(load)
        for _ in range(20):
            for path in (*spools.glob("[0-9].spool"), *spools.glob("[0-9].spool-wal")):
                with contextlib.suppress(FileNotFoundError), open(path, "r+b") as file:
                    for place in range(PAGE, path.stat().st_size, PAGE):
                        os.pwrite(file.fileno(), random.randbytes(PAGE), place)
            if list(spools.glob("*.damaged*")):
                break
            time.sleep(0.3)
        wait_for_progress(load)
    assert set(load.answers) == {200}
    assert load.broken == 0
    server.wait_until_digested()
    stored = stored_ids(server)
    assert len(stored) == len(set(stored))
    assert set(stored) <= set(load.acknowledged)
    assert server.stats()["damaged"] >= 1


@pytest.mark.long
def test_ten_rounds_of_damage_and_kills(new_server: NewServer) -> None:
    server = new_server()
    dice = random.Random(7)
    with Load(server.create_project("Shop"), connections=4) as load:
        for _ in range(10):
            wait_for_progress(load)
            server.kill()
            for path in (server.data / "spool").glob("*.spool*"):
                if path.suffix in (".spool", ".spool-wal") and path.stat().st_size > PAGE:
                    with open(path, "r+b") as file:
                        file.seek(dice.randrange(path.stat().st_size - 2000))
                        file.write(dice.randbytes(2000))
            server.start()
    server.wait_until_digested()
    stored = stored_ids(server)
    assert len(stored) == len(set(stored))
    assert set(stored) <= set(load.acknowledged)
    assert len(stored) > len(load.acknowledged) * 0.5


# --- a full disk ---------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """64 MiB, for root in a container that may mount."""
    path = tmp_path / "small-disk"
    path.mkdir()
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root and mount")
    command = [mount, "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=700", "tmpfs", str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"a small disk cannot be mounted: {done.stderr.strip()}")
    try:
        yield path
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


def on_small_disk(new_server: NewServer, disk: Path, **settings: str) -> Server:
    """A server whose spool lies on the small disk and whose database does not."""
    server = new_server(start=False, empty=False, **settings)
    (server.data / "spool").rmdir()
    (server.data / "spool").symlink_to(disk)
    server.start()
    return server


def send_until_refused(dsn: Dsn, sent: list[str]) -> Answer:
    """Noise, until the first answer that is no 200."""
    noise = os.urandom(300_000).hex()
    with contextlib.closing(Sender(dsn)) as sender:
        for _ in range(1500):
            event_id = new_event_id()
            large = {**event(1), "extra": {"noise": noise[: random.randrange(len(noise))]}}
            answer = sender.send(large, event_id)
            if answer.status != 200:
                return answer
            sent.append(event_id)
    pytest.fail("a small disk took everything")


def test_a_full_disk_refuses_in_time_and_takes_again(
    small_disk: Path, new_server: NewServer
) -> None:
    server = on_small_disk(new_server, small_disk, DIGEST="false")
    dsn = server.create_project("Shop")
    sent: list[str] = []
    refused = send_until_refused(dsn, sent)
    assert refused.status == 429, server.output()
    assert int(refused.headers["retry-after"]) > 0
    assert refused.headers["x-sentry-rate-limits"].split(":")[1] == "", "all categories"
    assert shutil.disk_usage(small_disk).free > 1 << 20, "before anything broke"
    assert len(sent) > 20

    worker = subprocess.Popen(
        [*server._program, "work"],
        env=server.environment | {"DIGEST": "true"},
        cwd=server.directory,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:

        def accepted() -> bool:
            event_id = new_event_id()
            if send(dsn, event(1), event_id).status != 200:
                return False
            sent.append(event_id)
            return True

        wait_for(accepted, "room to accept again", every=0.5)
        server.wait_for_events(len(sent))
    finally:
        worker.terminate()
        worker.wait(60)
    assert sorted(stored_ids(server)) == sorted(sent)


def test_a_disk_that_fills_behind_its_back(small_disk: Path, new_server: NewServer) -> None:
    """No room in the middle of a commit: refused, alive, and nothing that was accepted is lost."""
    server = on_small_disk(new_server, small_disk)
    with Load(server.create_project("Shop"), connections=4) as load:
        wait_for_progress(load)
        for _ in range(2):
            filler = small_disk / "filler"
            with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as file:
                while file.write(bytes(1 << 16)):
                    pass
            wait_for(lambda: load.answers[429] + load.answers[503] > 20, "events to be refused")
            filler.unlink()
            wait_for_progress(load)
    assert set(load.answers) <= {200, 429, 503}
    assert load.broken == 0
    server.wait_until_digested()
    assert_stored_exactly(server, load)


# --- a database that is cut off ------------------------------------------------------------------


class Cutter:
    """Ends all connections to a PostgreSQL database, again and again, while the `with` block runs."""

    def __init__(self, url: str, *, pause: float = 0.3) -> None:
        self.cuts = 0
        self._url = url
        self._pause = pause
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._cut)

    def __enter__(self) -> "Cutter":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _cut(self) -> None:
        statement = (
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        while not self._stop.wait(random.uniform(0, 2 * self._pause)):
            with psycopg.connect(self._url) as connection:
                row = connection.execute(statement).fetchone()
                self.cuts += row[0] if row else 0


def url_of(server: Server) -> str:
    assert server.database_url is not None
    return server.database_url


@pytest.mark.postgresql
def test_connections_that_are_cut_lose_nothing(new_server: NewServer) -> None:
    """In the middle of transactions, too: each event is stored once."""
    server = new_server()
    with Load(server.create_project("Shop"), connections=2, pause=0.03) as load:
        wait_for_progress(load)
        with Cutter(url_of(server)) as cutter:
            wait_for(lambda: cutter.cuts >= 8, "connections to be cut")
        wait_for_progress(load)
    assert set(load.answers) == {200}
    assert load.broken == 0
    server.wait_until_digested()
    assert_stored_exactly(server, load)


@pytest.mark.long
@pytest.mark.postgresql
def test_a_database_that_is_away_for_a_minute_under_load(new_server: NewServer) -> None:
    with cluster() as own:
        server = new_server(DATABASE_URL=own.url(), KEY_CACHE_SECONDS="1")
        with Load(server.create_project("Shop"), connections=3, pause=0.02) as load:
            wait_for_progress(load)
            server.wait_for_events(1)
            own.stop()
            time.sleep(60)
            wait_for_progress(load)
            own.start()
            wait_for_progress(load)
        assert set(load.answers) == {200}
        assert load.broken == 0
        wait_for(lambda: server.count("issues_event") == len(load.acknowledged), "all events")
        server.wait_until_digested()
        assert_stored_exactly(server, load)
