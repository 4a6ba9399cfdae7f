"""`bugsink-lite doctor`: looks at everything that an installation stands on, and says how to mend what is wrong."""

import os
import platform
import shutil
import smtplib
import ssl
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

import django
import gunicorn
from django.conf import settings
from django.core import mail
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from bugsink_lite.metrics import database_bytes
from ingest import gauges, pipeline, salvage
from ingest.spool_files import lock_file
from projects.models import User

OK, WARNING, ERROR = "ok", "warning", "error"
PATIENCE = 5.0  # seconds, for whoever is asked over the network
MOST_CLOCK_DRIFT = 5.0  # seconds
OLDEST_POSTGRESQL = 130_000


@dataclass(frozen=True, slots=True)
class Finding:
    """area: what was looked at. fix: what to do, "" where there is nothing."""

    area: str
    level: str
    text: str
    fix: str = ""


Look = Callable[[], Iterator[Finding]]


def examine() -> list[Finding]:
    found: list[Finding] = []
    for area, look in LOOKS.items():
        try:
            found += look()
        except Exception as error:
            text = f"could not be looked at: {type(error).__name__}: {' '.join(str(error).split())}"
            found.append(Finding(area, ERROR, text, "Mend what stands above first."))
    return found


def as_json(findings: Sequence[Finding]) -> dict[str, object]:
    worst = max((LEVELS.index(each.level) for each in findings), default=0)
    return {"status": LEVELS[worst], "findings": [asdict(each) for each in findings]}


LEVELS = (OK, WARNING, ERROR)


# --- versions ----------------------------------------------------------------------------------


def _versions() -> Iterator[Finding]:
    text = f"Bugsink Lite {settings.VERSION}, Python {platform.python_version()}, "
    text += f"Django {django.get_version()}, gunicorn {gunicorn.__version__}"
    yield Finding("versions", OK, text)
    if settings.DEBUG:
        fix = "Remove DEBUG from the settings: its pages show secrets to whoever meets an error."
        yield Finding("versions", ERROR, "DEBUG is on", fix)


# --- disk and permissions ------------------------------------------------------------------------


def _permissions() -> Iterator[Finding]:
    data: Path = settings.DATA_DIR
    private = [data, settings.SPOOL_DIR]
    private += [data / name for name in ("secret-key", "admin-password")]
    wide = [path for path in private if path.exists() and _mode(path) & 0o077]
    for path in wide:
        fix = f"chmod {'700' if path.is_dir() else '600'} {path}"
        yield Finding("permissions", ERROR, f"{path} is open to others: {_mode(path):o}", fix)
    foreign = [path for path in private if path.exists() and path.stat().st_uid != os.geteuid()]
    for path in foreign:
        fix = f"Run this as the user of the service, or: chown -R USER {data}"
        yield Finding("permissions", WARNING, f"{path} belongs to another user than me", fix)
    if not os.access(data, os.W_OK):
        yield Finding("permissions", ERROR, f"{data} cannot be written", f"chown -R USER {data}")
    elif not wide and not foreign:
        yield Finding("permissions", OK, f"{data} is for its owner only")
    if (data / "admin-password").exists():
        fix = f"Change it with `bugsink-lite set-password`, then: rm {data / 'admin-password'}"
        yield Finding("permissions", WARNING, "the first password still lies on the disk", fix)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _disk() -> Iterator[Finding]:
    usage = shutil.disk_usage(settings.DATA_DIR)
    share = usage.free / usage.total
    text = f"{usage.free / 1e9:.1f} GB free ({share:.0%}) on the disk of {settings.DATA_DIR}"
    level = OK
    if usage.free < settings.READY_FREE_BYTES:
        level = ERROR
    elif share < 0.1 or usage.free < settings.SPOOL_MAX_BYTES:
        level = WARNING
    fix = "Make room: less retention, a larger disk. Below 64 MiB events are refused."
    yield Finding("disk", level, text, "" if level == OK else fix)


# --- the database --------------------------------------------------------------------------------


def _database() -> Iterator[Finding]:
    try:
        connection.ensure_connection()
    except Exception as error:
        text = f"cannot be reached: {' '.join(str(error).split())}"
        fix = "Look at DATABASE_URL, whether the server runs, and its pg_hba.conf. Special characters "
        fix += "of a password are percent-encoded."
        yield Finding("database", ERROR, text, fix)
        return
    size = f"{database_bytes() / 1e6:.0f} MB"
    if connection.vendor == "sqlite":
        import sqlite3

        yield Finding("database", OK, f"SQLite {sqlite3.sqlite_version}, {size}")
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA journal_mode")
            mode = cursor.fetchone()[0]
        if mode != "wal":
            fix = "The data directory must lie on a local disk: SQLite's log needs shared memory."
            yield Finding("database", ERROR, f"the journal mode is {mode}, not wal", fix)
    else:
        yield from _postgresql(size)
    executor = MigrationExecutor(connection)
    pending = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if pending:
        fix = "`bugsink-lite upgrade --check` says what they do; a start with `run` applies them."
        yield Finding("database", ERROR, f"{pending} migrations are not applied", fix)
    elif not User.objects.filter(is_admin=True, is_active=True).exists():
        fix = "bugsink-lite create-admin EMAIL"
        yield Finding("database", WARNING, "nobody administrates this installation", fix)


