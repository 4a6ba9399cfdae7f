import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from projects.management.commands.create_admin import read_password
from projects.models import User


class Command(BaseCommand):
    help = "Set a user's password; a random one is made and printed if none is given."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the password from standard input"
        )

    def handle(self, *args: Any, email: str, password_stdin: bool, **options: Any) -> None:
        user = User.objects.filter(email=User.objects.normalize_email(email)).first()
        if user is None:
            raise CommandError(f"There is no user {email}.")
        given = read_password(password_stdin)
        password = given or secrets.token_urlsafe(15)
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        user.set_password(password)
        user.save(update_fields=["password"])
        # The first administrator's password lies in a file; an old password there would only mislead.
        kept = settings.DATA_DIR / "admin-password"
        if kept.is_file() and kept.read_text().split(" ")[0] == user.email:
            kept.unlink()
        self.stdout.write(f"The password of {user.email} is changed.")
        if not given:
            self.stdout.write(f"Password: {password}")
