"""The threads beside the request threads: digester and clerk. Started after the fork, stopped before the exit."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime

from django.conf import settings
from django.db import connection, transaction

from ingest import outcomes, pipeline
from ingest.digester import Digester
from ingest.items import ItemType, Sink
from ingest.losses import ClientReportSink
from ingest.outcomes import Tally, hour_of
from ingest.reasons import Outcome, category
from issues import feedback
from issues.attachments import AttachmentSink
from issues.digest import EventSink
from issues.feedback import FeedbackSink
from issues.limits import limits_from

logger = logging.getLogger(__name__)

CLERK_SECONDS = 1.0
CHORES_SECONDS = 600.0


def sinks() -> Mapping[str, Sink]:
    """Which room takes which item type, in the order of storing. A new type is one line here."""
    said = FeedbackSink()
    return {
        ItemType.EVENT.value: EventSink(limits=limits_from(settings.TRIM)),
        ItemType.USER_REPORT.value: said,
        ItemType.FEEDBACK.value: said,
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
    )


def chores(now: datetime) -> None:
    """What falls due as time goes by. Every process does it; whatever one has done is nothing to the next."""
    with transaction.atomic():
        moved: Counter[Tally] = Counter()
        for project_id, received_at in feedback.drop_unlinked(now):
            # One outcome for each item: what was counted as accepted when it came is not any more.
            hour, counted_as = hour_of(received_at), category(ItemType.USER_REPORT.value)
            moved[Tally(project_id, hour, Outcome.ACCEPTED, counted_as)] -= 1
            moved[
                Tally(project_id, hour, Outcome.INVALID, counted_as, "no event within a day")
            ] += 1
        outcomes.count(moved)


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
        """Writes down what is only counted in memory, and does the chores."""
        chores_at = time.monotonic() + CHORES_SECONDS / 10  # not in the rush of a start
        while True:
            stopped = self._stopping.wait(CLERK_SECONDS)
            try:
                pipeline.refusals.flush()
                if time.monotonic() >= chores_at and not stopped:
                    chores_at = time.monotonic() + CHORES_SECONDS
                    chores(datetime.now(UTC))
            except Exception as error:
                logger.warning("the clerk tries again later: %s", error)
                connection.close()
            if stopped:
                connection.close()
                return


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
