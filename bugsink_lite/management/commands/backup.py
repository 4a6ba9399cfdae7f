import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bugsink_lite.backup.archive import BackupError
from bugsink_lite.backup.make import make


class Command(BaseCommand):
    help = (
        "Write database, spool, uploads and key into one file with checksums, while the server runs. The file holds "
        "secrets and raw events; only its owner can read it. Beside it there must be room for a copy of SQLite."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="must not be there; .tar.zst is a good ending")
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, file: Path, as_json: bool, **options: Any) -> None:
        try:
            manifest = make(file.absolute())
        except BackupError as error:
            raise CommandError(str(error)) from error
        size = file.stat().st_size
        if as_json:
            told = {"file": str(file.absolute()), "bytes": size, "made_at": manifest.made_at}
            self.stdout.write(json.dumps(told | {"engine": manifest.engine}))
        else:
            self.stdout.write(f"{file}: {size / 1e6:.1f} MB ({manifest.size / 1e6:.1f} MB inside)")
