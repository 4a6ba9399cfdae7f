"""There is one organisation; its slug is a setting, its number 1."""

from django.conf import settings
from django.http import Http404

ORGANIZATION_ID = "1"


def check_organization(name: str) -> None:
    """name: slug or number, as in an address. Raises Http404 that says which is right."""
    if name not in (settings.ORGANIZATION_SLUG, ORGANIZATION_ID):
        raise Http404(
            f"There is no organisation {name[:60]!r}; the one here is {settings.ORGANIZATION_SLUG!r}."
        )
