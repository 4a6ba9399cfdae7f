"""Log lines to a running server: the contract's examples, and files that `ship-logs` follows."""

import http.client
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.servers import Server, wait_for
from tests.wire import Dsn

pytestmark = [pytest.mark.once]

SAMPLES = Path(__file__).parents[1] / "samples" / "ingest-examples.json"
CASES = [c for c in json.loads(SAMPLES.read_text())["cases"] if c["id"].startswith("G")]


def post(server: Server, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def test_the_examples_hold_for_a_running_server(server: Server, dsn: Dsn) -> None:
    for case in CASES:
        headers = {k: v for k, v in case["headers"].items() if k == "Content-Type"}
        headers["X-Sentry-Auth"] = f"Sentry sentry_key={dsn.key}"
        path = case["path"].replace("/api/7/", f"/api/{dsn.project_id}/")
        status, told = post(server, path, case["body"].encode(), headers)
        assert status == case["status"], (case["id"], told)
        if "/logs/" in path and status == 200:
            expected = case["expect"]
            assert told["ignored"] == expected.get("ignored", 0), case["id"]
            # The examples share lines, and this project has all of them.
            known = expected.get("accepted", 0) + expected.get("duplicates", 0)
            assert told["accepted"] + told["duplicates"] == known, case["id"]
            assert [e["index"] for e in told["rejected"]] == expected.get("rejected", [])


def line(number: int) -> str:
    entry = {"level": 50, "time": int(time.time() * 1000), "pid": number, "msg": f"failed {number}"}
    return json.dumps(entry) + "\n"


@pytest.mark.long
def test_ship_logs_through_rotation_and_restarts(server: Server, dsn: Dsn, tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text(line(0))
    command = [
        *(sys.executable, "-m", "bugsink_lite", "ship-logs", str(tmp_path / "*.log")),
        *("--dsn", dsn.text, "--positions", str(tmp_path / "positions.json"), "--from-start"),
    ]

    def stored(number: int) -> bool:
        statement = f"SELECT count(*) FROM issues_event WHERE project_id = {dsn.project_id}"
        return server.query(statement) == [(number,)]

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(command, env=server.environment, cwd=tmp_path)

    process = start()
    try:
        wait_for(lambda: stored(1), "the first line")
        with open(log, "a") as file:
            file.write(line(1))
            os.rename(log, tmp_path / "app.log.1")
            file.write(line(2))
        log.write_text(line(3))
        wait_for(lambda: stored(4), "lines before and after a rotation")
        process.kill()  # whatever it had sent and not noted comes again, and is stored once
        process.wait()
        with open(log, "a") as file:
            file.write(line(4))
        os.rename(log, tmp_path / "app.log.1")
        log.write_text(line(5))
        process = start()
        wait_for(lambda: stored(6), "lines from before and after a restart")
        process.terminate()
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
    again = subprocess.run(
        [*command, "--once"], env=server.environment, capture_output=True, text=True
    )
    assert again.returncode == 0, again.stderr
    assert again.stdout.startswith("0 events")
    server.wait_until_digested()
    assert stored(6)


def test_ship_logs_says_what_was_refused(server: Server, dsn: Dsn, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("[error] x\n")
    wrong = dsn.text.replace(dsn.key, "0" * 32)
    done = server.command(
        "ship-logs", str(tmp_path / "a.log"), "--once", "--dsn", wrong,
        "--positions", str(tmp_path / "p.json"), check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "refused 1 lines with 403" in done.stderr
