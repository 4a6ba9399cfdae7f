import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from bugsink_lite import checkup

_MARKS = {checkup.OK: "ok     ", checkup.WARNING: "warning", checkup.ERROR: "ERROR  "}


class Command(BaseCommand):
    help = (
        "Look at database, disk, spool, address, clock, proxy, mail and permissions, and say how to mend what is "
        "wrong. Changes nothing. Exit status: 0 when nothing is wrong, 1 with errors, with --strict also for warnings."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json")
        parser.add_argument("--strict", action="store_true", help="warnings are errors")

    def handle(self, *args: Any, as_json: bool, strict: bool, **options: Any) -> None:
        findings = checkup.examine()
        if as_json:
            self.stdout.write(json.dumps(checkup.as_json(findings), indent=2))
        else:
            for each in findings:
                self.stdout.write(f"{_MARKS[each.level]}  {each.area:12} {each.text}")
                if each.fix:
                    self.stdout.write(f"{'':23}{each.fix}")
        bad = {checkup.ERROR, checkup.WARNING} if strict else {checkup.ERROR}
        if any(each.level in bad for each in findings):
            sys.exit(1)
