"""What `run` prints: where to go, how to log in, how to send the first event."""

import os

from django.conf import settings

from bugsink_lite.first_run import PASSWORD_FILE
from projects import dsn as dsns


def login_words(made: tuple[str, str] | None) -> str:
    """made: e-mail and password of an administrator made just now."""
    kept = settings.DATA_DIR / PASSWORD_FILE
    # What goes to the system's journal stays there, and others may read it.
    if made is not None and "JOURNAL_STREAM" not in os.environ:
        email, password = made
        return (
            f"{email}   password: {password}\n"
            f"          kept in {kept}\n"
            f"          `bugsink-lite set-password {email}` changes it"
        )
    if kept.is_file():
        return f"the e-mail and password are in {kept}"
    return "with your e-mail and password"


def greeting(login: str, dsn: str, project: str) -> str:
    """dsn: "" when the project has no key to show."""
    lines = [
        "",
        f"Bugsink Lite {settings.VERSION}",
        f"  Open    {settings.BASE_URL}/",
        f"  Log in  {login}",
    ]
    if dsn:
        target = dsns.parse(dsn)
        store = f"{target.base_url}/api/{target.project_id}/store/?sentry_key={target.public_key}"
        python = f"import sentry_sdk as s; s.init('{dsn}'); s.capture_message('Hello')"
        lines += [
            f"  DSN     {dsn}   ({project})",
            f'  Python  pip install sentry-sdk; python3 -c "{python}"',
            f"  curl    curl '{store}' -d '{{\"message\": \"Hello\"}}'",
        ]
    lines += [f"  Data    {settings.DATA_DIR}", "  Stop    Ctrl-C", ""]
    return "\n".join(lines)
