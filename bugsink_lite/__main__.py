"""The `bugsink-lite` command: Django's management commands, typed with dashes or underscores."""

import os
import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bugsink_lite.settings")
    args = list(sys.argv if argv is None else argv)
    if len(args) > 1 and not args[1].startswith("-"):
        args[1] = args[1].replace("-", "_")
    # A wrong setting is an answer to the person who typed it, not a traceback.
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db.utils import OperationalError

    try:
        execute_from_command_line(args)
    except ImproperlyConfigured as error:
        sys.exit(f"bugsink-lite: {error}")
    except OperationalError as error:
        # Gone, refusing or locked: nothing that a traceback would explain. The text names host and user, no password.
        reason = " ".join(str(error).split())
        sys.exit(f"bugsink-lite: the database that DATABASE_URL names cannot be used: {reason}")


if __name__ == "__main__":
    main()