def _postgresql(size: str) -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version_num')::int, current_setting('server_version'), "
            "rolsuper, current_setting('fsync') FROM pg_roles WHERE rolname = current_user"
        )
        number, version, is_superuser, fsync = cursor.fetchone()
    yield Finding("database", OK, f"PostgreSQL {version}, {size}")
    if number < OLDEST_POSTGRESQL:
        fix = "PostgreSQL 13 or newer is needed."
        yield Finding("database", ERROR, f"PostgreSQL {version} is too old", fix)
    if is_superuser:
        fix = "Use a role of its own: sql/00-init-extensions.sql makes one."
        yield Finding("database", WARNING, "the role is a superuser", fix)
    if fsync != "on":
        fix = "Set fsync = on: the spool forgets what the database says it has kept."
        yield Finding("database", ERROR, "the database does not wait for its disk", fix)


# --- the spool ---------------------------------------------------------------------------------------


def _spool() -> Iterator[Finding]:
    found = gauges.waiting(settings.SPOOL_DIR)
    age = max(0.0, time.time() - found.oldest_at) if found.oldest_at is not None else 0.0
    text = f"{found.records} requests wait, {found.bytes / 1e6:.1f} MB, the oldest for {age:.0f} s"
    lock = lock_file(settings.SPOOL_DIR / "digest.lock")
    if lock is not None:
        lock.close()
        if found.records:
            fix = "Start the server, or `bugsink-lite work`."
            yield Finding("spool", WARNING, f"nobody digests; {text}", fix)
        else:
            yield Finding("spool", OK, "empty; no server runs here at the moment")
    elif age > settings.READY_LAG_SECONDS:
        fix = (
            "Look at the log: the database is away or too slow, or more comes in than it can take."
        )
        yield Finding("spool", ERROR, text, fix)
    else:
        yield Finding("spool", OK, text)
    if found.bytes > settings.SPOOL_MAX_BYTES * 0.8:
        yield Finding("spool", ERROR, "nearly full: SDKs are soon told to wait", "See above.")
    kept = sum(pipeline.quarantine().counts().values())
    if kept:
        fix = "`bugsink-lite spool status` says why; `spool replay` tries again."
        yield Finding("spool", WARNING, f"{kept} requests could not be digested", fix)
    damaged = len(list(salvage.reports(settings.SPOOL_DIR)))
    if damaged:
        fix = "Look at the disk (`dmesg`, `smartctl`), then delete spool/*.damaged-*."
        yield Finding("spool", WARNING, f"{damaged} spool files were damaged", fix)


# --- address, clock, proxy --------------------------------------------------------------------------


def _address() -> Iterator[Finding]:
    base = urlsplit(settings.BASE_URL)
    host = base.hostname or ""
    if host in ("localhost", "127.0.0.1", "::1"):
        fix = "Set BASE_URL to the address that browsers and SDKs use; DSNs and mails contain it."
        yield Finding("address", WARNING, f"BASE_URL is {settings.BASE_URL}", fix)
    elif base.scheme == "http":
        fix = "Put a proxy with TLS in front (docs/install.md), and https into BASE_URL."
        yield Finding("address", WARNING, f"{settings.BASE_URL}: passwords travel in clear", fix)
    asked = "bugsink-lite-doctor"
    try:
        response, body = _get(settings.BASE_URL + "/health/live", {"X-Request-ID": asked})
    except ssl.SSLError as error:
        fix = "Renew the certificate, or install its authority on this machine."
        yield Finding("address", ERROR, f"{settings.BASE_URL}: {error.reason}", fix)
        return
    except (OSError, HTTPException) as error:
        fix = (
            "Start the server, look at the proxy, DNS and firewall. A proxy that cannot be reached "
        )
        fix += "from this machine itself is no fault."
        text = f"{settings.BASE_URL} does not answer: {error}"
        yield Finding("address", WARNING, text, fix)
        return
    if response.status != 200 or b'"ok"' not in body:
        fix = "Something else answers there: look at the proxy's target, and at BASE_URL's path."
        text = f"{settings.BASE_URL}/health/live answers {response.status}"
        yield Finding("address", ERROR, text, fix)
        return
    yield Finding("address", OK, f"{settings.BASE_URL} answers")
    yield from _clock(response.headers.get("Date", ""))
    yield from _proxy()


