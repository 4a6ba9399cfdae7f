from contextlib import closing
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from ingest import pipeline
from ingest.spool import SpoolReader, spool_files


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
            with closing(SpoolReader(path)) as reader:
                records, size = reader.backlog()
            self.stdout.write(f"{path.name}: {records} records, {size / 1e6:.1f} MB")
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
