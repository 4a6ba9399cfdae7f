from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ingest.trial import TrialError, send_test_event


class Command(BaseCommand):
    help = "Send an error with a stack trace to a DSN, as an SDK would, and say what came back."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dsn")

    def handle(self, *args: Any, dsn: str, **options: Any) -> None:
        try:
            event_id = send_test_event(dsn)
        except TrialError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"accepted as {event_id}")
