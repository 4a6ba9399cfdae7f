import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bugsink_lite.backup.archive import BackupError
from bugsink_lite.backup.restore import check, restore


class Command(BaseCommand):
    help = (
        "Bring back what `backup` wrote, into an empty installation that does not run, on the same kind of database. "
        "The next `run` applies newer migrations."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--verify", action="store_true", help="only look whether the file is whole"
        )
        parser.add_argument(
            "--overwrite", action="store_true", help="replace the installation that is there"
        )
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(
        self,
        *args: Any,
        file: Path,
        verify: bool,
        overwrite: bool,
        as_json: bool,
        **options: Any,
    ) -> None:
        try:
            path = file.absolute()
            manifest = check(path) if verify else restore(path, overwrite=overwrite)
        except BackupError as error:
            raise CommandError(str(error)) from error
        told = {
            "made_at": manifest.made_at,
            "version": manifest.product,
            "engine": manifest.engine,
            "bytes": manifest.size,
        }
        if as_json:
            self.stdout.write(json.dumps(told))
            return
        done = "is whole" if verify else "is restored"
        self.stdout.write(
            f"{file} {done}: {manifest.engine}, {manifest.size / 1e6:.1f} MB, "
            f"made by version {manifest.product} at {manifest.made_at}"
        )
