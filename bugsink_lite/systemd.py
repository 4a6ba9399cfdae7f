"""systemd's units with the paths of this installation in them."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bugsink_lite import ROOMS_DIR

UNITS_DIR = Path("/etc/systemd/system")
SERVICE, SOCKET, ENVIRONMENT = "bugsink-lite.service", "bugsink-lite.socket", "bugsink-lite.env"
_STATE = Path("/var/lib")


@dataclass(frozen=True, slots=True)
class Choices:
    """program: the `bugsink-lite` that the service starts. environment: the file with the settings."""

    program: Path
    user: str = "bugsink-lite"
    data: Path = _STATE / "bugsink-lite"
    environment: Path = Path("/etc") / ENVIRONMENT
    listen: str = "127.0.0.1:8000"


def own_program() -> Path:
    """The command of the environment that this process runs in."""
    return Path(sys.prefix) / "bin" / "bugsink-lite"


def units(choices: Choices) -> Mapping[str, str]:
    """Name of the file -> its text. Raises ValueError for what a unit cannot say."""
    for path in (choices.program, choices.data, choices.environment):
        if not path.is_absolute() or any(c.isspace() or c in "%\"'\\$" for c in str(path)):
            raise ValueError(f"{str(path)!r} must be an absolute path of plain characters")
    for value in (choices.user, choices.listen):
        if not value or any(c.isspace() or c in "%\"'\\$" for c in value):
            raise ValueError(f"{value!r} cannot stand in a unit")
    directory = ROOMS_DIR / "deploy" / "systemd"
    service = (directory / SERVICE).read_text()
    service = service.replace("/opt/bugsink-lite/bin/bugsink-lite", str(choices.program))
    service = service.replace("=-/etc/bugsink-lite.env", f"=-{choices.environment}")
    for key in ("User", "Group"):
        service = service.replace(f"\n{key}=bugsink-lite\n", f"\n{key}={choices.user}\n")
    if choices.data.parent == _STATE:
        name = choices.data.name
        service = service.replace("StateDirectory=bugsink-lite\n", f"StateDirectory={name}\n")
    else:
        # systemd makes directories below /var/lib only: this one has to be there.
        service = service.replace(
            "StateDirectory=bugsink-lite\nStateDirectoryMode=0700\n",
            f"ReadWritePaths={choices.data}\n",
        )
    service = service.replace("/var/lib/bugsink-lite", str(choices.data))
    if Path("/home") in choices.data.parents or Path("/home") in choices.program.parents:
        service = service.replace("ProtectHome=yes", "ProtectHome=no")
    listening = (directory / SOCKET).read_text()
    listening = listening.replace("=127.0.0.1:8000\n", f"={choices.listen}\n")
    return {SERVICE: service, SOCKET: listening}


def environment_example() -> str:
    return (ROOMS_DIR / "deploy" / "systemd" / ENVIRONMENT).read_text()


def write(choices: Choices, directory: Path) -> list[Path]:
    """Write the units, and the settings' example where there are no settings yet. What was written."""
    written = []
    for name, text in units(choices).items():
        path = directory / name
        path.write_text(text)
        path.chmod(0o644)
        written.append(path)
    if not choices.environment.exists():
        choices.environment.touch(mode=0o600)
        choices.environment.write_text(environment_example())
        written.append(choices.environment)
    return written
