"""How django-allauth behaves here: nobody signs up by themselves; people are asked in."""

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from projects import smtp

logger = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no type hints
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_reset_password_from_key_url(self, key: str) -> str:
        """At the address that is set, not at the one that the request's Host header claims."""
        # The key ends in what the library builds of user and secret: `reverse` knows it as two parts.
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        path = path.replace("UID-KEY", key).removeprefix(settings.PATH_PREFIX)
        return f"{settings.BASE_URL}{path}"

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A server of mail that is away is the administrator's matter; the page must not tell who has an account."""
        product = {
            "organization_name": settings.ORGANIZATION_NAME,
            "base_url": settings.BASE_URL,
        }
        try:
            super().send_mail(template_prefix, email, context | product)
        except Exception as error:
            logger.error("a mail to %s was not sent: %s", email, smtp.in_words(error))

    def format_email_subject(self, subject: str) -> str:
        return subject
