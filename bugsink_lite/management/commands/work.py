import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from bugsink_lite.background import Background


class Command(BaseCommand):
    help = "Digest the spools of the data directory without answering HTTP, until stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        background = Background(own_spool=False)
        background.start()
        self.stdout.write(f"digesting {settings.SPOOL_DIR}")
        stop.wait()
        background.stop()
