import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from bugsink_lite.stats import installation_stats


class Command(BaseCommand):
    help = "How much is stored, and how much waits in the spool."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, as_json: bool, **options: Any) -> None:
        stats = installation_stats()
        if as_json:
            self.stdout.write(json.dumps(stats))
            return
        for name, value in stats.items():
            self.stdout.write(f"{name:16} {value}")
