"""The threads beside the request threads: digester and clerk. Started after the fork, stopped before the exit."""

import logging
import threading
import time
from collections.abc import Callable, Mapping

from django.conf import settings
from django.db import connection
from django.utils import timezone

from ingest import pipeline
from ingest.digester import Digester
from ingest.items import ItemType, Sink
from ingest.losses import ClientReportSink
from issues import dictionaries, thinning
from issues.attachments import AttachmentSink
from issues.digest import EventSink
from issues.feedback import FeedbackSink
from issues.payload.sketch import sketch
from issues.storm import Rule

logger = logging.getLogger(__name__)

CLERK_SECONDS = 1.0
DICTIONARY_SECONDS = 10.0
STORM_SECONDS = 30.0


def storm_rule() -> Rule:
    return Rule(
        events=settings.STORM_EVENTS,
        minutes=settings.STORM_MINUTES,
        every=settings.STORM_KEEP_EVERY,
    )


def sinks() -> Mapping[str, Sink]:
    """Which room takes which item type, in the order of storing. A new type is one line here."""
    feedback = FeedbackSink()
    return {
        ItemType.EVENT.value: EventSink(rule=storm_rule()),
        ItemType.USER_REPORT.value: feedback,
        ItemType.FEEDBACK.value: feedback,
        # After those that attachments may belong to.
        ItemType.ATTACHMENT.value: AttachmentSink(
            max_bytes=settings.MAX_ATTACHMENT_BYTES,
            max_event_bytes=settings.MAX_EVENT_ATTACHMENTS_BYTES,
        ),
        ItemType.CLIENT_REPORT.value: ClientReportSink(),
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
    )


class Background:
    """The threads of one process."""

    def __init__(self, *, own_spool: bool = True) -> None:
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._clerk, name="clerk", daemon=True)]
        self._digester: Digester | None = None
        if settings.DIGEST:
            self._digester = make_digester(own_spool=own_spool)
            self._threads.append(
                threading.Thread(target=self._digester.run, name="digester", daemon=True)
            )

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish the batch under way; what is still in the spool is digested after the next start."""
        self._stopping.set()
        if self._digester is not None:
            self._digester.stop()
        for thread in self._threads:
            thread.join(timeout=settings.GRACEFUL_SECONDS)
        pipeline.close()

    def _clerk(self) -> None:
        """What is due from time to time, beside the requests and the digest."""
        chores = [
            _Chore(0, "refusals cannot be written down", pipeline.refusals.flush),
            _Chore(STORM_SECONDS, "storms cannot be ended", _end_storms),
        ]
        if self._digester is not None:
            chores.append(
                _Chore(DICTIONARY_SECONDS, "no dictionary can be made", _make_dictionaries)
            )
        while not self._stopping.wait(CLERK_SECONDS):
            for chore in chores:
                chore.do()
        # What is only in memory must not be lost.
        chores[0].do()
        connection.close()


class _Chore:
    """Something to do again and again. A failure is told, and waits for the next time."""

    def __init__(self, seconds: float, trouble: str, work: Callable[[], object]) -> None:
        self._seconds = seconds
        self._trouble = trouble
        self._work = work
        self._done_at = time.monotonic()

    def do(self) -> None:
        """If it is due."""
        if time.monotonic() - self._done_at < self._seconds:
            return
        self._done_at = time.monotonic()
        try:
            self._work()
        except Exception as error:
            logger.warning("%s yet: %s", self._trouble, error)
            connection.close()


def _end_storms() -> None:
    thinning.end_storms(storm_rule(), timezone.now())


def _make_dictionaries() -> None:
    for project_id in dictionaries.wanting():
        dictionaries.make(project_id, timezone.now())


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
