"""The product tells its administrators by itself: on every page, and by one mail a day for each kind of trouble.

Every process says of itself how it is (ServerProcess). One of them at a time looks at what all have said, and keeps
the list of troubles; every process remembers it for its pages.
"""

import logging
import os
import secrets
import shutil
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse

from bugsink_lite.backlog import backlog
from issues.models import SizeSample
from issues.retention.lease import claim
from projects import mailing
from projects.models import MonthCount, Project, ServerProcess, Trouble, TroubleMail, User
from projects.quotas import month_of

logger = logging.getLogger(__name__)

Kind = Trouble.Kind

REPORT = timedelta(seconds=30)
SILENT = timedelta(
    minutes=5
)  # then something is wrong with a process that has not said that it stops
FORGOTTEN = timedelta(days=1)
LOOK = timedelta(seconds=45)
MAIL_AGAIN_SECONDS = 900.0  # when a mail about it did not go out
MAX_SHOWN = 20

ADVICE = {
    Kind.LAG: "Nothing is lost: what was answered with 200 waits on that machine. Look whether the database answers, "
    "whether a process digests (DIGEST, or bugsink-lite work), and whether one issue floods.",
    Kind.DISK: "Set or lower RETENTION_BYTES or RETENTION_DAYS and run bugsink-lite evict, or give the disk more room.",
    Kind.SPACE: "Raise RETENTION_BYTES, or shorten what large projects keep. If events are the smaller part of the "
    "sizes below, tags and users are the larger one: look at what the SDKs send.",
    Kind.QUOTA: "Raise the quota under Limits, or find the issue that floods.",
    Kind.MAIL: "The page Mail says what is set, and sends a test.",
}

_started_at = datetime.now(UTC)
_name = ""
_reported_at = float("-inf")
_mail_after = float("-inf")
_shown: tuple["Shown", ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """A trouble as pages show it. url: where to do something about it, without the site's address."""

    kind: str
    words: str
    url: str
    advice: str
    since: datetime


# --- what this process says of itself -----------------------------------------------------------


def report(digests: bool, now: datetime | None = None) -> None:
    """Write down how this process is, and remember what troubles there are. Called often; works twice a minute."""
    global _reported_at
    if now is None and time.monotonic() - _reported_at < REPORT.total_seconds():
        return
    _reported_at = time.monotonic()
    now = now or datetime.now(UTC)
    waiting = backlog()
    disk = shutil.disk_usage(settings.DATA_DIR)
    row = ServerProcess(
        name=name_of_process(),
        host=socket.gethostname()[:64],
        pid=os.getpid(),
        version=settings.VERSION,
        digests=digests,
        started_at=_started_at,
        seen_at=now,
        spool_records=waiting.records,
        spool_bytes=waiting.bytes,
        oldest_at=waiting.oldest_at,
        disk_total=disk.total,
        disk_free=disk.free,
    )
    fields = [field.name for field in ServerProcess._meta.concrete_fields if field.name != "name"]
    ServerProcess.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["name"], update_fields=fields
    )
    note_mail(now)
    refresh()


def name_of_process() -> str:
    """Made after the fork."""
    global _name
    if f":{os.getpid()}:" not in _name:
        _name = f"{socket.gethostname()[:64]}:{os.getpid()}:{secrets.token_hex(4)}"
    return _name


def leave() -> None:
    """This process stops, and wants to."""
    ServerProcess.objects.filter(name=name_of_process()).delete()


def note_mail(now: datetime) -> None:
    """Whether the last mail of this process went out."""
    result = mailing.results.take()
    if result is None:
        return
    if not result.trouble:
        Trouble.objects.filter(kind=Kind.MAIL).delete()
        return
    words = f"Mail does not go out. {result.trouble}"[:500]
    Trouble.objects.bulk_create(
        [Trouble(kind=Kind.MAIL, subject="", words=words, since=now)],
        update_conflicts=True,
        unique_fields=["kind", "subject"],
        update_fields=["words"],
    )


# --- what one process makes of it ----------------------------------------------------------------


def tell(now: datetime | None = None) -> bool:
    """Look at what all processes say, and tell the administrators. Whether it was this process's turn."""
    now = now or datetime.now(UTC)
    lease = claim("notices", now, idle_since=now - LOOK)
    if lease is None:
        return False
    try:
        keep(dict(troubles(now)), now)
        lease.note(finished_at=now)
    finally:
        lease.release()
    write(now)
    return True


def troubles(now: datetime) -> Iterator[tuple[tuple[str, str], str]]:
    """(kind, subject) -> words, of all but mail."""
    rows = ServerProcess.objects.order_by("host", "-seen_at")
    by_host: dict[str, list[ServerProcess]] = {}
    for row in rows:
        by_host.setdefault(row.host, []).append(row)
    for host, found in by_host.items():
        # They share a data directory: who has spoken last knows best.
        yield from _of_host(host, found[0], now)
    yield from _of_space()
    yield from _of_quotas(now)


def _of_host(
    host: str, latest: ServerProcess, now: datetime
) -> Iterator[tuple[tuple[str, str], str]]:
    silent = now - latest.seen_at
    if silent > SILENT:
        if latest.spool_records:
            yield (
                (Kind.LAG, host),
                f"{host} has not been heard of for {_span(silent)}. {_records(latest)} there. "
                "They are stored when it is started again.",
            )
        return
    waits = now - latest.oldest_at if latest.oldest_at else timedelta()
    if waits.total_seconds() > settings.WARN_LAG_SECONDS:
        yield (
            (Kind.LAG, host),
            f"On {host} events wait for {_span(waits)} until they are stored. {_records(latest)}.",
        )
    if latest.disk_free < settings.WARN_DISK_FREE:
        yield (
            (Kind.DISK, host),
            f"On {host} the disk of the data directory has {latest.disk_free / 1e9:.1f} GB left of "
            f"{latest.disk_total / 1e9:.1f} GB. When it is full, events are refused.",
        )


