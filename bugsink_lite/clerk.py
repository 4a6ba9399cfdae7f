"""What is due from time to time, beside the requests and the digest. One thread of each process does it."""

import logging
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from alerts import sender
from ingest import outcomes, pipeline
from ingest.items import ItemType
from ingest.outcomes import Tally, hour_of
from ingest.reasons import Outcome, category
from issues import bulk, dictionaries, feedback, thinning, triage, upkeep
from issues.storm import Rule
from projects import deletion, keys
from projects.sessions import SessionStore

logger = logging.getLogger(__name__)

# Of each second, for events that follow a merge or a regrouping, and as much for verbs on all that match; the rest
# belongs to requests and the digest.
UPKEEP_SECONDS = 0.3
# How long a verb on all that match can be undone.
KEEP_BULK = timedelta(days=7)


class Chore:
    """Something to do again and again. A failure is told, and waits for the next time. seconds: in between."""

    def __init__(self, seconds: float, trouble: str, work: Callable[[], object]) -> None:
        self._seconds = seconds
        self._trouble = trouble
        self._work = work
        self._done_at = time.monotonic()  # not in the rush of a start

    def do_if_due(self) -> None:
        if time.monotonic() - self._done_at < self._seconds:
            return
        self._done_at = time.monotonic()
        try:
            self._work()
        except Exception as error:
            logger.warning("%s yet: %s", self._trouble, error)
            connection.close()


def chores(*, digests: bool) -> list[Chore]:
    """Every process does them; whatever one has done is nothing to the next. digests: whether this one does."""
    found = [
        Chore(0, "refusals cannot be written down", pipeline.refusals.flush),
        Chore(0, "events cannot be moved", move_events),
        Chore(0, "verbs on all that match cannot go on", act_on_many),
        Chore(3600, "finished work cannot be forgotten", forget_bulk),
        Chore(3600, "old deliveries cannot be forgotten", forget_deliveries),
        Chore(1, "nothing can be deleted", delete_rows),
        Chore(60, "the use of keys cannot be written down", note_keys),
        Chore(86_400, "old sign-ins cannot be dropped", SessionStore.clear_expired),
        Chore(30, "storms cannot be ended", end_storms),
        Chore(15, "mutes cannot be ended", end_waiting),
        Chore(600, "old user reports cannot be dropped", drop_unlinked),
    ]
    if digests:
        found.append(Chore(10, "no dictionary can be made", make_dictionaries))
    return found


def finish() -> None:
    """The last of what is only in memory."""
    try:
        pipeline.refusals.flush()
    except Exception as error:
        logger.warning("refusals are lost: %s", error)


def storm_rule() -> Rule:
    return Rule(
        events=settings.STORM_EVENTS,
        minutes=settings.STORM_MINUTES,
        every=settings.STORM_KEEP_EVERY,
    )


def delete_rows() -> None:
    """Of projects, teams and users that are being deleted."""
    deletion.carry_on(UPKEEP_SECONDS)


def forget_quarantined(project_id: int) -> None:
    pipeline.quarantine().forget(project_id)


deletion.register_finish(forget_quarantined)


def note_keys() -> None:
    keys.note_use(datetime.now(UTC))


def move_events() -> None:
    upkeep.carry_on(UPKEEP_SECONDS)


def act_on_many() -> None:
    bulk.carry_on(UPKEEP_SECONDS)


def forget_bulk() -> None:
    bulk.forget(datetime.now(UTC) - KEEP_BULK)


def forget_deliveries() -> None:
    sender.forget(datetime.now(UTC))


def end_storms() -> None:
    thinning.end_storms(storm_rule(), datetime.now(UTC))


def end_waiting() -> None:
    """Mutes whose time is over, and issues that were resolved in a release that has appeared since."""
    triage.end_mutes(datetime.now(UTC))
    triage.settle_releases(datetime.now(UTC))


def make_dictionaries() -> None:
    for project_id in dictionaries.wanting():
        dictionaries.make(project_id, datetime.now(UTC))


def drop_unlinked(now: datetime | None = None) -> None:
    """User reports whose event has not come within a day. One outcome for each item: it counts as accepted no more."""
    with transaction.atomic():
        moved: Counter[Tally] = Counter()
        for project_id, received_at in feedback.drop_unlinked(now or datetime.now(UTC)):
            hour, counted_as = hour_of(received_at), category(ItemType.USER_REPORT.value)
            moved[Tally(project_id, hour, Outcome.ACCEPTED, counted_as)] -= 1
            moved[
                Tally(project_id, hour, Outcome.INVALID, counted_as, "no event within a day")
            ] += 1
        outcomes.count(moved)
