import getpass
import secrets
import sys
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from projects.setup import create_admin


class Command(BaseCommand):
    help = "Create an administrator of the installation."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the password from standard input"
        )

    def handle(self, *args: Any, email: str, password_stdin: bool, **options: Any) -> None:
        password = read_password(password_stdin)
        made = password or secrets.token_urlsafe(15)
        try:
            user = create_admin(email, made)
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        self.stdout.write(f"{user.email} administrates this installation.")
        if not password:
            self.stdout.write(f"Password: {made}")


def read_password(from_stdin: bool) -> str:
    """From standard input, or asked for at a terminal; "" if there is neither."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    if sys.stdin.isatty():
        return getpass.getpass("Password (empty: make one): ")
    return ""
