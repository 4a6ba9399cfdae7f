"""The way that every mail takes: to the configured backend, and it is remembered whether that took it."""

import smtplib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from projects import smtp


@dataclass(frozen=True, slots=True)
class Result:
    """trouble: what went wrong, in words; "" if it went well."""

    trouble: str


class _Memory:
    """The latest result that nobody has asked for. A database transaction is no place to write it down."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest: Result | None = None

    def put(self, result: Result) -> None:
        with self._lock:
            self._latest = result

    def take(self) -> Result | None:
        with self._lock:
            found, self._latest = self._latest, None
        return found


results = _Memory()


class Backend(BaseEmailBackend):
    def __init__(self, fail_silently: bool = False, **kwargs: Any) -> None:
        super().__init__(fail_silently=fail_silently)
        self._inner = get_connection(settings.MAIL_BACKEND, fail_silently=fail_silently, **kwargs)

    def open(self) -> bool | None:
        opened: bool | None = self._watched(self._inner.open)
        return opened

    def close(self) -> None:
        self._inner.close()

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        count: int = self._watched(self._inner.send_messages, email_messages)
        if count:
            results.put(Result(""))
        return count

    def _watched(self, what: Any, *args: Any) -> Any:
        try:
            return what(*args)
        except smtplib.SMTPRecipientsRefused:
            raise  # somebody's mailbox; mail as such goes out
        except Exception as error:
            results.put(Result(smtp.in_words(error)))
            raise
