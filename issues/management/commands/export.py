import os
import sys
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from issues import exporting
from issues.models import Issue
from projects.models import Project


class Command(BaseCommand):
    help = (
        "Write the stored events of a project or of an issue as JSON lines, oldest first. "
        "Each line is {id, issue, received_at, event}; event is null where the payload was not kept. "
        "Stopped, go on with --after and the id of the last whole line."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--project", help="all events of the project with this slug")
        what.add_argument(
            "--issue", help="all events of this issue: its short id, or its number in the address"
        )
        parser.add_argument("--after", type=int, default=0, metavar="ID", help="only ids above it")
        parser.add_argument(
            "--output",
            type=Path,
            metavar="FILE",
            help="append to it; the default is standard output",
        )

    def handle(self, *args: Any, output: Path | None, after: int, **options: Any) -> None:
        project, issue = self._chosen(options["project"], options["issue"])
        after = max(after, 0)
        if output is None:
            self._write(sys.stdout.buffer, exporting.lines(project, issue, after=after))
            return
        try:
            # Even with --after: a line that was cut must not become one with the next.
            last = exporting.last_id(output)
            # Raw events: for nobody else's eyes.
            opened = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with open(opened, "ab") as file:
                lines = exporting.lines(project, issue, after=after or last)
                count = self._write(file, lines)
        except exporting.NotAnExport as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{output} cannot be written: {error.strerror}.") from error
        self.stderr.write(f"{count:,} events written to {output}.")

    def _write(self, file: IO[bytes], lines: Any) -> int:
        count = 0
        try:
            for line in lines:
                file.write(line)
                count += 1
                if count % 1000 == 0 and sys.stderr.isatty():
                    self.stderr.write(f"{count:,} events …")
            file.flush()
        except BrokenPipeError:
            sys.stderr.close()  # whoever reads has enough; Python would complain at its exit
        return count

    def _chosen(self, slug: str | None, name: str | None) -> tuple[Project, Issue | None]:
        if slug is not None:
            project = Project.objects.filter(slug=slug).first()
            if project is None:
                raise CommandError(f"There is no project {slug}.")
            return project, None
        issue = exporting.issue_named(name or "")
        if issue is None:
            raise CommandError(f"There is no issue {name}.")
        return issue.project, issue
