"""Where a form leads back to: only to pages of this installation."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def safe_next(request: HttpRequest, fallback: str) -> str:
    """The form's `next`, if it is a page of ours; else the fallback."""
    target = request.POST.get("next", "")
    # A path: redirect() takes a bare word for the name of a page.
    if (
        target.startswith("/")
        and len(target) <= 2000
        and url_has_allowed_host_and_scheme(
            target, allowed_hosts={request.get_host()}, require_https=settings.HTTPS
        )
    ):
        return target
    return fallback
