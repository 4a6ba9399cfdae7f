"""The threads beside the request threads: digester, clerk, announcer, janitor. Started after the fork."""

import logging
import threading
from collections.abc import Mapping
from datetime import UTC, datetime

from django.conf import settings
from django.db import connection

from alerts import announcer, sender
from bugsink_lite import clerk
from bugsink_lite.janitor import Janitor
from ingest import pipeline
from ingest.digester import Digester
from ingest.items import ItemType, Sink
from ingest.log_reports import LogReportSink
from ingest.losses import ClientReportSink
from ingest.views import log_options
from issues.attachments import AttachmentSink
from issues.digest import EventSink
from issues.feedback import FeedbackSink
from issues.limits import limits_from
from issues.payload.sketch import sketch
from issues.scrub.lines import scrubbed

CLERK_SECONDS = 1.0
# A batch takes seconds, but a statement may wait for a lock that a migration holds.
HUNG_SECONDS = 900.0
ANNOUNCER_SECONDS = 2.0

logger = logging.getLogger(__name__)


def sinks() -> Mapping[str, Sink]:
    """Which room takes which item type, in the order of storing. A new type is one line here."""
    feedback = FeedbackSink()
    return {
        ItemType.EVENT.value: EventSink(rule=clerk.storm_rule(), limits=limits_from(settings.TRIM)),
        ItemType.USER_REPORT.value: feedback,
        ItemType.FEEDBACK.value: feedback,
        # After those that attachments may belong to.
        ItemType.ATTACHMENT.value: AttachmentSink(
            max_bytes=settings.MAX_ATTACHMENT_BYTES,
            max_event_bytes=settings.MAX_EVENT_ATTACHMENTS_BYTES,
        ),
        ItemType.CLIENT_REPORT.value: ClientReportSink(),
        ItemType.LOG_REPORT.value: LogReportSink(scrub=scrubbed),
    }


def make_digester(*, own_spool: bool = True) -> Digester:
    return Digester(
        settings.SPOOL_DIR,
        own=pipeline.spool() if own_spool else None,
        sinks=sinks(),
        quarantine=pipeline.quarantine(),
        batch_records=settings.DIGEST_BATCH_RECORDS,
        batch_bytes=settings.DIGEST_BATCH_BYTES,
        max_inflated=settings.MAX_ENVELOPE_BYTES,
        wait_seconds=settings.DIGEST_WAIT_MS / 1000,
        sketches={ItemType.EVENT.value: sketch},
        log_options=log_options(),
    )


class Background:
    """The threads of one process."""

    def __init__(self, *, own_spool: bool = True) -> None:
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._clerk, name="clerk", daemon=True),
            threading.Thread(target=self._announcer, name="announcer", daemon=True),
        ]
        self._digester: Digester | None = None
        if settings.DIGEST:
            self._digester = make_digester(own_spool=own_spool)
            self._threads.append(
                threading.Thread(target=self._digester.run, name="digester", daemon=True)
            )
        self._janitor = Janitor(digests=settings.DIGEST)

    def start(self) -> None:
        for thread in self._threads:
            thread.start()
        self._janitor.start()

    def is_alive(self, now: float) -> bool:
        """Whether the threads run, and the digester's loop turns. now: monotonic seconds."""
        if self._stopping.is_set():
            return True
        if not all(thread.is_alive() for thread in self._threads):
            return False
        return self._digester is None or now - self._digester.turned_at < HUNG_SECONDS

    def stop(self) -> None:
        """Finish the batch under way; what is still in the spool is digested after the next start."""
        self._stopping.set()
        if self._digester is not None:
            self._digester.stop()
        self._janitor.stop()
        for thread in self._threads:
            thread.join(timeout=settings.GRACEFUL_SECONDS)
        self._janitor.join(settings.GRACEFUL_SECONDS)
        pipeline.close()

    def _clerk(self) -> None:
        """What is due from time to time, beside the requests and the digest."""
        chores = clerk.chores(digests=self._digester is not None)
        while not self._stopping.wait(CLERK_SECONDS):
            for chore in chores:
                chore.do_if_due()
        clerk.finish()
        connection.close()

    def _announcer(self) -> None:
        """Tells people what became of issues. A thread of its own: servers of mail take their time."""
        while not self._stopping.wait(ANNOUNCER_SECONDS):
            try:
                while not self._stopping.is_set() and announcer.announce(datetime.now(UTC)):
                    pass
                while not self._stopping.is_set() and sender.send_due(datetime.now(UTC)):
                    pass
            except Exception as error:
                logger.warning("alerts cannot be sent yet: %s", error)
                connection.close()
        connection.close()


_running: Background | None = None


def start() -> None:
    global _running
    _running = Background()
    _running.start()


def stop() -> None:
    global _running
    if _running is not None:
        _running.stop()
        _running = None


def is_alive(now: float) -> bool:
    """Of the threads of this process, if there are any. now: monotonic seconds."""
    return _running is None or _running.is_alive(now)
