from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from bugsink_lite import first_run
from bugsink_lite.demo.fill import AlreadyThere, fill

MOST = 1_000_000


class Command(BaseCommand):
    help = "Fill the installation with a made-up shop: three projects and two weeks of errors."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--events", type=int, default=5000, help="how many, about; default 5000"
        )
        parser.add_argument("--again", action="store_true", help="add to an earlier demo")
        parser.add_argument("--seed", type=int, default=7, help="another shop")

    def handle(self, *args: Any, events: int, again: bool, seed: int, **options: Any) -> None:
        if not 1 <= events <= MOST:
            raise CommandError(f"--events is a number from 1 to {MOST:,}.")
        first_run.migrate()
        try:
            made = fill(
                events=events, again=again, now=timezone.now(), seed=seed, tell=self.stdout.write
            )
        except AlreadyThere as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{made.events} events stored; {made.projects} projects hold {made.issues} issues."
        )
