from typing import Any

from django.core.management.base import BaseCommand
from django.db import connections

from bugsink_lite.server import serve


class Command(BaseCommand):
    help = "Serve until stopped. Expects the tables and static files that `run` or `migrate` make."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        connections.close_all()
        serve()
