"""Deliveries that are due -> mail. At least once: a try that is not heard of again is made by another process."""

import logging
from datetime import datetime, timedelta
from smtplib import SMTPRecipientsRefused, SMTPResponseException

from django.db.models import Q

from alerts import mail
from alerts.models import Announcement, Cursor, Delivery, State
from alerts.rules import LATEST, next_try
from projects import smtp

logger = logging.getLogger(__name__)

CLAIM = timedelta(minutes=5)  # far longer than a server of mail is waited for
KEEP = timedelta(days=30)


def send_due(now: datetime) -> bool:
    """One delivery, if one is due. Whether there was one."""
    # Far ahead: dated by a clock that has been set back since.
    is_due = Q(state=State.WAITING) & (Q(due_at__lte=now) | Q(due_at__gt=now + LATEST))
    is_lost = Q(state=State.SENDING) & (
        Q(claimed_until__lte=now) | Q(claimed_until__gt=now + 2 * CLAIM)
    )
    pk = (
        Delivery.objects.filter(is_due | is_lost)
        .order_by("due_at")
        .values_list("pk", flat=True)
        .first()
    )
    if pk is None:
        return False
    # Of several processes the update lets one have it.
    claimed = Delivery.objects.filter(is_due | is_lost, pk=pk).update(
        state=State.SENDING, claimed_until=now + CLAIM
    )
    if claimed:
        _send(Delivery.objects.select_related("user").get(pk=pk), now)
    return True


def _send(delivery: Delivery, now: datetime) -> None:
    delivery.attempts += 1
    delivery.claimed_until = None
    try:
        delivery.state = State.SENT if mail.send(delivery) else State.DROPPED
        delivery.sent_at, delivery.error = now, ""
    except Exception as error:  # of sockets, TLS, SMTP and the mail's own encoding
        again = None if _is_final(error) else next_try(now, delivery.attempts)
        delivery.state = State.WAITING if again else State.FAILED
        delivery.due_at = again or delivery.due_at
        delivery.error = smtp.in_words(error)[:400]
        if again is None:
            logger.warning("an alert was given up: %s", delivery.error)
    delivery.save(
        update_fields=["state", "attempts", "claimed_until", "due_at", "sent_at", "error"]
    )


def _is_final(error: Exception) -> bool:
    """Whether the server has said that asking again is of no use: codes from 500 on (RFC 5321, section 4.2.1)."""
    if isinstance(error, SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    return isinstance(error, SMTPResponseException) and error.smtp_code >= 550


def forget(now: datetime) -> None:
    """What is over for long."""
    over = (State.SENT, State.DROPPED, State.FAILED)
    Delivery.objects.filter(state__in=over, made_at__lt=now - KEEP).delete()
    settled = Cursor.objects.values_list("settled", flat=True).first() or 0
    Announcement.objects.filter(made_at__lt=now - KEEP, activity_id__lte=settled).delete()
