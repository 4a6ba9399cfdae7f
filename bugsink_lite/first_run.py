"""What a fresh installation needs: tables, static files, an administrator, a project."""

import hashlib
import os
import secrets
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from projects import dsn
from projects.models import Project, User
from projects.setup import create_admin, create_project

PASSWORD_FILE = "admin-password"


def migrate() -> bool:
    """Whether there was anything to do."""
    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return False
    call_command("migrate", verbosity=0, interactive=False)
    return True


def collect_static() -> bool:
    """Copy and hash the static files into the data directory, if they changed. Whether they had."""
    mark = settings.STATIC_ROOT / ".sources"
    state = _static_state()
    if mark.is_file() and mark.read_text() == state:
        return False
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    mark.write_text(state)
    return True


def _static_state() -> str:
    digest = hashlib.sha256(settings.VERSION.encode())
    for finder in finders.get_finders():
        for path, storage in finder.list(["CVS", ".*", "*~"]):
            stat = Path(storage.path(path)).stat()
            digest.update(f"{path} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def first_admin() -> tuple[str, str] | None:
    """Make an administrator if there is none: (e-mail, password), kept in a file of mode 600."""
    # Others may be there: `demo` makes people, too.
    if User.objects.filter(is_admin=True).exists():
        return None
    password = secrets.token_urlsafe(15)
    email = User.objects.normalize_email(settings.ADMIN_EMAIL)
    path = settings.DATA_DIR / PASSWORD_FILE
    path.unlink(missing_ok=True)
    # First the file: killed in between, the next start begins anew instead of knowing no password.
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{email} {password}\n")
        file.flush()
        os.fsync(file.fileno())
    user = create_admin(settings.ADMIN_EMAIL, password)
    return user.email, password


def first_project() -> Project:
    """The oldest project, made if there is none."""
    project = Project.objects.order_by("pk").first()
    return project or create_project("My app")


def project_dsn(project: Project) -> str:
    """The DSN to show; "" when every key is switched off."""
    key = project.keys.filter(is_active=True).first()
    return dsn.build(settings.BASE_URL, key.public_key, project.pk) if key else ""
