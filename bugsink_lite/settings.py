"""Every setting, from the environment, with safe defaults. docs/configuration.md explains each."""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from bugsink_lite import PACKAGE_DIR, ROOMS_DIR, __version__, sqlite_file
from bugsink_lite.environment import Environment
from ingest.sender import networks

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30

_env_file = os.environ.get("BUGSINK_LITE_ENV_FILE")
env = Environment(Path(_env_file) if _env_file else None)

VERSION = __version__

# --- where things are -------------------------------------------------------------------------

DATA_DIR = env.path("BUGSINK_LITE_DATA", Path("data"))
SPOOL_DIR = DATA_DIR / "spool"
try:
    # Readable by its owner only: the spool holds raw events.
    for _directory in (DATA_DIR, SPOOL_DIR):
        _directory.mkdir(mode=0o700, parents=True, exist_ok=True)
except OSError as error:
    raise ImproperlyConfigured(
        f"BUGSINK_LITE_DATA is {str(DATA_DIR)!r}; that directory cannot be made: {error.strerror}."
    ) from error


def _kept_secret(path: Path) -> str:
    """A random key, made once and kept in a file of mode 600."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        # Exclusive creation: of two processes that start at once one writes, both read the same.
        key = secrets.token_urlsafe(50)
        try:
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(key + "\n")
        except FileExistsError:
            return path.read_text().strip()
        return key


SECRET_KEY = env.text("SECRET_KEY", "") or _kept_secret(DATA_DIR / "secret-key")
if len(SECRET_KEY) < 32:
    raise ImproperlyConfigured(
        "SECRET_KEY is too short; it must be at least 32 random characters, or absent."
    )
DEBUG = env.flag("DEBUG", False)

# --- address ----------------------------------------------------------------------------------

PORT = env.number("PORT", 8000, low=1, high=65535)
BIND = env.text("BIND", "127.0.0.1")  # host only; the port is PORT
BASE_URL = env.url("BASE_URL", f"http://localhost:{PORT}")
_base = urlsplit(BASE_URL)
PATH_PREFIX = _base.path.rstrip("/")  # "" or "/errors"
HTTPS = _base.scheme == "https"

ALLOWED_HOSTS = [_base.hostname or "localhost", *env.words("ALLOWED_HOSTS", [])]
if _base.hostname in ("localhost", "127.0.0.1", "::1"):
    ALLOWED_HOSTS += ["localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = [f"{_base.scheme}://{_base.netloc}"]
FORWARDED_ALLOW_IPS = env.text("FORWARDED_ALLOW_IPS", "127.0.0.1,::1")  # proxies that are believed
try:
    TRUSTED_PROXIES = networks(FORWARDED_ALLOW_IPS)
except ValueError as error:
    raise ImproperlyConfigured(
        f"FORWARDED_ALLOW_IPS is {FORWARDED_ALLOW_IPS!r}; it must be addresses or networks, separated by commas."
    ) from error
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = env.number("HSTS_SECONDS", 0)  # seconds; 0 leaves it to the proxy
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = PATH_PREFIX + "/"
SESSION_ENGINE = "projects.sessions"
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "bugsink_lite_session", "bugsink_lite_csrf"
SESSION_COOKIE_AGE = env.number("SESSION_DAYS", 30, low=1, high=3650) * 86_400
FORCE_SCRIPT_NAME = PATH_PREFIX or None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"

# --- processes --------------------------------------------------------------------------------

WORKERS = env.number("WORKERS", 1, low=1, high=64)  # processes
THREADS = env.number("THREADS", 12, low=2, high=512)  # request threads of each process
GRACEFUL_SECONDS = env.number("GRACEFUL_SECONDS", 20, low=1, high=3600)
LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
LOG_FORMAT = env.choice("LOG_FORMAT", "text", ("text", "json"))

# --- monitoring -------------------------------------------------------------------------------

METRICS_TOKEN = env.text("METRICS_TOKEN", "")  # "": /metrics only for this machine, past the proxy
READY_LAG_SECONDS = env.number("READY_LAG_SECONDS", 300, low=1)  # longer in the spool: not ready
READY_FREE_BYTES = env.size("READY_FREE_BYTES", 256 * MIB)  # less on the disk: not ready

# --- ingest -----------------------------------------------------------------------------------

SPOOL_MAX_BYTES = env.size("SPOOL_MAX_BYTES", 2 * GIB, low=MIB)  # fuller: 429
SPOOL_SYNC = env.choice("SPOOL_SYNC", "full", ("full", "normal"))  # full: fsync before the 200
SPOOL_FILE_BYTES = 1 * MIB  # bodies above it lie as files beside the spool
QUARANTINE_MAX_BYTES = env.size("QUARANTINE_MAX_BYTES", 256 * MIB)
QUARANTINE_DAYS = env.number("QUARANTINE_DAYS", 30, low=1)
MAX_REQUEST_BYTES = env.size("MAX_REQUEST_BYTES", 20 * MIB, low=KIB)  # as sent
MAX_ENVELOPE_BYTES = env.size("MAX_ENVELOPE_BYTES", 100 * MIB, low=KIB)  # inflated
MAX_EVENT_BYTES = env.size("MAX_EVENT_BYTES", 1 * MIB, low=KIB)  # one event, inflated
MAX_ATTACHMENT_BYTES = env.size("MAX_ATTACHMENT_BYTES", 100 * MIB, low=0)  # larger: not kept
MAX_EVENT_ATTACHMENTS_BYTES = env.size(
    "MAX_EVENT_ATTACHMENTS_BYTES", 100 * MIB, low=0
)  # of one event, all together
TRIM = env.words("TRIM", [])  # name=number: of what is kept of an event; see issues.limits
LOGS_LEVEL = env.choice(
    "LOGS_LEVEL", "error", ("debug", "info", "warning", "error", "fatal")
)  # log lines below it are no events
LOGS_SLOW_STATEMENT_MS = env.number(
    "LOGS_SLOW_STATEMENT_MS", 5000
)  # as PostgreSQL logs it; 0: none
LOGS_MASK_LITERALS = env.flag("LOGS_MASK_LITERALS", True)  # in statements of PostgreSQL
KEY_CACHE_SECONDS = env.number("KEY_CACHE_SECONDS", 5, low=1, high=3600)
RATE_LIMIT_PER_MINUTE = env.number("RATE_LIMIT_PER_MINUTE", 0)  # requests, each process; 0: any
RATE_LIMIT_PER_HOUR = env.number("RATE_LIMIT_PER_HOUR", 0)  # requests, each process; 0: any
DIGEST_BATCH_RECORDS = env.number("DIGEST_BATCH_RECORDS", 200, low=1, high=10_000)
DIGEST_BATCH_BYTES = env.size("DIGEST_BATCH_BYTES", 8 * MIB, low=KIB)  # as spooled
DIGEST_WAIT_MS = env.number(
    "DIGEST_WAIT_MS", 200, low=1, high=60_000
)  # longest pause between batches
DIGEST = env.flag("DIGEST", True)  # off: this process accepts and never digests

UPLOADS_MAX_BYTES = env.size("UPLOADS_MAX_BYTES", 4 * GIB, low=MIB)  # source maps; fuller: 413

STORM_EVENTS = env.number("STORM_EVENTS", 1000)  # more of one issue are a storm; 0: never
STORM_MINUTES = env.number("STORM_MINUTES", 5, low=1, high=60)  # within so many
STORM_KEEP_EVERY = env.number("STORM_KEEP_EVERY", 100, low=1, high=10_000)  # events of a storm

# --- storage ----------------------------------------------------------------------------------

DATABASES = {"default": env.database("DATABASE_URL", f"sqlite:///{DATA_DIR / 'db.sqlite3'}")}
_db: dict[str, Any] = DATABASES["default"]
IS_SQLITE = _db["ENGINE"].endswith("sqlite3")
if IS_SQLITE:
    _db["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,  # seconds to wait for another writer
        "factory": sqlite_file.Connection,
        # FULL: the spool forgets a record once its batch is committed, so a commit must survive power loss.
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000;"
            "PRAGMA mmap_size=134217728; PRAGMA journal_size_limit=67108864"
        ),
    }
else:
    # A dead host must not hold a page for minutes, nor one that vanishes in a statement the digest for hours.
    _db["OPTIONS"] = {
        "connect_timeout": 5,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 60_000,
        **_db.get("OPTIONS", {}),
    }
    # pgbouncer in transaction mode has none.
    _db["DISABLE_SERVER_SIDE_CURSORS"] = True
    _db["CONN_HEALTH_CHECKS"] = True
_db["CONN_MAX_AGE"] = None if IS_SQLITE else 300
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- retention: what may stay; 0: no limit --------------------------------------------------------

RETENTION_DAYS = env.number("RETENTION_DAYS", 90, high=36_500)
# Of the first event of an issue, the latest, one of each release and environment, and those that somebody speaks of.
RETENTION_KEPT_DAYS = env.number("RETENTION_KEPT_DAYS", 365, high=36_500)
RETENTION_PROJECT_EVENTS = env.number("RETENTION_PROJECT_EVENTS", 0)
RETENTION_ISSUE_EVENTS = env.number("RETENTION_ISSUE_EVENTS", 0)
RETENTION_BYTES = env.size("RETENTION_BYTES", 0)  # of the database
RETENTION = env.flag("RETENTION", True)  # off: this process takes nothing

# --- the product ------------------------------------------------------------------------------

ORGANIZATION_SLUG = env.text("ORGANIZATION_SLUG", "bugsink")
ORGANIZATION_NAME = env.text("ORGANIZATION_NAME", "Bugsink Lite")
ADMIN_EMAIL = env.text("ADMIN_EMAIL", "admin@localhost")  # the first administrator's login
SENTRY_DSN = env.text("SENTRY_DSN", "")  # where the product reports its own errors

# --- mail -------------------------------------------------------------------------------------

EMAIL_URL = env.text("EMAIL_URL", "")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("DEFAULT_FROM_EMAIL", "bugsink-lite@localhost")
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
if EMAIL_URL:
    import environ

    try:
        globals().update(environ.Env.email_url_config(EMAIL_URL))
    except Exception as error:  # the library raises whatever the URL made it stumble over
        raise ImproperlyConfigured(
            "EMAIL_URL cannot be read; it must be smtp+tls://user:password@host:587 or alike."
        ) from error
EMAIL_TIMEOUT = 10  # seconds
# In between, the product notes whether the mail went out.
MAIL_BACKEND, EMAIL_BACKEND = EMAIL_BACKEND, "projects.mailing.Backend"

# --- what administrators are told -----------------------------------------------------------------

WARN_LAG_SECONDS = env.number("WARN_LAG_SECONDS", 300, low=1)  # that the oldest event waits
WARN_DISK_FREE = env.size("WARN_DISK_FREE", 2 * GIB)  # less on the data directory's disk

# --- alerts -----------------------------------------------------------------------------------

ALERT_MAILS_PER_HOUR = env.number(
    "ALERT_MAILS_PER_HOUR", 10, low=1, high=1000
)  # of a project to one person; then one summary
# Hosts and networks that are not public and may be sent alerts to all the same; see alerts.egress.
ALERT_ALLOW = env.words("ALERT_ALLOW", [])

# --- Django -----------------------------------------------------------------------------------

ROOT_URLCONF = "bugsink_lite.urls"
WSGI_APPLICATION = "bugsink_lite.wsgi.application"
INSTALLED_APPS = [
    "bugsink_lite.apps.BugsinkLiteConfig",
    "projects",
    "ingest",
    "issues",
    "alerts",
    "api",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # The list of issues is 80 KB of text, and many installations have no proxy that would compress it. Of a length that
    # differs each time, and the CSRF token is another in every page: neither can be guessed from it (BREACH).
    "django.middleware.gzip.GZipMiddleware",
    "bugsink_lite.middleware.SecurityHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "bugsink_lite.middleware.UserTimeZone",
    "projects.sessions.SeenMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOMS_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "bugsink_lite.context.product",
            ],
        },
    },
]
STATIC_URL = f"{PATH_PREFIX}/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [PACKAGE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
USE_TZ = True
USE_I18N = False
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"

# --- accounts ---------------------------------------------------------------------------------

AUTH_USER_MODEL = "projects.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "issues:home"
ACCOUNT_ADAPTER = "projects.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # a mail to any address that a stranger types
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": "10/m/ip,5/5m/key"}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"()": "bugsink_lite.logs.LineFormatter"},
        "json": {"()": "bugsink_lite.logs.JsonFormatter"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},  # a 404 is no news
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
}
