"""The digest alone, in a process of its own without HTTP, on an empty database and data directory.

python -m bench.inside MODULE ARGUMENTS     # what `run` starts: main() of bench.MODULE
"""

import gc
import importlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def run(module: str, arguments: Sequence[str], database_url: str = "") -> None:
    """database_url: of an empty database; "" for SQLite in the data directory, which is removed afterwards."""
    data = tempfile.mkdtemp(prefix="bench-")
    environment = {
        **os.environ,
        "BUGSINK_LITE_DATA": data,
        "DJANGO_SETTINGS_MODULE": "bugsink_lite.settings",
        "LOG_LEVEL": "WARNING",
        "STORM_EVENTS": "0",  # every payload is stored
    }
    environment.pop("DATABASE_URL", None)
    if database_url:
        environment["DATABASE_URL"] = database_url
    command = [sys.executable, "-m", "bench.inside", module, *arguments]
    try:
        sys.stdout.flush()
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
    finally:
        shutil.rmtree(data, ignore_errors=True)


def main() -> None:
    # Django's settings belong to a process: what reads them is imported once they are there.
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    # As in a worker.
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    try:
        importlib.import_module(f"bench.{sys.argv[1]}").main(sys.argv[2:])
    finally:
        from ingest import pipeline

        pipeline.close()


if __name__ == "__main__":
    main()
