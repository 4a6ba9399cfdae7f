import os
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connections

from bugsink_lite import first_run
from bugsink_lite.greeting import greeting, login_words
from bugsink_lite.notify import Notifier
from bugsink_lite.server import check_address, serve


class Command(BaseCommand):
    help = "Set up what is missing, say how to use it, and serve until stopped."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        os.umask(0o077)  # before the database is made
        notifier = Notifier.taken()
        check_address()
        notifier.tell(STATUS="Looking after the tables")
        first_run.migrate()
        first_run.collect_static()
        admin = first_run.first_admin()
        project = first_run.first_project()
        self.stdout.write(
            greeting(login_words(admin), first_run.project_dsn(project), project.name)
        )
        self.stdout.flush()
        # Workers open connections of their own after the fork.
        connections.close_all()
        serve(notifier)
