import json
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from projects import dsn
from projects.setup import create_project


class Command(BaseCommand):
    help = "Create a project with its first key, and print its DSN."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--slug", default="", help="default: made from the name")
        parser.add_argument("--platform", default="", help="python, javascript, node ...")
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(
        self, *args: Any, name: str, slug: str, platform: str, as_json: bool, **options: Any
    ) -> None:
        try:
            project = create_project(name, slug=slug, platform=platform)
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        key = project.keys.get()
        made = {
            "id": project.pk,
            "slug": project.slug,
            "dsn": dsn.build(settings.BASE_URL, key.public_key, project.pk),
        }
        self.stdout.write(json.dumps(made) if as_json else f"{project.slug}  {made['dsn']}")
