"""A wrong setting stops the start with one sentence; a right one needs no words."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import settings_of

pytestmark = pytest.mark.once

PASSWORD = "hunter2-in-a-url"


def start(tmp_path: Path, *args: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = settings_of({"BUGSINK_LITE_DATA": str(tmp_path / "data")} | settings)
    return subprocess.run(
        [sys.executable, "-m", "bugsink_lite", *(args or ("run",))],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("PORT", "http", id="no number"),
        pytest.param("PORT", "70000", id="number too high"),
        pytest.param("THREADS", "0", id="number too low"),
        pytest.param("LOG_LEVEL", "LOUD", id="not on the list"),
        pytest.param("DEBUG", "maybe", id="neither true nor false"),
        pytest.param("SPOOL_MAX_BYTES", "plenty", id="no size"),
        pytest.param("SPOOL_MAX_BYTES", "12 KiB", id="size too small"),
        pytest.param("MAX_REQUEST_BYTES", "-1", id="negative size"),
        pytest.param("BASE_URL", "errors.example.com", id="URL without a scheme"),
        pytest.param("BASE_URL", "ftp://errors.example.com", id="URL of another scheme"),
        pytest.param("BASE_URL", "https://errors.example.com:99999", id="URL with an odd port"),
        pytest.param("DATABASE_URL", "not a url", id="no URL"),
        pytest.param(
            "DATABASE_URL", f"postgers://u:{PASSWORD}@localhost/x", id="misspelt database"
        ),
        pytest.param("DATABASE_URL", f"mysql://u:{PASSWORD}@localhost/x", id="another database"),
        pytest.param("DATABASE_URL", f"postgres://u:{PASSWORD}@localhost:x/x", id="bad port"),
        pytest.param("EMAIL_URL", f"pigeon://u:{PASSWORD}@localhost", id="another mail protocol"),
        pytest.param("SECRET_KEY", "short", id="short secret"),
        pytest.param("FORWARDED_ALLOW_IPS", "the proxy", id="no address"),
        pytest.param("SENTRY_DSN", "http://localhost", id="no DSN"),
        pytest.param("BUGSINK_LITE_ENV_FILE", "/nowhere/env", id="no such file"),
        pytest.param("BUGSINK_LITE_DATA", "/dev/null/data", id="no directory"),
    ],
)
def test_a_wrong_value_stops_the_start(name: str, value: str, tmp_path: Path) -> None:
    done = start(tmp_path, **{name: value})
    lines = (done.stdout + done.stderr).strip().splitlines()
    assert done.returncode != 0
    assert len(lines) == 1, lines
    assert name in lines[0]
    assert PASSWORD not in lines[0]


def test_a_database_that_cannot_be_reached_is_said_in_one_line(tmp_path: Path) -> None:
    done = start(tmp_path, DATABASE_URL=f"postgres://u:{PASSWORD}@127.0.0.1:1/x")
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert "DATABASE_URL" in done.stderr
    assert PASSWORD not in done.stdout + done.stderr


def show(tmp_path: Path, setting: str, **settings: str) -> str:
    code = f"from django.conf import settings; print(settings.{setting})"
    done = start(tmp_path, "shell", "--no-imports", "-c", code, **settings)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_secret_key_is_made_once_and_kept_to_its_owner(tmp_path: Path) -> None:
    first = show(tmp_path, "SECRET_KEY")
    assert len(first) >= 50
    assert show(tmp_path, "SECRET_KEY") == first
    assert mode(tmp_path / "data" / "secret-key") == 0o600
    assert mode(tmp_path / "data") == 0o700


def test_a_given_secret_key_is_not_written_down(tmp_path: Path) -> None:
    assert show(tmp_path, "SECRET_KEY", SECRET_KEY="k" * 40) == "k" * 40
    assert not (tmp_path / "data" / "secret-key").exists()


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("PORT=8111\nTHREADS=7\n")
    settings = {"BUGSINK_LITE_ENV_FILE": str(file), "PORT": "8222"}
    shown = show(tmp_path, "PORT, settings.THREADS, settings.BASE_URL", **settings)
    assert shown == "8222 7 http://localhost:8222"


def test_an_empty_value_is_the_default(tmp_path: Path) -> None:
    assert show(tmp_path, "PORT", PORT="") == "8000"


def test_what_is_not_set_is_safe(tmp_path: Path) -> None:
    names = ("DEBUG", "BIND", "SESSION_COOKIE_HTTPONLY", "SECURE_CONTENT_TYPE_NOSNIFF")
    assert show(tmp_path, ", settings.".join(names)) == "False 127.0.0.1 True True"


def test_https_follows_from_the_base_url(tmp_path: Path) -> None:
    names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS")
    base = "https://errors.example.com/track/"
    assert show(tmp_path, ", settings.".join(names), BASE_URL=base) == (
        "True True ['errors.example.com'] ['https://errors.example.com']"
    )
    assert show(tmp_path, "FORCE_SCRIPT_NAME, settings.STATIC_URL", BASE_URL=base) == (
        "/track /track/static/"
    )


def test_the_data_directory_holds_nothing_for_others(tmp_path: Path) -> None:
    """Whatever the umask: the spool and the database hold what senders told in confidence."""
    before = os.umask(0)
    try:
        done = start(tmp_path, "migrate", "--verbosity=0")
    finally:
        os.umask(before)
    assert done.returncode == 0, done.stderr
    assert mode(tmp_path / "data") == 0o700