def _records(row: ServerProcess) -> str:
    count = row.spool_records
    return f"{count:,} record{' waits' if count == 1 else 's wait'}"


def _of_space() -> Iterator[tuple[tuple[str, str], str]]:
    limit = settings.RETENTION_BYTES
    latest = SizeSample.objects.order_by("-hour").first() if limit else None
    if latest is not None and latest.used > limit:
        yield (
            (Kind.SPACE, ""),
            f"The database takes {latest.used / 1e9:.1f} GB, more than the {limit / 1e9:.1f} GB of "
            "RETENTION_BYTES. Events leave sooner than the rules of their projects say.",
        )


def _of_quotas(now: datetime) -> Iterator[tuple[tuple[str, str], str]]:
    limited = {
        project.pk: project
        for project in Project.objects.filter(monthly_quota__gt=0).only(
            "slug", "name", "monthly_quota"
        )
    }
    counted = MonthCount.objects.filter(project_id__in=limited, month=month_of(now))
    for row in counted.order_by("project_id"):
        project = limited[row.project_id]
        if row.events >= project.monthly_quota:
            yield (
                (Kind.QUOTA, project.slug),
                f"{project.name} has used up its quota of {project.monthly_quota:,} events this month. "
                "New ones are refused.",
            )


def _span(length: timedelta) -> str:
    minutes = int(length.total_seconds() // 60)
    if minutes < 1:
        return f"{int(length.total_seconds())} seconds"
    if minutes < 120:
        return f"{minutes} minute{'' if minutes == 1 else 's'}"
    hours = minutes // 60
    return f"{hours} hours" if hours < 48 else f"{hours // 24} days"


def keep(found: Mapping[tuple[str, str], str], now: datetime) -> None:
    """Make the table say what was found. Mail keeps its own account."""
    ServerProcess.objects.filter(seen_at__lt=now - FORGOTTEN).delete()
    stored = {(row.kind, row.subject): row for row in Trouble.objects.exclude(kind=Kind.MAIL)}
    over = [row.pk for key, row in stored.items() if key not in found]
    if over:
        Trouble.objects.filter(pk__in=over).delete()
    for (kind, subject), words in found.items():
        row = stored.get((kind, subject))
        if row is None:
            Trouble.objects.bulk_create(
                [Trouble(kind=kind, subject=subject, words=words[:500], since=now)],
                ignore_conflicts=True,
            )
        elif row.words != words[:500]:
            Trouble.objects.filter(pk=row.pk).update(words=words[:500])


# --- mail ----------------------------------------------------------------------------------------


def write(now: datetime) -> int:
    """One mail for each kind of trouble and day. How many were sent."""
    global _mail_after
    if not settings.EMAIL_URL or time.monotonic() < _mail_after:
        return 0
    TroubleMail.objects.filter(day__lt=(now - timedelta(days=7)).date()).delete()
    rows = list(Trouble.objects.exclude(kind=Kind.MAIL).order_by("kind", "since", "pk"))
    sent = 0
    for kind in dict.fromkeys(row.kind for row in rows):
        mine = [row for row in rows if row.kind == kind]
        with transaction.atomic():
            claimed = TroubleMail.objects.get_or_create(kind=kind, day=now.date())
        if not claimed[1]:
            continue
        try:
            sent += _send(Kind(kind), mine)
        except Exception as error:  # of sockets, TLS, SMTP
            logger.warning("administrators cannot be written to yet: %s", error)
            claimed[0].delete()
            _mail_after = time.monotonic() + MAIL_AGAIN_SECONDS
            break
    return sent


def _send(kind: Trouble.Kind, rows: Sequence[Trouble]) -> int:
    to = list(User.objects.filter(is_admin=True, is_active=True).values_list("email", flat=True))
    if not to:
        return 0
    subject = " ".join(f"{settings.ORGANIZATION_NAME}: {kind.label.lower()}".split())
    lines = [f"- {row.words}\n  {settings.BASE_URL}{url_of(row)}" for row in rows[:MAX_SHOWN]]
    text = "\n".join(
        [
            *lines,
            "",
            ADVICE[kind],
            "",
            f"What the whole installation does: {settings.BASE_URL}{_path('system')}",
            "About each kind of trouble one mail a day is sent to the administrators, no more.",
            "",
        ]
    )
    return EmailMessage(subject, text, None, None, bcc=to).send()


# --- pages ---------------------------------------------------------------------------------------


def url_of(row: Trouble) -> str:
    """Below the path prefix."""
    if row.kind == Kind.QUOTA:
        return _path("projects:limits", row.subject)
    return _path("projects:mail") if row.kind == Kind.MAIL else _path("system") + "#trouble"


def _path(name: str, *args: str) -> str:
    return reverse(name, args=args).removeprefix(settings.PATH_PREFIX)


def refresh() -> None:
    """Remember the troubles for the pages of this process."""
    global _shown
    rows = Trouble.objects.order_by("since", "pk")[:MAX_SHOWN]
    _shown = tuple(
        Shown(
            row.kind,
            row.words,
            f"{settings.PATH_PREFIX}{url_of(row)}",
            ADVICE[Kind(row.kind)],
            row.since,
        )
        for row in rows
    )


def shown() -> Sequence[Shown]:
    """As of half a minute ago at most. No query."""
    return _shown
