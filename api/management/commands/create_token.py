import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from api.scopes import PRESETS
from api.tokens import create_token
from projects.models import Project, User

# As they are typed: read-only, assistant, build, everything.
WORDS = {name.lower().replace(" ", "-"): scopes for name, scopes in PRESETS.items()}


class Command(BaseCommand):
    help = "Create an API token and print it, once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--scopes",
            required=True,
            help=f"separated by commas: event:read,org:read; or one of {', '.join(WORDS)}",
        )
        parser.add_argument("--user", help="e-mail of its owner; without: the organization's token")
        parser.add_argument("--name", default="", help="what it is for")
        parser.add_argument("--project", help="slug of the only project that it may touch")
        parser.add_argument("--days", type=int, help="how long it lasts; without: until revoked")
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(
        self,
        *args: Any,
        scopes: str,
        user: str | None,
        name: str,
        project: str | None,
        days: int | None,
        as_json: bool,
        **options: Any,
    ) -> None:
        owner = None
        if user is not None:
            owner = User.objects.filter(email=User.objects.normalize_email(user)).first()
            if owner is None:
                raise CommandError(f"There is no user {user}.")
        only = None
        if project is not None:
            only = Project.objects.filter(slug=project).first()
            if only is None:
                raise CommandError(f"There is no project {project}.")
        if days is not None and not 1 <= days <= 36_500:
            raise CommandError("--days: 1 to 36500.")
        now = timezone.now()
        wanted: Sequence[str] = [
            scope for scope in (part.strip() for part in scopes.split(",")) if scope
        ]
        if len(wanted) == 1 and wanted[0] in WORDS:
            wanted = WORDS[wanted[0]]
        try:
            token = create_token(
                wanted,
                user=owner,
                name=name,
                now=now,
                project=only,
                expires_at=now + timedelta(days=days) if days is not None else None,
            )
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        self.stdout.write(json.dumps({"token": token}) if as_json else token)
