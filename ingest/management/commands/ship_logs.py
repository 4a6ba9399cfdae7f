import signal
import socket
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ingest.decoders.auto import FORMATS
from ingest.follow import Positions
from ingest.ship import Sender, Shipper, target

PAUSE = 1.0  # seconds between two looks at files that do not grow


class Command(BaseCommand):
    help = "Follow log files, also when they are rotated, and send their errors to a project."
    requires_system_checks: list[str] = []  # needs no database: the server may be another machine

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", help="files or patterns; quote a pattern")
        parser.add_argument("--dsn", required=True, help="where to; of the project's settings")
        parser.add_argument("--format", default="", choices=("", *FORMATS))
        parser.add_argument("--level", default="", help="the lowest that becomes an event")
        parser.add_argument("--environment", default="")
        parser.add_argument("--release", default="")
        parser.add_argument("--service", default="")
        parser.add_argument(
            "--positions", type=Path, default=Path("ship-logs.json"), help="file to keep them in"
        )
        parser.add_argument(
            "--from-start", action="store_true", help="also what is in the files already"
        )
        parser.add_argument(
            "--once", action="store_true", help="send what there is and end; 1 if lines were lost"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        query = {name: options[name] for name in ("level", "environment", "release", "service")}
        try:
            to = target(options["dsn"], options["format"], **query)
        except ValueError as error:
            raise CommandError(f"This is no DSN: {error}") from error
        stop = threading.Event()

        def stopped(signum: int, frame: FrameType | None) -> None:
            stop.set()

        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, stopped)
        sender = Sender(to, stop, self._say)
        shipper = Shipper(
            options["paths"],
            Positions(options["positions"]),
            sender,
            host=socket.gethostname(),
            from_start=options["from_start"] or options["once"],
        )
        try:
            self._run(shipper, stop, once=options["once"])
        except OSError as error:
            raise CommandError(str(error)) from error
        finally:
            shipper.close()
        told = sender.result
        self.stdout.write(
            f"{told.accepted} events, {told.ignored} lines ignored, {told.duplicates} repeated, "
            f"{told.rejected} not understood, {told.lost} lost"
        )
        if options["once"] and told.lost:
            sys.exit(1)

    def _run(self, shipper: Shipper, stop: threading.Event, *, once: bool) -> None:
        while not stop.is_set():
            if not shipper.round(final=once):
                if once:
                    return
                stop.wait(PAUSE)

    def _say(self, text: str) -> None:
        self.stderr.write(text)
        self.stderr.flush()
