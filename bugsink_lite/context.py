"""What every template may use."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def product(request: HttpRequest) -> dict[str, Any]:
    return {
        "organization_name": settings.ORGANIZATION_NAME,
        "base_url": settings.BASE_URL,
        "version": settings.VERSION,
        "mail_is_configured": bool(settings.EMAIL_URL),
    }
