"""`bugsink-lite doctor`: what it finds, and what it says to do about it."""

import json
import os

import pytest

from bugsink_lite import checkup
from tests.net import free_port
from tests.servers import NewServer


def by_area(text: str) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for each in json.loads(text)["findings"]:
        found.setdefault(each["area"], []).append(each)
    return found


def test_a_running_server_is_sound(new_server: NewServer) -> None:
    server = new_server()
    done = server.command("doctor", "--json")
    found = by_area(done.stdout)
    assert set(found) >= {
        "versions",
        "permissions",
        "disk",
        "database",
        "spool",
        "address",
        "clock",
    }
    errors = [each for area in found.values() for each in area if each["level"] == "error"]
    assert errors == []
    # Every finding that is none says what to do.
    assert all(each["fix"] for area in found.values() for each in area if each["level"] != "ok")
    assert server.command("doctor", "--strict", check=False).returncode == 1, "no mail is set"
    shown = server.command("doctor").stdout
    assert "warning  mail" in shown


@pytest.mark.once
def test_what_is_broken_is_told_with_its_remedy(new_server: NewServer) -> None:
    server = new_server(
        start=False,
        DEBUG="true",
        BASE_URL=f"http://127.0.0.1:{free_port()}",
        EMAIL_URL=f"smtp://127.0.0.1:{free_port()}",
        READY_FREE_BYTES="100000g",
        DATABASE_URL="postgres://u:hunter2@127.0.0.1:1/x",
    )
    os.chmod(server.data, 0o755)
    done = server.command("doctor", "--json", check=False)
    assert done.returncode == 1
    assert "hunter2" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    found = by_area(done.stdout)
    for area, level in {
        "versions": "error",
        "permissions": "error",
        "disk": "error",
        "database": "error",
        "address": "warning",
        "mail": "error",
    }.items():
        assert level in [each["level"] for each in found[area]], area
    (wide,) = [each for each in found["permissions"] if each["level"] == "error"]
    assert wide["fix"] == f"chmod 700 {server.data}"


def test_pending_migrations_are_an_error(new_server: NewServer) -> None:
    server = new_server(start=False, empty=True)
    found = by_area(server.command("doctor", "--json", check=False).stdout)
    texts = [each["text"] for each in found["database"] if each["level"] == "error"]
    assert any("migrations are not applied" in text for text in texts)


@pytest.mark.once
def test_a_fault_of_one_look_hides_none_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        raise OSError("no such\ndevice")

    monkeypatch.setattr(checkup, "LOOKS", {"first": fails, "second": checkup.LOOKS["versions"]})
    first, *others = checkup.examine()
    assert (first.level, "OSError: no such device" in first.text) == (checkup.ERROR, True)
    assert others
    assert checkup.as_json([first, *others])["status"] == "error"
