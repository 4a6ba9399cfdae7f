from contextlib import closing
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from ingest import pipeline, salvage
from ingest.spool import SpoolDamaged, SpoolReader
from ingest.spool_files import spool_files


class Command(BaseCommand):
    help = "Show what waits in the spools and what is in quarantine; replay the quarantine."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("status", help="what waits, and what is in quarantine")
        replay = actions.add_parser("replay", help="give quarantined records another try")
        replay.add_argument("--project", type=int, help="only this project's, by its number")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        if action == "replay":
            self._replay(options["project"])
        else:
            self._status()

    def _status(self) -> None:
        for path in spool_files(settings.SPOOL_DIR):
            try:
                with closing(SpoolReader(path)) as reader:
                    records, size = reader.backlog()
            except SpoolDamaged as error:
                self.stdout.write(f"damaged, a running server will salvage it: {error}")
                continue
            self.stdout.write(f"{path.name}: {records} records, {size / 1e6:.1f} MB")
        for report in salvage.reports(settings.SPOOL_DIR):
            found = "not read yet"
            if report.saved is not None:
                found = f"{report.saved} records saved, {report.bodiless} without their body, {report.missing} missing"
            self.stdout.write(f"{report.name}: {found} ({report.reason})")
        for project, count in sorted(pipeline.quarantine().counts().items()):
            self.stdout.write(f"quarantine, project {project}: {count} records")
        for entry in pipeline.quarantine().list(limit=10):
            self.stdout.write(
                f"  {entry.id} project {entry.record.project_id} {entry.reason}: {entry.detail}"
            )

    def _replay(self, project: int | None) -> None:
        count = 0
        for entry in pipeline.quarantine().take(project):
            pipeline.spool().append(entry.record)
            count += 1
        pipeline.close()
        self.stdout.write(f"{count} records are back in the spool; a running server digests them.")
