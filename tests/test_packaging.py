"""The wheel holds all that the product needs: built offline, installed far from the checkout, run there."""

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.servers import ROOT, Server
from tests.wire import new_event_id, request, send

pytestmark = [pytest.mark.once, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built by hatchling itself, in this environment: no build isolation, no network."""
    directory = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", directory],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = directory.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel in an environment of its own, which sees our dependencies and not our checkout.

    The dependencies are lent by linking each package of this environment; the .pth file of the editable
    install, which leads to the checkout, is not among them.
    """
    home = tmp_path_factory.mktemp("elsewhere")
    environment = home / "venv"
    venv.create(environment, with_pip=False, symlinks=True)
    site = Path(
        subprocess.run(
            [environment / "bin" / "python", "-c", "import site; print(site.getsitepackages()[0])"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
    )
    for package in Path(sysconfig.get_path("purelib")).iterdir():
        if package.suffix not in (".pth", ".egg-link") and "bugsink_lite" not in package.name:
            (site / package.name).symlink_to(package)
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--python", environment / "bin" / "python", "install"),
            *("--quiet", "--no-deps", "--no-index", wheel),
        ],
        check=True,
    )
    return environment / "bin" / "bugsink-lite"


def test_the_wheel_takes_one_top_level_name(wheel: Path) -> None:
    names = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {name for name in names if not name.endswith(".dist-info")} == {"bugsink_lite"}


def test_the_wheel_holds_what_the_rooms_hold(wheel: Path) -> None:
    packed = {
        name.removeprefix("bugsink_lite/rooms/") for name in zipfile.ZipFile(wheel).namelist()
    }
    wanted = {
        path.relative_to(ROOT).as_posix()
        for room in (
            "bugsink_lite",
            "projects",
            "ingest",
            "issues",
            "alerts",
            "api",
            "templates",
            "sql",
        )
        for path in (ROOT / room).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert wanted - packed == set()


def test_an_installed_copy_runs_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    server = Server(tmp_path, None, program=(str(installed),), path=None)
    try:
        server.start()
        where = server.command(
            "shell", "--no-imports", "-c", "import issues; print(issues.__file__)"
        )
        assert str(installed.parent.parent) in where.stdout
        dsn = server.create_project("Far away")
        assert send(dsn, {"message": "from afar"}, new_event_id()).status == 200
        server.wait_for_events(1)
        page = request(dsn, "GET", "/accounts/login/")
        assert page.status == 200
        assert b"<form" in page.body
        links = [part.partition(b'"')[0] for part in page.body.split(b'href="')[1:]]
        styles = [link.decode() for link in links if link.partition(b"?")[0].endswith(b".css")]
        assert styles
        for path in styles:
            style = request(dsn, "GET", path)
            assert (style.status, style.headers["content-type"].partition(";")[0]) == (
                200,
                "text/css",
            )
        assert server.stop() == 0
    finally:
        server.close()
