"""The product's settings under test: a data directory of their own, and what makes tests quick."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_data = Path(tempfile.mkdtemp(prefix="bugsink-lite-tests-"))
atexit.register(shutil.rmtree, _data, ignore_errors=True)

# Whatever the developer's shell sets must not reach the tests. DATABASE_URL is how a run chooses its database.
for _name in ("BASE_URL", "BIND", "BUGSINK_LITE_ENV_FILE", "DEBUG", "EMAIL_URL", "PORT"):
    os.environ.pop(_name, None)
os.environ["BUGSINK_LITE_DATA"] = str(_data)
os.environ["SECRET_KEY"] = "for-tests-only-" * 4
os.environ["SENTRY_DSN"] = ""

from bugsink_lite.settings import *  # noqa: E402, F403
from bugsink_lite.settings import DATABASES, IS_SQLITE, STATIC_ROOT, STORAGES  # noqa: E402

if IS_SQLITE:
    # A file, as in production: threads share it, and its locks are the real ones.
    DATABASES["default"]["TEST"] = {"NAME": str(_data / "test.sqlite3")}
STATIC_ROOT.mkdir()
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
