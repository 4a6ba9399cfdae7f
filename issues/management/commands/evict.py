import json
import sys
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from issues.retention import passes, space
from issues.retention.lease import LeaseLost, claim
from issues.retention.passes import Tally
from projects.models import Project


class Command(BaseCommand):
    help = (
        "Take the events that retention no longer covers: by age, by number, by bytes. "
        "Counts, users, tags and charts stay. A running server does it by itself every hour."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would go, take nothing"
        )
        parser.add_argument("--project", help="only this project's, by its slug; not by bytes")
        parser.add_argument("--json", action="store_true", dest="as_json")
        parser.add_argument(
            "--pause", type=int, default=100, metavar="MS", help="between two steps; 100"
        )
        parser.add_argument(
            "--vacuum",
            action="store_true",
            help="SQLite: then write the file anew; needs as much room again, and nothing is stored meanwhile",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        projects = None
        if options["project"]:
            projects = list(Project.objects.filter(slug=options["project"]))
            if not projects:
                raise CommandError(f"There is no project {options['project']}.")
        if options["pause"] < 0:
            raise CommandError("--pause cannot be negative.")
        if options["dry_run"]:
            tally, _ = passes.dry_run(timezone.now(), projects=projects)
        else:
            tally = self._evict(projects, options["pause"] / 1000, options["as_json"])
        if options["vacuum"] and not options["dry_run"]:
            if not settings.IS_SQLITE:
                raise CommandError("--vacuum is for SQLite; PostgreSQL: see docs/operations.md.")
            space.vacuum()
        self._tell(tally, options["dry_run"], options["as_json"])

    def _evict(self, projects: list[Project] | None, pause: float, as_json: bool) -> Tally:
        lease = claim(passes.NAME, timezone.now())
        if lease is None:
            raise CommandError("A running server is at it. Its progress stands on the System page.")
        tally, shown = Tally(), time.monotonic()
        try:
            for step in passes.hold(lease, projects=projects):
                tally.events[step.reason] += step.events
                tally.bytes += step.bytes
                if not as_json and time.monotonic() - shown >= 1:
                    shown = time.monotonic()
                    self.stderr.write(f"{tally.total:,} events have left …")
                time.sleep(pause)
        except LeaseLost as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            self._tell(tally, False, as_json)
            sys.exit(130)
        while space.give_back(0.2):
            time.sleep(pause)
        return tally

    def _tell(self, tally: Tally, dry_run: bool, as_json: bool) -> None:
        by_reason = {reason.value: count for reason, count in sorted(tally.events.items())}
        if as_json:
            found = {
                "events": tally.total,
                "bytes": tally.bytes,
                "by": by_reason,
                "dry_run": dry_run,
            }
            self.stdout.write(json.dumps(found))
            return
        words = "would leave" if dry_run else "have left"
        self.stdout.write(f"{tally.total:,} events {words}, {tally.bytes / 1e6:.1f} MB.")
        for reason, count in by_reason.items():
            self.stdout.write(f"  {count:,} by {reason}")
