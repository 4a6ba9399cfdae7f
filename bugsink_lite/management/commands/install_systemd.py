from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from bugsink_lite import systemd


class Command(BaseCommand):
    help = "Print the units for systemd, or write them, with the paths of this installation."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        default = systemd.Choices(systemd.own_program())
        parser.add_argument("--write", action="store_true", help="write the files; needs root")
        parser.add_argument(
            "--directory", type=Path, default=systemd.UNITS_DIR, help="of the units; %(default)s"
        )
        parser.add_argument(
            "--program", type=Path, default=default.program, help="what is started; %(default)s"
        )
        parser.add_argument("--user", default=default.user, help="runs it; %(default)s")
        parser.add_argument(
            "--data", type=Path, default=default.data, help="the data directory; %(default)s"
        )
        parser.add_argument(
            "--env-file", type=Path, default=default.environment, help="settings; %(default)s"
        )
        parser.add_argument(
            "--listen",
            default=f"{settings.BIND}:{settings.PORT}",
            help="address of the socket unit; %(default)s",
        )

    def handle(
        self,
        *args: Any,
        write: bool,
        directory: Path,
        program: Path,
        user: str,
        data: Path,
        env_file: Path,
        listen: str,
        **options: Any,
    ) -> None:
        choices = systemd.Choices(program, user, data, env_file, listen)
        try:
            if not write:
                for name, text in systemd.units(choices).items():
                    self.stdout.write(f"# --- {directory / name}\n{text}")
                self.stdout.write(f"# --- {env_file} (mode 600)\n{systemd.environment_example()}")
                return
            for path in systemd.write(choices, directory):
                self.stdout.write(f"wrote {path}")
        except (ValueError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            "\nNow:\n"
            f"  useradd --system --home-dir {data} --shell /usr/sbin/nologin {user}   # once\n"
            f"  $EDITOR {env_file}\n"
            "  systemctl daemon-reload && systemctl enable --now bugsink-lite\n"
            f"  cat {data}/admin-password"
        )
