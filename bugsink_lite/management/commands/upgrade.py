import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from bugsink_lite import first_run
from bugsink_lite.upgrading import outlook

PENDING = 3  # exit status of --check


class Command(BaseCommand):
    help = (
        "Bring tables and static files up to date, as a start with `run` does; --check only says what that would "
        "take, and exits with 0 when there is nothing to do, with 3 when there is."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing")
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, check: bool, as_json: bool, **options: Any) -> None:
        found = outlook()
        if as_json:
            self.stdout.write(json.dumps(found.as_json()))
        elif not found.steps:
            self.stdout.write("The tables are up to date.")
        else:
            for step in found.steps:
                self.stdout.write(f"{step.name}  {step.bytes / 1e6:.0f} MB, {step.seconds:.1f} s")
                for line in step.does:
                    self.stdout.write(f"    {line}")
            self.stdout.write(
                f"{len(found.steps)} migrations, at most some {found.seconds} s and "
                f"{found.disk / 1e6:.0f} MB of disk beside the database"
                + ("" if found.fits else f"; THERE ARE ONLY {found.free / 1e6:.0f} MB")
            )
        if check:
            if found.steps:
                sys.exit(PENDING)
            return
        first_run.migrate()
        first_run.collect_static()
        if not as_json and found.steps:
            self.stdout.write("Done.")