def _clock(date: str) -> Iterator[Finding]:
    """Against whoever answered: another machine's proxy, or ourselves."""
    now = time.time()
    if now < 1_700_000_000:
        yield Finding(
            "clock", ERROR, "this machine's clock is years behind", "Start chrony or ntpd."
        )
        return
    try:
        drift = abs(now - parsedate_to_datetime(date).timestamp())
    except ValueError:
        return
    if drift > MOST_CLOCK_DRIFT:
        text = f"differs by {drift:.0f} s from that of {settings.BASE_URL}"
        yield Finding("clock", ERROR, text, "Start chrony or systemd-timesyncd on both machines.")
    else:
        yield Finding("clock", OK, "agrees with the address' own")


def _proxy() -> Iterator[Finding]:
    """What the sign-in page says about itself shows whether the proxy hands on what it must."""
    response, _ = _get(settings.BASE_URL + "/accounts/login/", {})
    where = response.headers.get("Location", "")
    if response.status == 400:
        fix = "The proxy must hand on the Host header: `proxy_set_header Host $host;`"
        yield Finding("proxy", ERROR, "pages are answered with 400", fix)
    elif response.status in (301, 302, 307, 308):
        fix = "Let the proxy redirect http to https, and hand on X-Forwarded-Proto."
        yield Finding("proxy", ERROR, f"the sign-in page redirects to {where}", fix)
    elif response.status != 200:
        text = f"the sign-in page is answered with {response.status}"
        yield Finding("proxy", ERROR, text, "Look at the log of the server and of the proxy.")
    elif settings.HTTPS and "secure" not in response.headers.get("Set-Cookie", "secure").lower():
        yield Finding("proxy", ERROR, "cookies are not for https only", "Set https in BASE_URL.")
    else:
        yield Finding("proxy", OK, "host and scheme arrive")
    if settings.METRICS_TOKEN == "" and _get(settings.BASE_URL + "/metrics", {})[0].status == 200:
        host = urlsplit(settings.BASE_URL).hostname
        if host not in ("localhost", "127.0.0.1", "::1"):
            fix = "Let the proxy add X-Forwarded-For, or set METRICS_TOKEN."
            yield Finding("proxy", ERROR, "/metrics is open to everybody", fix)
    large = settings.MAX_REQUEST_BYTES
    if (status := _post_length(min(large, 20 << 20))) == 413:
        fix = f"The proxy refuses bodies of {large} bytes: `client_max_body_size {large >> 20}m;`"
        yield Finding("proxy", WARNING, f"large events are answered with {status}", fix)


def _get(url: str, headers: dict[str, str]) -> tuple[HTTPResponse, bytes]:
    made, path = _connection(url)
    try:
        made.request("GET", path, headers=headers)
        response = made.getresponse()
        return response, response.read(1 << 20)
    finally:
        made.close()


def _post_length(size: int) -> int:
    """The answer to a body of this length, by its length alone: nothing of it is sent."""
    made, path = _connection(settings.BASE_URL + "/api/1/envelope/")
    try:
        made.putrequest("POST", path)
        made.putheader("Content-Length", str(size))
        made.putheader("Expect", "100-continue")
        made.endheaders()
        return made.getresponse().status
    except (OSError, HTTPException):
        return 0  # it waits for the body: that is what was asked
    finally:
        made.close()


def _connection(url: str) -> tuple[HTTPConnection, str]:
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    return kind(parts.hostname or "", parts.port, timeout=PATIENCE), parts.path or "/"


# --- mail ------------------------------------------------------------------------------------------------


def _mail() -> Iterator[Finding]:
    if not settings.EMAIL_URL:
        fix = "Set EMAIL_URL; until then invitations work by link, and alerts have no mail."
        yield Finding("mail", WARNING, "no mail is sent", fix)
        return
    where = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    backend = mail.get_connection(timeout=PATIENCE)
    try:
        backend.open()
        backend.close()
    except (TimeoutError, OSError, smtplib.SMTPException) as error:
        fix = "Look at EMAIL_URL: host, port, smtp+tls or smtp+ssl, user and password."
        yield Finding("mail", ERROR, f"{where}: {' '.join(str(error).split())}", fix)
        return
    yield Finding("mail", OK, f"{where} lets us in")
    if settings.DEFAULT_FROM_EMAIL.endswith("@localhost"):
        fix = "Set DEFAULT_FROM_EMAIL to an address of your own domain."
        yield Finding("mail", WARNING, f"the sender is {settings.DEFAULT_FROM_EMAIL}", fix)


LOOKS: dict[str, Look] = {
    "versions": _versions,
    "permissions": _permissions,
    "disk": _disk,
    "database": _database,
    "spool": _spool,
    "address": _address,
    "mail": _mail,
}
