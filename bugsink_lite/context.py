"""What every template may use."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from bugsink_lite import notices


def product(request: HttpRequest) -> dict[str, Any]:
    def troubles() -> Sequence[notices.Shown]:
        """What administrators are told on every page. Asked there only: who looks at a public page is no matter."""
        user = getattr(request, "user", None)
        return notices.shown() if getattr(user, "is_admin", False) else ()

    return {
        "troubles": troubles,
        "organization_name": settings.ORGANIZATION_NAME,
        "base_url": settings.BASE_URL,
        "version": settings.VERSION,
        "mail_is_configured": bool(settings.EMAIL_URL),
    }
