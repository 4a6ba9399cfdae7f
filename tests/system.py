"""What tests need from the system: where it is, and how it gets there.

`python -m tests.system` installs what is missing with apt-get, when it may, and the locked npm packages; `make
test` begins with it. Without it, the tests that need a missing program are skipped and say so.
"""

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

# What is looked for -> the Debian package that holds it.
PACKAGES = {
    "chromium": "chromium",
    "nginx": "nginx-light",
    "node": "nodejs",
    "npm": "npm",
    "openssl": "openssl",
    "pgbouncer": "pgbouncer",
    "postgres": "postgresql",
    "systemd-analyze": "systemd",
}
NODE_DIR = Path(__file__).parent / "node"


@functools.cache
def program(name: str) -> Path | None:
    """The program's path, or None. PostgreSQL's server is in no PATH on Debian; the newest wins."""
    if name == "postgres":
        found = sorted(
            Path("/usr/lib/postgresql").glob("*/bin/postgres"),
            key=lambda path: int(path.parts[-3]),
        )
        return found[-1] if found else _which(name)
    if name in ("nginx", "pgbouncer"):
        return _which(name) or _which(f"/usr/sbin/{name}")  # not in everybody's PATH
    if name == "chromium":
        return _which("chromium") or _which("chromium-browser") or _which("google-chrome")
    return _which(name)


def _which(name: str) -> Path | None:
    found = shutil.which(name)
    return Path(found) if found else None


def install_missing() -> None:
    """Install the Debian packages that are missing, as root on a system with apt-get; else say which."""
    missing = sorted({PACKAGES[name] for name in PACKAGES if program(name) is None})
    if not missing:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        print(f"Not installed: {', '.join(missing)}. The tests that need them will be skipped.")
        return
    print(f"Installing {', '.join(missing)}.", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "-qq", "update"],
        ["apt-get", "-qq", "install", "--yes", "--no-install-recommends", *missing],
    ):
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        if done.returncode != 0:
            print(done.stdout[-2000:], done.stderr[-2000:], sep="\n")
            sys.exit(f"{' '.join(command)} failed with status {done.returncode}.")


def install_node_packages() -> None:
    """`npm ci` in tests/node, unless what is there came from this very lock file."""
    npm = program("npm")
    if npm is None:
        return
    lock = (NODE_DIR / "package-lock.json").read_bytes()
    stamp = NODE_DIR / "node_modules" / ".from-lock"
    if stamp.exists() and stamp.read_bytes() == lock:
        return
    print("Installing the npm packages of tests/node.", flush=True)
    command = [str(npm), "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    if subprocess.run(command, cwd=NODE_DIR, stdin=subprocess.DEVNULL).returncode != 0:
        sys.exit("npm ci failed.")
    stamp.write_bytes(lock)


if __name__ == "__main__":
    install_missing()
    install_node_packages()
