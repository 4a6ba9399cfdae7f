import json
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from api.tokens import create_token
from projects.models import User


class Command(BaseCommand):
    help = "Create an API token and print it, once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--scopes", required=True, help="separated by commas: event:read,org:read"
        )
        parser.add_argument("--user", help="e-mail of its owner; without: the organization's token")
        parser.add_argument("--name", default="", help="what it is for")
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(
        self, *args: Any, scopes: str, user: str | None, name: str, as_json: bool, **options: Any
    ) -> None:
        owner = None
        if user is not None:
            owner = User.objects.filter(email=User.objects.normalize_email(user)).first()
            if owner is None:
                raise CommandError(f"There is no user {user}.")
        wanted = [scope for scope in (part.strip() for part in scopes.split(",")) if scope]
        try:
            token = create_token(wanted, user=owner, name=name, now=timezone.now())
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        self.stdout.write(json.dumps({"token": token}) if as_json else token)
