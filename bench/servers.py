"""Starts the product, or a bare application, as it is started in earnest, and measures its memory and disk."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_up(port: int, process: "subprocess.Popen[bytes]", path: str) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise SystemExit(f"the server ended with status {process.returncode}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("the server does not start")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=40)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def ceiling(name: str, *, threads: int, workers: int) -> Iterator[int]:
    """A bare WSGI application of bench.ceiling under the same gunicorn. Yields its port."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", f"bench.ceiling:{name}", "-b", f"127.0.0.1:{port}"]
    command += ["-k", "gthread", "--threads", str(threads), "-w", str(workers)]
    command += ["--keep-alive", "75", "--no-control-socket", "--log-level", "error"]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        with_socket = False
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    with_socket = True
                    break
            time.sleep(0.05)
        if not with_socket:
            raise SystemExit("the bare application does not start")
        yield port
    finally:
        _stop(process)


@dataclass(slots=True)
class Product:
    port: int
    process: "subprocess.Popen[bytes]"
    environment: dict[str, str]
    data: Path
    project_id: int
    key: str

    @property
    def path(self) -> str:
        return f"/api/{self.project_id}/envelope/"

    def command(self, *args: str) -> str:
        answer = subprocess.run(
            [sys.executable, "-m", "bugsink_lite", *args],
            cwd=ROOT,
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
        )
        return answer.stdout

    def memory(self) -> tuple[float, float]:
        """PSS and RSS of arbiter and workers, MB."""
        pss = rss = 0
        for pid in family(self.process.pid):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    pss += int(line.split()[1])
                elif line.startswith("Rss:"):
                    rss += int(line.split()[1])
        return pss / 1024, rss / 1024

    def cpu(self) -> float:
        """Seconds of processor time of arbiter and workers so far. Unlike rates, hardly moved by a busy machine."""
        ticks = 0
        for pid in family(self.process.pid):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """A process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(int(child) for child in children)]


@contextmanager
def product(database_url: str, extra: Mapping[str, str] | None = None) -> Iterator[Product]:
    """The product on an empty database and data directory. database_url: "" for SQLite in the data directory."""
    data = Path(tempfile.mkdtemp(prefix="bench-"))
    port = free_port()
    environment = {
        **os.environ,
        "BUGSINK_LITE_DATA": str(data),
        "PORT": str(port),
        "BASE_URL": f"http://127.0.0.1:{port}",
        "LOG_LEVEL": "WARNING",
        **(extra or {}),
    }
    environment.pop("DATABASE_URL", None)
    if database_url:
        environment["DATABASE_URL"] = database_url
    log = open(data / "log", "wb")  # noqa: SIM115  # closed below, after the process
    process = subprocess.Popen(
        [sys.executable, "-m", "bugsink_lite", "run"],
        cwd=ROOT,
        env=environment,
        stdout=log,
        stderr=log,
    )
    try:
        _wait_until_up(port, process, "/accounts/login/")
        served = Product(port, process, environment, data, 0, "")
        made = json.loads(served.command("create-project", "Bench", "--json"))
        served.project_id = made["id"]
        served.key = made["dsn"].partition("://")[2].partition("@")[0]
        yield served
    except BaseException:
        print((data / "log").read_text()[-4000:], file=sys.stderr)
        raise
    finally:
        _stop(process)
        log.close()
        shutil.rmtree(data, ignore_errors=True)


def processes(workers: int) -> str:
    """For a printed row: how many processes served it."""
    return "1 process" if workers == 1 else f"{workers} processes"
