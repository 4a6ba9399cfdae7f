"""`bugsink-lite run`: what the first start makes and says, and that the second keeps it."""

import json
import re
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.servers import NewServer, Server, wait_for
from tests.wire import Dsn, new_event_id, send

PASSWORD = "a long pass phrase\n"
CEILING_SECONDS = 60  # for a second start, on any machine; what it really takes is printed


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def printed_dsn(output: str) -> Dsn:
    found = re.search(r"\bhttp://[0-9a-f]{32}@[\w.:]+/\d+", output)
    assert found is not None, output
    return Dsn.parse(found[0])


def test_the_first_start_says_where_how_and_what(new_server: NewServer) -> None:
    server = new_server(empty=True)
    output = server.output()
    email, password = server.login
    assert server.url in output
    assert email in output
    assert password in output
    dsn = printed_dsn(output)
    event_id = new_event_id()
    assert send(dsn, {"message": "first"}, event_id).json() == {"id": event_id}


@pytest.mark.once
def test_the_printed_examples_work(new_server: NewServer) -> None:
    server = new_server(empty=True)
    (python,) = re.findall(r'python3 -c "(.*)"$', server.output(), re.MULTILINE)
    subprocess.run([sys.executable, "-c", python], check=True, timeout=30)
    (curl,) = re.findall(r"^ +curl +(curl .*)$", server.output(), re.MULTILINE)
    done = subprocess.run(
        ["bash", "-c", curl], check=True, capture_output=True, text=True, timeout=30
    )
    assert re.fullmatch(r"[0-9a-f]{32}", json.loads(done.stdout)["id"])
    server.wait_for_events(2)


@pytest.mark.once
def test_secrets_are_for_their_owner_only(new_server: NewServer) -> None:
    server = new_server(empty=True)
    assert mode(server.data) == 0o700
    assert mode(server.data / "admin-password") == 0o600
    assert mode(server.data / "secret-key") == 0o600
    assert mode(server.data / "spool") == 0o700


def test_a_second_start_keeps_everything_and_is_quick(new_server: NewServer) -> None:
    server = new_server(empty=True)
    dsn = printed_dsn(server.output())
    login = server.login
    key = (server.data / "secret-key").read_text()
    assert send(dsn, {"message": "before"}, new_event_id()).status == 200
    server.wait_for_events(1)
    assert server.stop() == 0
    said = len(server.output())

    began = time.monotonic()
    server.start()
    took = time.monotonic() - began
    print(f"second start: {took:.2f} s")

    assert took < CEILING_SECONDS
    assert server.login == login
    assert (server.data / "secret-key").read_text() == key
    assert login[1] not in server.output()[said:], "the password is printed once only"
    assert printed_dsn(server.output()[said:]) == dsn
    found = {"events": 1, "issues": 1, "projects": 1}
    nothing = dict.fromkeys(("thinned", "spool", "quarantine", "damaged", "lost"), 0)
    assert server.stats().items() >= (found | nothing | {"evicted": 0}).items()
    assert send(dsn, {"message": "after"}, new_event_id()).status == 200


@pytest.mark.once
def test_ctrl_c_is_clean(new_server: NewServer) -> None:
    server = new_server(empty=True)
    assert server.stop(signal.SIGINT) in (0, 130)
    assert "Traceback" not in server.output()


@pytest.mark.once
def test_a_busy_port_is_said_in_a_sentence(new_server: NewServer) -> None:
    first = new_server(empty=True)
    second = new_server(start=False, PORT=str(first.port))
    second.start(wait=False)
    assert second.wait() != 0
    assert "Traceback" not in second.output()
    assert str(first.port) in second.output()


def test_an_administrator_may_be_made_and_given_a_password(new_server: NewServer) -> None:
    server = new_server(start=False, empty=True)
    server.command("migrate", "--verbosity=0")
    made = server.command("create-admin", "Ada@example.com", "--password-stdin", stdin=PASSWORD)
    assert PASSWORD.strip() not in made.stdout
    again = server.command("create-admin", "ada@example.com", check=False)
    assert again.returncode != 0
    assert "Traceback" not in again.stderr
    before = server.query("SELECT password FROM projects_user")
    assert "Password: " in server.command("set-password", "ada@example.com").stdout
    assert server.query("SELECT password FROM projects_user") != before
    assert server.query("SELECT email, is_admin FROM projects_user") in (
        [("ada@example.com", True)],
        [("ada@example.com", 1)],
    )


def test_a_project_and_a_token_may_be_made_from_scripts(server: Server) -> None:
    made = json.loads(server.command("create-project", "Web Shop", "--json").stdout)
    assert made["slug"] == "web-shop"
    assert Dsn.parse(made["dsn"]).project_id == int(made["id"])
    token = json.loads(server.command("create-token", "--scopes", "event:read", "--json").stdout)
    assert len(token["token"]) >= 32


def test_a_test_event_arrives(server: Server, dsn: Dsn) -> None:
    server.command("send-test-event", dsn.text)
    before = f"SELECT count(*) FROM issues_event WHERE project_id = {dsn.project_id}"
    wait_for(lambda: server.query(before)[0][0] == 1, "the test event")
